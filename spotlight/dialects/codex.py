"""Codex (codex-rs): hundreds of spans a turn, of which few are the agent's own; content on log events.

Usage stands on handle_responses spans without a model, and again on codex.sse_event log records
without a trace; codex.turn.token_usage.* repeats the turn's sum. Numbers on log records are text.

Source: codex-rs/otel 0.137 to 0.169.
"""

from __future__ import annotations

from typing import Final

from spotlight import semconv as sc
from spotlight.dialects.table import (
    ANY,
    TOOL_OUTCOME,
    TOTAL_TOKENS,
    Dialect,
    Key,
    KindRule,
    LogRule,
    NameRule,
    RunRule,
)

_COMPLETED: Final = {"event.kind": "response.completed", "input_token_count": ANY}
_USAGE: Final = {
    "input_tokens": ("input_token_count",),
    "output_tokens": ("output_token_count",),
    "cache_read_tokens": ("cached_token_count",),
    "cache_write_tokens": ("cache_write_token_count",),
    "reasoning_tokens": ("reasoning_token_count",),
    TOTAL_TOKENS: ("tool_token_count",),  # misnamed: the client puts the total there
}
_APPROVAL: Final = {"approval_decision": ("decision",), "approval_source": ("source",)}

DIALECT: Final = Dialect(
    name="codex",
    scopes=("codex_", "codex-"),
    services=("codex_", "codex-"),
    own_service_version=False,
    keys=("codex.",),
    usage_basis="inclusive",
    extends=("otel_genai",),
    fields={
        # thread.id is the conversation on some spans and a number of the operating system on others.
        "session_id": ("conversation.id",),
        "turn_id": ("turn.id", "turn_id"),
        "user_id": ("user.account_id", "user.email"),
        "surface": ("originator", "session_source"),
        "request_model": (sc.GEN_AI_REQUEST_MODEL, "model", "slug"),
        "attempt": (Key("attempt", kinds=("llm",)),),
        "ttft_ms": ("ttft_ms",),
        "tool_name": (Key("tool_name", kinds=("tool", "approval")),),
        "tool_call_id": (Key("call_id", kinds=("tool", "approval")),),
        "tool_arguments": (Key("arguments", kinds=("tool",)),),
        "tool_result": (Key("output", kinds=("tool",)),),
        TOOL_OUTCOME: (Key("success", kinds=("tool",)),),
    },
    kinds=(
        KindRule("codex.tool.phase", {"dispatch": "tool"}),
        KindRule(sc.GEN_AI_USAGE_INPUT_TOKENS, {ANY: "llm"}),
        KindRule("codex.turn.token_usage.input_tokens", {ANY: "agent"}),
    ),
    names=(NameRule("session_task.turn", "agent"), NameRule("session_task.compact", "compaction")),
    logs=(
        LogRule("codex.user_prompt", "agent", opens_run=True, fields={"input_value": ("prompt",)}),
        *(LogRule(event, "llm", where=_COMPLETED, fields=_USAGE, duration_ms=("duration_ms",))
          for event in ("codex.sse_event", "codex.websocket_event")),
        LogRule("codex.tool_decision", "approval", fields=_APPROVAL),
        LogRule("codex.tool_result", "tool", duration_ms=("duration_ms",)),
    ),
    runs=RunRule(by_turn=True, turn_roots=("session_task.turn",)),
    failed_results=(r"Process exited with code (?:[1-9]|-)", r"^Exit code: (?:[1-9]|-)"),
)  # fmt: skip
