"""OpenClaw: a model call without tokens, and beside it a span of the tokens that a reply cost.

openclaw.model.call is the call. openclaw.model.usage, its sibling, carries the tokens of the reply, which
may have taken several calls: a step with usage of its own, not one more call. gen_ai.usage.input_tokens
contains the cache, openclaw.tokens.input does not. The session, a hash, stands on the root only, and only
where the client was told to send it. A blocked tool call has an outcome but no error.

Source: openclaw (2026-08), extensions/diagnostics-otel.
"""

from __future__ import annotations

from typing import Final

from spotlight import semconv as sc
from spotlight.dialects.table import ANY, TOTAL_TOKENS, Dialect, Key, KindRule, NameRule

_CONTENT: Final = "openclaw.content."

DIALECT: Final = Dialect(
    name="openclaw",
    scopes=("openclaw",),
    services=("openclaw", "openclaw-gateway"),
    keys=("openclaw.",),
    usage_basis="inclusive",
    own_service_version=False,
    extends=("otel_genai",),
    fields={
        "session_id": (sc.GEN_AI_CONVERSATION_ID, sc.SESSION_ID, "langfuse.session.id",
                       "openclaw.sessionId", "openclaw.sessionKey"),
        "turn_id": ("openclaw.runId", "openclaw.run.id"),
        "agent_name": (sc.GEN_AI_AGENT_NAME, "openclaw.agent"),
        "surface": ("openclaw.channel",),
        "skill_name": ("gen_ai.skill.name", "openclaw.skill.name"),
        "skill_version": ("gen_ai.skill.version", "openclaw.skill.fingerprint"),
        "provider": (sc.GEN_AI_PROVIDER_NAME, sc.GEN_AI_SYSTEM, "openclaw.provider"),
        "request_model": (sc.GEN_AI_REQUEST_MODEL, Key("openclaw.model", kinds=("llm",))),
        "request_id": ("openclaw.provider.request_id_hash", "openclaw.upstreamRequestIdHash"),
        TOTAL_TOKENS: ("gen_ai.usage.total_tokens",),  # openclaw.tokens.total sums more than one call
        "ttft_ms": ("openclaw.model_call.time_to_first_byte_ms",),
        "tool_name": (sc.GEN_AI_TOOL_NAME, Key("openclaw.toolName", kinds=("tool",))),
        "tool_type": (sc.GEN_AI_TOOL_TYPE, Key("openclaw.tool.source", kinds=("tool",))),
        "approval_decision": (Key("openclaw.outcome", kinds=("tool",)),),
        "approval_source": (Key("openclaw.deniedReason", kinds=("tool",)),),
        "error_type": (sc.ERROR_TYPE, "openclaw.errorCode", "openclaw.errorCategory"),
        "error_message": ("openclaw.error",),
        "input_messages": (sc.GEN_AI_INPUT_MESSAGES, f"{_CONTENT}input_messages"),
        "output_messages": (sc.GEN_AI_OUTPUT_MESSAGES, f"{_CONTENT}output_messages"),
        "system_instructions": (sc.GEN_AI_SYSTEM_INSTRUCTIONS, f"{_CONTENT}system_prompt"),
        "tool_definitions": (sc.GEN_AI_TOOL_DEFINITIONS, f"{_CONTENT}tool_definitions"),
        "tool_arguments": (sc.GEN_AI_TOOL_CALL_ARGUMENTS, f"{_CONTENT}tool_input"),
        "tool_result": (sc.GEN_AI_TOOL_CALL_RESULT, f"{_CONTENT}tool_output"),
        "input_value": (sc.INPUT_VALUE,),
        "output_value": (sc.OUTPUT_VALUE,),
    },
    kinds=(KindRule("openclaw.tokens.total", {ANY: "step"}),),
    names=(
        NameRule("openclaw.run", "agent"),
        NameRule("openclaw.harness.run", "agent"),
        NameRule("openclaw.message.processed", "workflow"),
        NameRule("openclaw.model.usage", "step"),
        NameRule("openclaw.model.call", "llm"),
        NameRule("openclaw.tool.execution", "tool"),
        NameRule("openclaw.skill.used", "step", instead_of=("other", "tool")),
        NameRule("openclaw.tool.loop", "other", instead_of=("tool",)),
        NameRule("openclaw.session.compaction", "compaction"),
    ),
)  # fmt: skip
