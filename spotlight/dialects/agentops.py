"""AgentOps: agents, operations and tools by decorator, model calls in OpenLLMetry's words.

Source: agentops 0.4.21, agentops/semconv.
"""

from __future__ import annotations

from typing import Final

from spotlight import semconv as sc
from spotlight.dialects.table import Dialect, InName, Key, KindRule

_KINDS: Final = {
    "session": "workflow",
    "workflow": "workflow",
    **dict.fromkeys(("task", "operation", "chain", "text"), "step"),
    "agent": "agent",
    "tool": "tool",
    "llm": "llm",
    "guardrail": "guardrail",
    "http": "http",
}
_ENTITY_INPUT: Final = "agentops.entity.input"
_ENTITY_OUTPUT: Final = "agentops.entity.output"

DIALECT: Final = Dialect(
    name="agentops",
    scopes=("agentops",),
    keys=("agentops.",),
    extends=("openllmetry",),
    fields={
        "session_id": (sc.SESSION_ID, "workflow.session_id"),
        "agent_name": (
            sc.GEN_AI_AGENT_NAME,
            "agent.name",
            Key("agentops.entity.name", kinds=("agent",)),
            Key("operation.name", kinds=("agent",)),
        ),
        "agent_id": ("agent.id",),
        "pack_version": (sc.GEN_AI_AGENT_VERSION, "agentops.entity.version", "operation.version"),
        "feature": ("workflow.name",),
        "environment": ("agentops.environment",),
        "cost_reported_usd": ("gen_ai.usage.total_cost", "gen_ai.usage.cost"),
        "ttft_ms": (
            Key("gen_ai.response.time_to_first_chunk", scale=1000),
            Key("gen_ai.streaming.time_to_first_token", scale=1000),
        ),
        "tool_name": (
            sc.GEN_AI_TOOL_NAME,
            "tool.name",
            Key("agentops.entity.name", kinds=("tool",)),
            Key("operation.name", kinds=("tool",)),
            InName(r"(.+?)(?:\.tool)?", kinds=("tool",)),
        ),
        "tool_arguments": (
            sc.GEN_AI_TOOL_CALL_ARGUMENTS,
            "tool.parameters",
            Key(_ENTITY_INPUT, kinds=("tool",)),
        ),
        "tool_result": (sc.GEN_AI_TOOL_CALL_RESULT, "tool.result", Key(_ENTITY_OUTPUT, kinds=("tool",))),
        "input_messages": (sc.GEN_AI_INPUT_MESSAGES, Key(_ENTITY_INPUT, kinds=("llm",))),
        "output_messages": (sc.GEN_AI_OUTPUT_MESSAGES, Key(_ENTITY_OUTPUT, kinds=("llm",))),
        "input_value": (_ENTITY_INPUT, "workflow.input", "agent.reasoning"),
        "output_value": (_ENTITY_OUTPUT, "workflow.output", "agent.decision"),
    },
    kinds=(KindRule("agentops.span.kind", _KINDS),),
)
