"""OpenLIT: OTel GenAI keys, tools reported on the model's span too, guardrails, a hash of the agent.

gen_ai.server.time_to_first_token is in seconds here, as in OTel's metric of that name. The hash
covers system prompt, tools, model and parameters.

Source: openlit 1.45, openlit/semcov.
"""

from __future__ import annotations

from typing import Final

from spotlight import semconv as sc
from spotlight.dialects.otel_genai import OPERATION_RULE
from spotlight.dialects.table import ANY, Dialect, Key, KindRule

_OPERATIONS: Final = {
    "vectordb": "retrieval",
    "framework": "step",
    "agent": "agent",
    "task": "step",
    "workflow_task": "step",
    "workflow": "workflow",
    "agent_task": "step",
    "tool": "tool",
    "tools": "tool",
    "memory": "memory_read",
    **dict.fromkeys(("image", "audio", "speech", "graph_execution"), "step"),
}

DIALECT: Final = Dialect(
    name="openlit",
    scopes=("openlit",),
    keys=("openlit.",),
    extends=("otel_genai",),
    fields={
        "session_id": (sc.GEN_AI_CONVERSATION_ID, "gen_ai.session.id"),
        "user_id": ("gen_ai.user.id",),
        "pack_version": (sc.GEN_AI_AGENT_VERSION, "openlit.agent.version_hash"),
        "prompt_name": ("gen_ai.prompt.name", "gen_ai.hub.repo"),
        "environment": ("gen_ai.environment",),
        "ttft_ms": (
            Key("gen_ai.response.time_to_first_chunk", scale=1000),
            Key("gen_ai.server.time_to_first_token", scale=1000),
        ),
        "cost_reported_usd": ("gen_ai.usage.cost",),
        "tool_name": (sc.GEN_AI_TOOL_NAME, "mcp.tool.name"),
        "tool_arguments": (
            sc.GEN_AI_TOOL_CALL_ARGUMENTS,
            Key("gen_ai.tool.args", kinds=("tool",)),
            Key("gen_ai.tool.input", kinds=("tool",)),
            "mcp.tool.arguments",
            "mcp.request.argument",
        ),
        "tool_result": (
            sc.GEN_AI_TOOL_CALL_RESULT,
            Key("gen_ai.tool.output", kinds=("tool",)),
            Key("gen_ai.tool.result", kinds=("tool",)),
            "mcp.response.value",
        ),
        "input_value": ("gen_ai.workflow.input", "gen_ai.agent.input"),
        "output_value": ("gen_ai.workflow.output", "gen_ai.agent.output"),
    },
    kinds=(
        OPERATION_RULE,
        KindRule(sc.GEN_AI_OPERATION_NAME, _OPERATIONS),
        KindRule("guard.name", {ANY: "guardrail"}),
        KindRule("guard.verdict", {ANY: "guardrail"}),
    ),
)
