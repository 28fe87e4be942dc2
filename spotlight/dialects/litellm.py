"""LiteLLM, as library and as proxy: a trace a call, the provider's raw answer as a span below it.

The raw span repeats the call under llm.<provider>.*; it bears the name raw_gen_ai_request, or the
caller's generation_name like its parent. Dictionaries come as str() of Python. Counts beside the
sums stand in metadata.usage_object alone.

Source: litellm 1.109.1, litellm/integrations/opentelemetry.py.
"""

from __future__ import annotations

from typing import Final

from spotlight import semconv as sc
from spotlight.dialects.otel_genai import OPERATION_RULE
from spotlight.dialects.table import (
    ANY,
    TOTAL_TOKENS,
    Dialect,
    JsonPath,
    KindRule,
    NameRule,
    Prefix,
    Source,
)

_REQUEST_TYPES: Final = {
    **dict.fromkeys(("completion", "acompletion", "text_completion", "atext_completion", "responses",
                     "aresponses", "anthropic_messages", "chat", "generate_content"), "llm"),
    **dict.fromkeys(("embedding", "aembedding"), "embedding"),
    **dict.fromkeys(("rerank", "arerank"), "rerank"),
    **dict.fromkeys(("transcription", "atranscription", "speech", "aspeech", "image_generation"), "llm"),
    **dict.fromkeys(("call_mcp_tool", "mcp_tool_call"), "tool"),
}  # fmt: skip
_REQUESTER: Final = ("metadata.requester_metadata", "litellm.metadata.requester_metadata")
_HEADERS: Final = "metadata.requester_custom_headers"


def _counts(*paths: tuple[str, ...]) -> tuple[Source, ...]:
    return tuple(JsonPath("metadata.usage_object", path, python=True) for path in paths)


def _said(*names: str) -> tuple[Source, ...]:
    """Return where callers put an item of identity: their metadata, which arrives as one dictionary."""
    return (
        *(JsonPath(key, (name,), python=True) for key in _REQUESTER for name in names),
        *(f"{where}.{name}" for where in ("litellm.metadata", "metadata") for name in names),
        *(
            JsonPath(_HEADERS, (f"x-litellm-metadata-{name.replace('_', '-')}",), python=True)
            for name in names
        ),
    )


DIALECT: Final = Dialect(
    name="litellm",
    scopes=("litellm",),
    keys=("litellm.", "gen_ai.cost."),
    usage_basis="inclusive",
    extends=("otel_genai",),
    fields={
        "session_id": (
            "litellm.session_id",
            *_said("session_id", "litellm_session_id", "thread_id", "conversation_id"),
        ),
        "turn_id": _said("request_id"),
        "user_id": (
            "litellm.end_user.id",
            "metadata.user_api_key_end_user_id",
            *_said("user_id"),
            "metadata.user_api_key_user_id",
            "llm.user",
        ),
        "agent_name": (sc.GEN_AI_AGENT_NAME, *_said("agent_name", "agent_id")),
        "pack_name": _said("pack_name", "pack"),
        "pack_version": (sc.GEN_AI_AGENT_VERSION, *_said("pack_version", "agent_version")),
        "prompt_name": (JsonPath("metadata.prompt_management_metadata", ("prompt_id",), python=True),),
        "prompt_version": (
            JsonPath("metadata.prompt_management_metadata", ("prompt_version",), python=True),
        ),
        "feature": ("litellm.request.purpose", *_said("feature")),
        "surface": _said("surface", "source"),
        "provider": (sc.GEN_AI_PROVIDER_NAME, sc.GEN_AI_SYSTEM, "litellm.provider.error.llm_provider"),
        "request_model": (sc.GEN_AI_REQUEST_MODEL, "litellm.provider.model"),
        "response_id": (sc.GEN_AI_RESPONSE_ID, "gen_ai.response_id"),
        "request_id": ("litellm.call_id",),
        "cache_read_tokens": (
            sc.GEN_AI_USAGE_CACHE_READ,
            "gen_ai.usage.cache_read_input_tokens",
            *_counts(("prompt_tokens_details", "cached_tokens"), ("cache_read_input_tokens",)),
        ),
        "cache_write_tokens": (
            sc.GEN_AI_USAGE_CACHE_WRITE,
            sc.GEN_AI_USAGE_CACHE_CREATION,
            "gen_ai.usage.cache_creation_input_tokens",
            *_counts(("prompt_tokens_details", "cache_creation_tokens"), ("cache_creation_input_tokens",)),
        ),
        "cache_write_1h_tokens": _counts(
            ("prompt_tokens_details", "cache_creation_token_details", "ephemeral_1h_input_tokens")
        ),
        "reasoning_tokens": (
            "gen_ai.usage.reasoning.output_tokens",
            *_counts(("completion_tokens_details", "reasoning_tokens")),
        ),
        "audio_input_tokens": _counts(("prompt_tokens_details", "audio_tokens")),
        "audio_output_tokens": _counts(("completion_tokens_details", "audio_tokens")),
        TOTAL_TOKENS: ("gen_ai.usage.total_tokens",),
        "cost_reported_usd": (
            "gen_ai.cost.total_cost",
            "gen_ai.usage.cost",
            "litellm.cost.total",
            "litellm.cost.total_cost",
            "llm.response.cost",
            JsonPath("hidden_params", ("response_cost",), python=True),
        ),
        "tool_definitions": (sc.GEN_AI_TOOL_DEFINITIONS, Prefix("llm.request.functions.")),
        "input_messages": (sc.GEN_AI_INPUT_MESSAGES, Prefix("gen_ai.prompt.", indexed=True)),
        "output_messages": (sc.GEN_AI_OUTPUT_MESSAGES, Prefix("gen_ai.completion.", indexed=True)),
        "error_type": (sc.ERROR_TYPE, "litellm.provider.error.code", "error_code", "error_class"),
        "error_message": ("error_message",),
    },
    kinds=(
        OPERATION_RULE,
        KindRule("llm.request.type", _REQUEST_TYPES),
        KindRule("litellm.guardrail.name", {ANY: "guardrail"}),
        KindRule("guardrail_name", {ANY: "guardrail"}),
    ),
    names=(
        NameRule("raw_gen_ai_request", "http", instead_of=("other", "llm")),
        NameRule("Received Proxy Server Request", "http"),
        NameRule("guardrail", "guardrail"),
    ),
)
