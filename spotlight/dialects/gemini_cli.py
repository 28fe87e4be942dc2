"""Gemini CLI: a trace per model call and per tool round; cache, thoughts and decisions on log events only.

Output tokens are without thoughts. Content is cut at 10,000 characters. prompt_id names the turn,
except without a terminal, where it repeats the session's id: then the user's prompts cut the turns.

Source: gemini-cli 0.61, packages/core/src/telemetry.
"""

from __future__ import annotations

from typing import Final

from spotlight import semconv as sc
from spotlight.dialects.table import (
    TOOL_OUTCOME,
    TOTAL_TOKENS,
    Dialect,
    JsonPath,
    Key,
    LogRule,
    RunRule,
    Source,
)

_USAGE: Final[dict[str, tuple[Source, ...]]] = {
    "input_tokens": ("input_token_count",),
    "output_tokens": ("output_token_count",),
    "cache_read_tokens": ("cached_content_token_count",),
    "reasoning_tokens": ("thoughts_token_count",),
    TOTAL_TOKENS: ("total_token_count",),
    "finish_reasons": ("finish_reasons",),
    "output_messages": ("response_text",),
}
_TOOL: Final[dict[str, tuple[Source, ...]]] = {
    "tool_name": ("function_name",),
    "tool_arguments": ("function_args",),
    "tool_result": ("metadata",),  # the output itself stands on spans only
    "tool_call_id": ("call_id",),
    "approval_decision": ("decision",),
    TOOL_OUTCOME: ("success",),
}
_ERROR: Final[dict[str, tuple[Source, ...]]] = {
    "error_type": ("error_type", "error.type"),
    "error_message": ("error.message", "error"),
    "http_status": ("status_code",),
}


def log_rules(prefix: str) -> tuple[LogRule, ...]:
    """Return the log events that are steps; forks of the client keep the names below their own prefix."""
    took = ("duration_ms",)
    return (
        LogRule(f"{prefix}.user_prompt", "agent", opens_run=True, fields={"input_value": ("prompt",)}),
        LogRule(f"{prefix}.api_response", "llm", fields=_USAGE, duration_ms=took),
        LogRule(f"{prefix}.api_error", "llm", fields=_ERROR, duration_ms=took),
        LogRule(f"{prefix}.tool_call", "tool", fields=_TOOL, duration_ms=took),
        LogRule(f"{prefix}.chat_compression", "compaction"),
        LogRule(f"{prefix}.model_routing", "decision", duration_ms=("routing_latency_ms",),
                fields={"output_value": ("decision_model",), "input_value": ("reasoning",)}),
        LogRule(f"{prefix}.agent.finish", "agent", duration_ms=took),
    )  # fmt: skip


DIALECT: Final = Dialect(
    name="gemini_cli",
    scopes=("gemini-cli",),
    services=("gemini-cli",),
    own_service_version=False,
    keys=("gemini_cli.",),
    usage_basis="inclusive",
    output_excludes_reasoning=True,
    extends=("otel_genai",),
    fields={
        "session_id": (sc.GEN_AI_CONVERSATION_ID, sc.SESSION_ID),
        "turn_id": ("prompt_id",),
        "user_id": ("user.email",),
        "agent_name": (sc.GEN_AI_AGENT_NAME, "agent_name", "subagent_name"),
        "request_model": (sc.GEN_AI_REQUEST_MODEL, Key("model", kinds=("llm",))),
        "attempt": ("attempt_number",),
        "http_status": ("status_code",),
        "tool_arguments": (JsonPath(sc.GEN_AI_INPUT_MESSAGES, ("args",), kinds=("tool",)),),
        "tool_result": (JsonPath(sc.GEN_AI_OUTPUT_MESSAGES, ("response", "responseParts"), kinds=("tool",)),
                        JsonPath(sc.GEN_AI_OUTPUT_MESSAGES, ("response", "resultDisplay"), kinds=("tool",)),
                        Key(sc.GEN_AI_OUTPUT_MESSAGES, kinds=("tool",))),
        "error_type": (sc.ERROR_TYPE, "error_type"),
    },
    logs=log_rules("gemini_cli"),
    runs=RunRule(by_turn=True),
    failed_results=(r"Exit Code: (?:[1-9]|-)", r'"isError": ?true'),
)  # fmt: skip
