"""Flue: OTel GenAI keys with identifiers of its own; a conversation id on agents, calls and tools.

Source: @flue/opentelemetry (2026-08), packages/opentelemetry/src/index.ts.
"""

from __future__ import annotations

from typing import Final

from spotlight import semconv as sc
from spotlight.dialects.table import TOTAL_TOKENS, Dialect, NameRule

DIALECT: Final = Dialect(
    name="flue",
    scopes=("@flue/opentelemetry", "@flue"),
    keys=("flue.",),
    usage_basis="inclusive",
    extends=("otel_genai",),
    fields={
        "session_id": (sc.GEN_AI_CONVERSATION_ID, "flue.session.name"),
        "turn_id": ("flue.submission.id",),
        "agent_name": (sc.GEN_AI_AGENT_NAME, "flue.agent.name"),
        "agent_id": ("gen_ai.agent.id", "flue.instance.id"),
        "finish_reasons": (sc.GEN_AI_RESPONSE_FINISH_REASONS, "flue.response.finish_reason"),
        TOTAL_TOKENS: ("flue.usage.total_tokens",),
        "tool_call_id": (sc.GEN_AI_TOOL_CALL_ID, "flue.tool.call_id"),
        "tool_arguments": (sc.GEN_AI_TOOL_CALL_ARGUMENTS, "flue.tool.call.arguments"),
        "tool_result": (sc.GEN_AI_TOOL_CALL_RESULT, "flue.tool.call.result"),
        "input_messages": (sc.GEN_AI_INPUT_MESSAGES, "flue.turn.input"),
    },
    names=(
        NameRule("flue.compaction", "compaction"),
        NameRule("flue.operation shell", "tool"),
        NameRule("flue.operation ", "step"),
    ),
)
