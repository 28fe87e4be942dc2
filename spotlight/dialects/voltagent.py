"""VoltAgent: bare keys on spans typed by span.type; the agent's root repeats the sum of its calls.

The root is told by entity.type (agent or workflow), its children by span.type. Calls say
llm.usage.*, the root usage.*. Arguments and results are `input` and `output`.

Source: VoltAgent (2026-08), packages/core/src/agent/open-telemetry and agent.ts.
"""

from __future__ import annotations

from typing import Final

from spotlight import semconv as sc
from spotlight.dialects.table import TOTAL_TOKENS, Dialect, JsonPath, Key, KindRule, NameRule

_SPAN_TYPES: Final = {
    "llm": "llm",
    "tool": "tool",
    "agent": "agent",
    "memory": "memory_read",
    "retriever": "retrieval",
    "vector": "retrieval",
    "embedding": "embedding",
    "guardrail": "guardrail",
    "middleware": "step",
    "summary": "compaction",
    "scorer": "evaluator",
    "workflow": "workflow",
    "workflow-step": "step",
}
_LLM: Final = ("llm",)

DIALECT: Final = Dialect(
    name="voltagent",
    scopes=("@voltagent/core", "@voltagent", "voltagent-core"),
    keys=("voltagent.", "agent.stateSnapshot"),
    extends=("otel_genai",),
    fields={
        "session_id": (sc.GEN_AI_CONVERSATION_ID, "conversation.id", "voltagent.conversation_id"),
        "turn_id": ("operation.id", "voltagent.operation_id"),
        "agent_name": (sc.GEN_AI_AGENT_NAME, "subagent.name", Key("entity.name", kinds=("agent",))),
        "agent_id": ("gen_ai.agent.id", "subagent.id", Key("entity.id", kinds=("agent",))),
        "feature": ("gen_ai.workflow.name", Key("entity.name", kinds=("workflow",))),
        "prompt_name": ("prompt.name",),
        "prompt_version": ("prompt.version",),
        "provider": (sc.GEN_AI_PROVIDER_NAME, "llm.provider"),
        "request_model": (sc.GEN_AI_REQUEST_MODEL, "llm.model", Key("ai.model.name", kinds=("agent",))),
        "finish_reasons": (sc.GEN_AI_RESPONSE_FINISH_REASONS, "llm.finish_reason",
                           "ai.response.finish_reason"),
        "input_tokens": ("llm.usage.prompt_tokens", "usage.prompt_tokens"),
        "output_tokens": ("llm.usage.completion_tokens", "usage.completion_tokens"),
        "cache_read_tokens": ("llm.usage.cached_tokens", "usage.cached_tokens"),
        "reasoning_tokens": ("llm.usage.reasoning_tokens", "usage.reasoning_tokens"),
        TOTAL_TOKENS: ("llm.usage.total_tokens", "usage.total_tokens"),
        "cost_reported_usd": (Key("usage.cost", kinds=_LLM),),
        "tool_name": (sc.GEN_AI_TOOL_NAME, "tool.name"),
        "tool_call_id": (sc.GEN_AI_TOOL_CALL_ID, "tool.call.id"),
        "tool_arguments": (Key("input", kinds=("tool",)), Key("tool.arguments", kinds=("tool",))),
        "tool_result": (Key("output", kinds=("tool",)), Key("tool.result", kinds=("tool",))),
        "input_messages": (Key("llm.messages", kinds=_LLM), Key("input", kinds=_LLM)),
        "output_messages": (Key("output", kinds=_LLM),),
        "tool_definitions": (Key("llm.tools", kinds=_LLM),),
        "system_instructions": (Key("agent.instructions"),
                                JsonPath("agent.stateSnapshot", ("instructions",))),
        "input_value": ("input",),
        "output_value": ("output",),
    },
    kinds=(
        KindRule("span.type", _SPAN_TYPES),
        KindRule("entity.type", {"agent": "agent", "workflow": "workflow"}),
    ),
    names=(NameRule("memory.write", "memory_write", instead_of=("memory_read",)),),
)  # fmt: skip
