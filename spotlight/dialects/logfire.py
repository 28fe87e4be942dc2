"""Logfire's SDK: spans and logs (spans of no length) by hand, and its OpenAI and Anthropic integrations.

A streamed call is two spans: the request, which ends when the stream begins and has no answer, and
a log `streaming response ...` with answer and usage. The log is the call; the request is what
opened it. Spans that announce others (pending_span) are no steps in any dialect.

Source: logfire 5.2 and 5.4, logfire/_internal/integrations/llm_providers.
"""

from __future__ import annotations

from typing import Final

from spotlight import semconv as sc
from spotlight.dialects.otel_genai import OPERATION_RULE
from spotlight.dialects.table import ANY, Dialect, JsonPath, KindRule, NameRule

_RESPONSE: Final = "response_data"
# A request that ended has one of these: an answer, or a level of its own for the error.
_ENDED: Final = (
    sc.GEN_AI_OUTPUT_MESSAGES,
    sc.GEN_AI_USAGE_OUTPUT_TOKENS,
    _RESPONSE,
    "logfire.level_num",
    "events",
)

DIALECT: Final = Dialect(
    name="logfire",
    scopes=("logfire",),
    keys=("logfire.",),
    extends=("pydantic_ai",),
    usage_basis="inclusive",
    fields={
        "session_id": (
            sc.GEN_AI_CONVERSATION_ID,
            sc.SESSION_ID,
            "session_id",
            "thread_id",
            "conversation_id",
        ),
        "user_id": (sc.USER_ID, "user_id"),
        "pack_name": ("pack_name", "pack"),
        "pack_version": (sc.GEN_AI_AGENT_VERSION, "pack_version"),
        "prompt_name": ("gen_ai.prompt.name", "prompt_name"),
        "prompt_version": ("gen_ai.prompt.version", "prompt_version"),
        "feature": ("feature",),
        "surface": ("surface",),
        "request_model": (sc.GEN_AI_REQUEST_MODEL, JsonPath("request_data", ("model",))),
        "response_model": (sc.GEN_AI_RESPONSE_MODEL, JsonPath(_RESPONSE, ("message", "model"))),
        "input_tokens": (
            sc.GEN_AI_USAGE_INPUT_TOKENS,
            JsonPath(_RESPONSE, ("usage", "prompt_tokens")),
            JsonPath(_RESPONSE, ("usage", "input_tokens")),
        ),
        "output_tokens": (
            sc.GEN_AI_USAGE_OUTPUT_TOKENS,
            JsonPath(_RESPONSE, ("usage", "completion_tokens")),
            JsonPath(_RESPONSE, ("usage", "output_tokens")),
        ),
        "input_messages": (
            sc.GEN_AI_INPUT_MESSAGES,
            JsonPath("request_data", ("messages",), kinds=("llm",)),
            JsonPath("request_data", ("input",), kinds=("llm",)),
        ),
        "output_messages": (
            sc.GEN_AI_OUTPUT_MESSAGES,
            JsonPath(_RESPONSE, ("message",), kinds=("llm",)),
            JsonPath(_RESPONSE, ("combined_chunk_content",), kinds=("llm",)),
        ),
        "tool_definitions": (
            sc.GEN_AI_TOOL_DEFINITIONS,
            JsonPath("request_data", ("tools",), kinds=("llm",)),
        ),
        "error_type": (sc.ERROR_TYPE, "logfire.exception.type"),
    },
    kinds=(
        KindRule(
            sc.GEN_AI_OPERATION_NAME,
            dict.fromkeys(("chat", "text_completion", "generate_content"), "http"),
            lacking=_ENDED,
        ),
        OPERATION_RULE,
        KindRule("request_data", {ANY: "http"}, lacking=_ENDED),
        KindRule("request_data", {ANY: "llm"}),
    ),
    names=(NameRule("Embedding", "embedding", instead_of=("llm", "http")),),
)
