"""Pydantic AI, instrumentation versions 1 to 6: OTel GenAI keys, older spellings, sums of its own.

An agent's span sums its calls under gen_ai.aggregated_usage.*, which is nobody's own usage. Up to
version 2 tools run in spans `running tool`, with tool_arguments and tool_response.

Source: pydantic-ai 2.68, pydantic_ai_slim/pydantic_ai/models/instrumented.py.
"""

from __future__ import annotations

from typing import Final

from spotlight import semconv as sc
from spotlight.dialects.table import Dialect, JsonPath, Key, NameRule

_METADATA: Final = "metadata"

DIALECT: Final = Dialect(
    name="pydantic_ai",
    scopes=("pydantic-ai", "pydantic_ai"),
    keys=("pydantic_ai.", "gen_ai.aggregated_usage."),
    usage_basis="inclusive",
    extends=("otel_genai",),
    fields={
        "session_id": (
            sc.GEN_AI_CONVERSATION_ID,
            *(
                JsonPath(_METADATA, (name,))
                for name in ("session_id", "session", "thread_id", "conversation_id")
            ),
        ),
        "turn_id": ("gen_ai.agent.call.id",),
        "user_id": (JsonPath(_METADATA, ("user_id",)),),
        "agent_name": (sc.GEN_AI_AGENT_NAME, "agent_name"),
        "pack_name": (JsonPath(_METADATA, ("pack_name",)), JsonPath(_METADATA, ("pack",))),
        "pack_version": (sc.GEN_AI_AGENT_VERSION, JsonPath(_METADATA, ("pack_version",))),
        "prompt_name": (JsonPath(_METADATA, ("prompt_name",)),),
        "prompt_version": (JsonPath(_METADATA, ("prompt_version",)),),
        "feature": (JsonPath(_METADATA, ("feature",)),),
        "surface": (JsonPath(_METADATA, ("surface",)),),
        "request_model": (sc.GEN_AI_REQUEST_MODEL, "model_name"),
        "attempt": ("pydantic_ai.tool.retry.attempt", "pydantic_ai.output.retry.attempt"),
        "cache_write_1h_tokens": ("gen_ai.usage.details.ephemeral_1h_input_tokens",),
        "audio_input_tokens": ("gen_ai.usage.audio.input_tokens", "gen_ai.usage.details.input_audio_tokens"),
        "audio_output_tokens": (
            "gen_ai.usage.audio.output_tokens",
            "gen_ai.usage.details.output_audio_tokens",
        ),
        "cost_reported_usd": ("operation.cost",),
        "tool_name": (sc.GEN_AI_TOOL_NAME, "tool_name"),
        "tool_arguments": (sc.GEN_AI_TOOL_CALL_ARGUMENTS, "tool_arguments"),
        "tool_result": (sc.GEN_AI_TOOL_CALL_RESULT, "tool_response"),
        "approval_decision": ("pydantic_ai.tool.deferral.name",),
        # On an agent's span, the whole history of the run.
        "input_messages": (
            sc.GEN_AI_INPUT_MESSAGES,
            Key("events", kinds=("llm",)),
            "pydantic_ai.all_messages",
            "all_messages_events",
        ),
        "tool_definitions": (
            sc.GEN_AI_TOOL_DEFINITIONS,
            JsonPath("model_request_parameters", ("function_tools",)),
        ),
        "output_value": ("final_result",),
    },
    names=(
        NameRule("agent run", "agent"),
        NameRule("running tool", "tool", instead_of=("other", "step")),
    ),
)
