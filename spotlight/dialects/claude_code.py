"""Claude Code: spans (beta) and log events; usage without the cache, cost and approvals on logs only.

Every request of the user is a turn (prompt.id on log records, an interaction span in traces). A
tool is reported as tool > tool.blocked_on_user + tool.execution; the error stands on the last.

Source: Claude Code 2.1.329 (native binary), monitoring documentation.
"""

from __future__ import annotations

from typing import Final

from spotlight import semconv as sc
from spotlight.dialects.otel_genai import OPERATION_RULE
from spotlight.dialects.table import TOOL_OUTCOME, Dialect, Key, KindRule, LogRule, RunRule

_SPAN_TYPES: Final = {
    "interaction": "agent",
    "llm_request": "llm",
    "tool": "tool",
    "tool.execution": "tool",
    "tool.blocked_on_user": "approval",
    "hook": "other",
    "subagent.spawn": "agent",
    "compaction": "compaction",
    "mcp.rpc": "http",
}
_PREFIXED: Final = _SPAN_TYPES | {f"claude_code.{key}": kind for key, kind in _SPAN_TYPES.items()}
_TOOL_FACTS: Final = {
    "approval_decision": ("decision_type", "decision"),
    "approval_source": ("decision_source", "source"),
    "tool_arguments": ("tool_input", "tool_parameters"),
}
_DURATION: Final = ("duration_ms",)

DIALECT: Final = Dialect(
    name="claude_code",
    scopes=("com.anthropic.claude_code",),
    services=("claude-code",),
    own_service_version=False,
    keys=("claude_code.",),
    usage_basis="exclusive",
    extends=("otel_genai",),
    fields={
        "session_id": (sc.SESSION_ID,),
        "turn_id": ("prompt.id",),
        "user_id": ("user.account_uuid", "user.account_id", "user.email", sc.USER_ID),
        "agent_name": (sc.GEN_AI_AGENT_NAME, "agent.name", "agent_type", "subagent_type"),
        "skill_name": ("skill.name", "skill_name"),
        "feature": ("query_source",),
        "surface": ("app.entrypoint", "terminal.type"),
        "request_model": (sc.GEN_AI_REQUEST_MODEL, Key("model", kinds=("llm",))),
        # gen_ai.response.id is the request's id here.
        "request_id": ("request_id", "client_request_id"),
        "attempt": (Key("attempt", kinds=("llm",)),),
        "finish_reasons": (sc.GEN_AI_RESPONSE_FINISH_REASONS, "stop_reason"),
        "input_tokens": (Key("input_tokens", kinds=("llm",)),),
        "output_tokens": (Key("output_tokens", kinds=("llm",)),),
        "cache_read_tokens": (Key("cache_read_tokens", kinds=("llm",)),),
        "cache_write_tokens": (Key("cache_creation_tokens", kinds=("llm",)),),
        "cache_write_1h_tokens": (Key("cache_creation_1h_tokens", kinds=("llm",)),),
        "cost_reported_usd": ("cost_usd", Key("cost_usd_micros", scale=1e-6)),
        "ttft_ms": ("ttft_ms",),
        "tool_name": (sc.GEN_AI_TOOL_NAME, Key("tool_name", kinds=("tool", "approval"))),
        "tool_call_id": (sc.GEN_AI_TOOL_CALL_ID, Key("tool_use_id", kinds=("tool", "approval"))),
        "approval_decision": (Key("decision", kinds=("approval",)),),
        "approval_source": (Key("source", kinds=("approval",)),),
        "tool_arguments": (Key("tool_input", kinds=("tool",)), Key("tool_parameters", kinds=("tool",))),
        "input_messages": ("new_context",),
        "output_messages": ("response.model_output",),
        "system_instructions": ("system_prompt", "system_prompt_preview"),
        "input_value": ("user_prompt", "full_command"),
        "error_type": (sc.ERROR_TYPE, "error_type", Key("error", kinds=("llm",))),
        "error_message": ("error",),
        "http_status": (sc.HTTP_RESPONSE_STATUS_CODE, "status_code"),
        TOOL_OUTCOME: ("success",),
    },
    kinds=(
        KindRule("span.type", _PREFIXED),
        OPERATION_RULE,
    ),
    logs=(
        LogRule("user_prompt", "agent", opens_run=True, fields={"input_value": ("prompt",)}),
        LogRule("api_request", "llm", duration_ms=_DURATION),
        LogRule("api_error", "llm", duration_ms=_DURATION, fields={"error_type": ("error_type", "error")}),
        LogRule("tool_result", "tool", duration_ms=_DURATION, fields=_TOOL_FACTS),
        LogRule("tool_decision", "approval", fields=_TOOL_FACTS),
        LogRule("assistant_response", "other", fields={"output_value": ("response",)}),
        LogRule("compaction", "compaction", duration_ms=_DURATION),
        LogRule("subagent_completed", "agent", duration_ms=_DURATION),
        LogRule("skill_activated", "step"),
    ),
    events={"tool_result": (("tool.output", "output"), ("tool.output", "content"), ("tool.output", "diff"))},
    runs=RunRule(by_turn=True, turn_roots=("claude_code.interaction",)),
)  # fmt: skip
