"""Pipecat: voice pipelines; a conversation over turns over speech-to-text, model and text-to-speech calls.

Time to first byte is in seconds. Live models report their parts as spans of their own: tokens stand on
llm_response, a tool's arguments on llm_tool_call, and its result, with the same call id, on
llm_tool_result: the result is the call that is counted. Speech services are steps, not model calls.

Source: pipecat (2026-08), utils/tracing.
"""

from __future__ import annotations

from typing import Final

from spotlight import semconv as sc
from spotlight.dialects.table import TOOL_OUTCOME, Dialect, Key, KindRule, NameRule

_OPERATIONS: Final = {
    "stt": "step",
    "tts": "step",
    "llm_setup": "other",
    "llm_request": "step",
    "llm_tool_call": "step",
    "llm_tool_result": "tool",
    "llm_response": "llm",
}

DIALECT: Final = Dialect(
    name="pipecat",
    scopes=("pipecat",),
    keys=("turn.was_interrupted", "turn.number", "conversation.type"),
    extends=("otel_genai",),
    fields={
        "session_id": (sc.GEN_AI_CONVERSATION_ID, "conversation.id"),
        "user_id": ("user_id",),
        "surface": ("conversation.type",),
        "ttft_ms": (Key("metrics.ttfb", scale=1000, kinds=("llm",)),),
        "response_id": (sc.GEN_AI_RESPONSE_ID, "response.id"),
        "audio_input_tokens": ("gen_ai.usage.audio.input_tokens",),
        "audio_output_tokens": ("gen_ai.usage.audio.output_tokens",),
        "tool_name": (sc.GEN_AI_TOOL_NAME, "tool.function_name"),
        "tool_call_id": (sc.GEN_AI_TOOL_CALL_ID, "tool.call_id"),
        "tool_arguments": ("tool.arguments",),
        "tool_result": (Key("tool.result", kinds=("tool",)),),
        "input_messages": (sc.GEN_AI_INPUT_MESSAGES, Key("input", kinds=("llm",))),
        "output_messages": (sc.GEN_AI_OUTPUT_MESSAGES, Key("output", kinds=("llm",)),
                            Key("text_output", kinds=("llm",))),
        "tool_definitions": (sc.GEN_AI_TOOL_DEFINITIONS, Key("tools", kinds=("llm",)), "tools.definitions"),
        "input_value": ("text",),
        "output_value": ("transcript",),
        TOOL_OUTCOME: ("tool.result_status",),
    },
    kinds=(KindRule(sc.GEN_AI_OPERATION_NAME, _OPERATIONS),),
    names=(
        NameRule("llm_tool_call", "step", instead_of=("other", "tool")),
        NameRule("conversation", "workflow"),
        NameRule("turn", "agent"),
    ),
)  # fmt: skip
