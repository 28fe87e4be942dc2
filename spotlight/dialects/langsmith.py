"""LangSmith's OTel export: runs of LangChain and LangGraph, inputs and outputs whole in one attribute.

Counts beside the sums come as str() of a Python dictionary. langsmith.trace.session_id is the
project, not a conversation.

Source: langsmith 0.14.17, langsmith/_internal/otel/_otel_exporter.py.
"""

from __future__ import annotations

from typing import Final

from spotlight import semconv as sc
from spotlight.dialects.otel_genai import OPERATION_RULE
from spotlight.dialects.table import Dialect, InName, JsonPath, Key, KindRule, Source

_METADATA: Final = "langsmith.metadata"
_RUN_TYPES: Final = {
    "llm": "llm",
    "chain": "step",
    "tool": "tool",
    "retriever": "retrieval",
    "embedding": "embedding",
    "prompt": "step",
    "parser": "step",
}
_MODEL_TYPES: Final = {"chat": "llm", "llm": "llm"}


def _said(*names: str) -> tuple[str, ...]:
    return tuple(f"{_METADATA}.{name}" for name in names)


def _details(side: str, *paths: str) -> tuple[Source, ...]:
    return tuple(JsonPath(f"gen_ai.usage.{side}_token_details", (path,), python=True) for path in paths)


DIALECT: Final = Dialect(
    name="langsmith",
    scopes=("langsmith",),
    keys=("langsmith.",),
    usage_basis="inclusive",
    extends=("otel_genai",),
    fields={
        "session_id": _said("session_id", "conversation_id", "thread_id"),
        "user_id": _said("user_id"),
        "agent_name": (sc.GEN_AI_AGENT_NAME, *_said("lc_agent_name", "agent_name")),
        "pack_name": _said("pack_name", "pack"),
        "pack_version": (*_said("pack_version", "revision_id"),),
        "prompt_name": _said("prompt_name", "lc_hub_repo"),
        "prompt_version": _said("prompt_version", "lc_hub_commit_hash"),
        "feature": _said("feature"),
        "surface": _said("surface"),
        "provider": (sc.GEN_AI_PROVIDER_NAME, sc.GEN_AI_SYSTEM, *_said("ls_provider")),
        "request_model": (sc.GEN_AI_REQUEST_MODEL, *_said("ls_model_name")),
        "cache_read_tokens": _details("input", "cache_read"),
        "cache_write_tokens": _details("input", "cache_creation"),
        "cache_write_1h_tokens": _details("input", "ephemeral_1h_input_tokens"),
        "reasoning_tokens": _details("output", "reasoning"),
        "audio_input_tokens": _details("input", "audio"),
        "audio_output_tokens": _details("output", "audio"),
        "tool_name": (sc.GEN_AI_TOOL_NAME, InName("(?s)(.+)", kinds=("tool",))),
        "tool_arguments": (Key("gen_ai.prompt", kinds=("tool",)),),
        "tool_result": (Key("gen_ai.completion", kinds=("tool",)),),
        "input_messages": (Key("gen_ai.prompt", kinds=("llm",)),),
        "output_messages": (Key("gen_ai.completion", kinds=("llm",)),),
        "input_value": ("gen_ai.prompt",),
        "output_value": ("gen_ai.completion",),
    },
    kinds=(
        KindRule("langsmith.span.kind", _RUN_TYPES),
        KindRule(f"{_METADATA}.ls_model_type", _MODEL_TYPES),
        OPERATION_RULE,
    ),
)
