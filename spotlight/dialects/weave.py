"""W&B Weave: its OTel export (OTel GenAI keys, cache_write) and the keys its collector reads.

Source: weave 0.54, weave/trace_server/opentelemetry/constants.py.
"""

from __future__ import annotations

from typing import Final

from spotlight import semconv as sc
from spotlight.dialects.otel_genai import OPERATION_RULE
from spotlight.dialects.table import TOTAL_TOKENS, Dialect, InName, JsonPath, Key, KindRule

_ATTRIBUTES: Final = "wandb.attributes"
_KINDS: Final = {
    **dict.fromkeys(("llm", "completion", "chat"), "llm"),
    "agent": "agent",
    "tool": "tool",
    **dict.fromkeys(("chain", "step", "task"), "step"),
    "workflow": "workflow",
    **dict.fromkeys(("search", "retriever", "retrieval"), "retrieval"),
    "embedding": "embedding",
    "reranker": "rerank",
    **dict.fromkeys(("scorer", "evaluation", "evaluator"), "evaluator"),
    "guardrail": "guardrail",
}

DIALECT: Final = Dialect(
    name="weave",
    scopes=("weave", "wandb"),
    keys=("weave.", "wandb."),
    extends=("otel_genai",),
    fields={
        "session_id": ("wandb.thread_id", sc.GEN_AI_CONVERSATION_ID),
        "user_id": ("wandb.wb_user_id", JsonPath(_ATTRIBUTES, ("user_id",))),
        "agent_name": (sc.GEN_AI_AGENT_NAME, InName("(?s)(?:invoke_agent )?(.+)", kinds=("agent",))),
        "pack_name": (JsonPath(_ATTRIBUTES, ("pack_name",)), JsonPath(_ATTRIBUTES, ("pack",))),
        "pack_version": (sc.GEN_AI_AGENT_VERSION, JsonPath(_ATTRIBUTES, ("pack_version",))),
        "feature": (JsonPath(_ATTRIBUTES, ("feature",)),),
        "surface": (JsonPath(_ATTRIBUTES, ("surface",)),),
        "input_tokens": (sc.GEN_AI_USAGE_INPUT_TOKENS, "weave.usage.input_tokens"),
        "output_tokens": (sc.GEN_AI_USAGE_OUTPUT_TOKENS, "weave.usage.output_tokens"),
        TOTAL_TOKENS: ("gen_ai.usage.total_tokens", "weave.usage.total_tokens"),
        "tool_name": (sc.GEN_AI_TOOL_NAME, InName("(?s)(?:execute_tool )?(.+)", kinds=("tool",))),
        "tool_arguments": (sc.GEN_AI_TOOL_CALL_ARGUMENTS, Key(sc.INPUT_VALUE, kinds=("tool",))),
        "tool_result": (sc.GEN_AI_TOOL_CALL_RESULT, Key(sc.OUTPUT_VALUE, kinds=("tool",))),
        "input_messages": (sc.GEN_AI_INPUT_MESSAGES, Key(sc.INPUT_VALUE, kinds=("llm",))),
        "output_messages": (sc.GEN_AI_OUTPUT_MESSAGES, Key(sc.OUTPUT_VALUE, kinds=("llm",))),
        "input_value": (sc.INPUT_VALUE,),
        "output_value": (sc.OUTPUT_VALUE,),
    },
    kinds=(KindRule("weave.span.kind", _KINDS), KindRule("wandb.span.kind", _KINDS), OPERATION_RULE),
)
