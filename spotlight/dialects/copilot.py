"""GitHub Copilot: VS Code chat and the CLI, OTel GenAI spans with a few keys of their own.

invoke_agent repeats the usage of its calls; the resource's session.id is the editor window.

Source: vscode-copilot-chat 2026-03.
"""

from __future__ import annotations

from typing import Final

from spotlight import semconv as sc
from spotlight.dialects.table import TOOL_OUTCOME, Dialect, LogRule, NameRule

DIALECT: Final = Dialect(
    name="copilot",
    scopes=("copilot-chat", "github-copilot", "copilot_chat"),
    services=("copilot-chat", "github-copilot"),
    own_service_version=False,
    keys=("copilot_chat.",),
    extends=("otel_genai",),
    fields={
        "session_id": (sc.GEN_AI_CONVERSATION_ID, "copilot_chat.chat_session_id"),
        "turn_id": ("copilot_chat.turn_id",),
        "surface": ("copilot_chat.location",),
        "ttft_ms": ("copilot_chat.time_to_first_token",),
        "reasoning_tokens": ("gen_ai.usage.reasoning_tokens",),
    },
    names=(NameRule("permission", "approval"),),
    logs=(
        LogRule(
            "copilot_chat.tool.call",
            "tool",
            duration_ms=("duration_ms",),
            fields={"tool_name": (sc.GEN_AI_TOOL_NAME, "tool_name"), TOOL_OUTCOME: ("success",)},
        ),
    ),
)
