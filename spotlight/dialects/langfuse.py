"""Langfuse SDKs (Python 3 to 5, JavaScript 4 and 5): observations, usage and metadata as JSON texts.

Python up to 3.3 calls generations "span": what only a generation has tells them. Usage in Langfuse's
own words (`input`, `output`) is disjoint buckets, in a provider's words it is the provider's.

Source: langfuse 5.0.4 (Python) and 5.11.1 (JavaScript); Langfuse's OtelIngestionProcessor (2026-08).
"""

from __future__ import annotations

from typing import Final

from spotlight import semconv as sc
from spotlight.dialects.table import (
    ANY,
    FIRST_TOKEN_AT,
    TOOL_OUTCOME,
    TOTAL_TOKENS,
    Dialect,
    InName,
    JsonPath,
    Key,
    KindRule,
    Source,
    UsageRule,
)

_OBSERVATION: Final = "langfuse.observation"
_USAGE: Final = f"{_OBSERVATION}.usage_details"
_TYPES: Final = {
    "generation": "llm",
    "agent": "agent",
    "tool": "tool",
    "chain": "step",
    "retriever": "retrieval",
    "embedding": "embedding",
    "guardrail": "guardrail",
    "evaluator": "evaluator",
}
# Keys of generations alone (Python up to 3.3 gives them the type "span").
_OF_GENERATIONS: Final = tuple(
    f"{_OBSERVATION}.{name}"
    for name in ("model.name", "usage_details", "cost_details", "completion_start_time", "prompt.name")
)
_ALONE: Final = "(?s)(.+)"  # the whole name of a span


def _counts(*paths: tuple[str, ...]) -> tuple[Source, ...]:
    return tuple(JsonPath(_USAGE, path) for path in paths)


def _metadata(*names: str) -> tuple[Source, ...]:
    """Return where users put a fact: metadata of the trace or the observation, JSON or plain text."""
    keys = [f"langfuse.{of}.metadata.{name}" for of in ("trace", "observation") for name in names]
    whole = [
        JsonPath(f"langfuse.{of}.metadata", (name,)) for of in ("trace", "observation") for name in names
    ]
    return (*(source for key in keys for source in (JsonPath(key, ()), key)), *whole)


def _beside(cache: str) -> UsageRule:
    """Return the rule on Anthropic's own words: the cache is counted beside the input."""
    return UsageRule(basis="exclusive", read_from=(f"{_USAGE}.input_tokens", f"{_USAGE}.{cache}"))


DIALECT: Final = Dialect(
    name="langfuse",
    scopes=("langfuse-sdk", "langfuse"),
    keys=("langfuse.",),
    usage_rules=(
        UsageRule(basis="exclusive", output_excludes_reasoning=True, read_from=(f"{_USAGE}.input",)),
        _beside("cache_read_input_tokens"),
        _beside("cache_creation_input_tokens"),
    ),
    extends=("otel_genai",),
    fields={
        "session_id": ("langfuse.session.id", sc.SESSION_ID, *_metadata("langfuse_session_id")),
        "user_id": ("langfuse.user.id", sc.USER_ID, *_metadata("langfuse_user_id")),
        "agent_name": (sc.GEN_AI_AGENT_NAME, InName(_ALONE, kinds=("agent",))),
        "pack_name": _metadata("pack_name", "pack"),
        "pack_version": ("langfuse.version", "langfuse.release", *_metadata("pack_version")),
        "prompt_name": (f"{_OBSERVATION}.prompt.name", "langfuse.prompt.name"),
        "prompt_version": (f"{_OBSERVATION}.prompt.version", "langfuse.prompt.version"),
        "feature": (*_metadata("feature"), "langfuse.trace.name"),
        "surface": _metadata("surface"),
        "environment": ("langfuse.environment",),
        "request_model": (f"{_OBSERVATION}.model.name",),
        "model_params": (f"{_OBSERVATION}.model.parameters",),
        "input_tokens": _counts(("input",), ("prompt_tokens",), ("input_tokens",), ("promptTokens",)),
        "output_tokens": _counts(
            ("output",), ("completion_tokens",), ("output_tokens",), ("completionTokens",)
        ),
        "cache_read_tokens": _counts(
            ("input_cached_tokens",),
            ("input_cache_read",),
            ("cache_read_input_tokens",),
            ("prompt_tokens_details", "cached_tokens"),
            ("input_tokens_details", "cached_tokens"),
            ("input_token_details", "cache_read"),
        ),
        "cache_write_tokens": _counts(
            ("input_cache_creation",),
            ("cache_creation_input_tokens",),
            ("input_token_details", "cache_creation"),
        ),
        "cache_write_1h_tokens": _counts(
            ("input_cache_creation_1h",), ("cache_creation", "ephemeral_1h_input_tokens")
        ),
        "reasoning_tokens": _counts(
            ("output_reasoning_tokens",),
            ("output_reasoning",),
            ("completion_tokens_details", "reasoning_tokens"),
            ("output_tokens_details", "reasoning_tokens"),
            ("output_token_details", "reasoning"),
        ),
        "audio_input_tokens": _counts(("input_audio_tokens",), ("prompt_tokens_details", "audio_tokens")),
        "audio_output_tokens": _counts(
            ("output_audio_tokens",), ("completion_tokens_details", "audio_tokens")
        ),
        TOTAL_TOKENS: _counts(("total",), ("total_tokens",), ("totalTokens",)),
        "cost_reported_usd": (JsonPath(f"{_OBSERVATION}.cost_details", ("total",)),),
        FIRST_TOKEN_AT: (
            JsonPath(f"{_OBSERVATION}.completion_start_time", ()),
            f"{_OBSERVATION}.completion_start_time",
        ),
        "tool_name": (sc.GEN_AI_TOOL_NAME, InName(_ALONE, kinds=("tool",))),
        "tool_arguments": (Key(f"{_OBSERVATION}.input", kinds=("tool",)),),
        "tool_result": (Key(f"{_OBSERVATION}.output", kinds=("tool",)),),
        TOOL_OUTCOME: (f"{_OBSERVATION}.level",),
        "input_messages": (Key(f"{_OBSERVATION}.input", kinds=("llm",)),),
        "output_messages": (Key(f"{_OBSERVATION}.output", kinds=("llm",)),),
        "input_value": (f"{_OBSERVATION}.input", "langfuse.trace.input"),
        "output_value": (f"{_OBSERVATION}.output", "langfuse.trace.output"),
    },
    kinds=(
        KindRule(f"{_OBSERVATION}.type", _TYPES),
        *(KindRule(key, {ANY: "llm"}) for key in _OF_GENERATIONS),
        KindRule(f"{_OBSERVATION}.type", {"span": "step", "event": "other"}),
    ),
)
