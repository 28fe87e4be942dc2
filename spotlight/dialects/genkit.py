"""Genkit: actions and flows; usage, model and configuration only inside genkit:input and genkit:output.

Output of Gemini models leaves thoughts out; the total has both. A failed action says so in
genkit:state.

Source: genkit 1.42, js/core/src/tracing/instrumentation.ts.
"""

from __future__ import annotations

from typing import Final

from spotlight import semconv as sc
from spotlight.dialects.table import TOOL_OUTCOME, TOTAL_TOKENS, Dialect, JsonPath, Key, KindRule

_INPUT: Final = "genkit:input"
_OUTPUT: Final = "genkit:output"
_CALLS: Final = ("llm", "embedding")
_SUBTYPES: Final = {
    **dict.fromkeys(("model", "background-model"), "llm"),
    "embedder": "embedding",
    **dict.fromkeys(("tool", "tool.v2"), "tool"),
    "retriever": "retrieval",
    "indexer": "step",
    "reranker": "rerank",
    "evaluator": "evaluator",
    **dict.fromkeys(("prompt", "executable-prompt"), "step"),
    "flow": "workflow",
    **dict.fromkeys(("util", "custom"), "step"),
}
_TYPES: Final = {
    "flow": "workflow",
    **dict.fromkeys(("flowstep", "action", "util", "dotprompt", "prompttemplate", "helper"), "step"),
}

DIALECT: Final = Dialect(
    name="genkit",
    scopes=("genkit-tracer", "genkit"),
    keys=("genkit:name", "genkit:type", "genkit:path", "genkit:metadata:subtype"),
    usage_basis="inclusive",
    extends=("otel_genai",),
    fields={
        "session_id": ("genkit:sessionId", "genkit:threadName"),
        "agent_name": (sc.GEN_AI_AGENT_NAME, "genkit:metadata:agentName"),
        "feature": ("genkit:feature", "genkit:metadata:flow:name", Key("genkit:name", kinds=("workflow",))),
        "prompt_name": ("genkit:metadata:prompt:name",),
        "request_model": (sc.GEN_AI_REQUEST_MODEL, Key("genkit:name", kinds=_CALLS)),
        "model_params": (JsonPath(_INPUT, ("config",), kinds=("llm",)),),
        "finish_reasons": (JsonPath(_OUTPUT, ("finishReason",), kinds=("llm",)),),
        "input_tokens": (JsonPath(_OUTPUT, ("usage", "inputTokens"), kinds=_CALLS),),
        "output_tokens": (JsonPath(_OUTPUT, ("usage", "outputTokens"), kinds=_CALLS),),
        "cache_read_tokens": (JsonPath(_OUTPUT, ("usage", "cachedContentTokens"), kinds=_CALLS),),
        "reasoning_tokens": (JsonPath(_OUTPUT, ("usage", "thoughtsTokens"), kinds=_CALLS),),
        TOTAL_TOKENS: (JsonPath(_OUTPUT, ("usage", "totalTokens")),),
        "tool_name": (Key("genkit:name", kinds=("tool",)),),
        "tool_arguments": (Key(_INPUT, kinds=("tool",)),),
        "tool_result": (Key(_OUTPUT, kinds=("tool",)),),
        TOOL_OUTCOME: (Key("genkit:state", kinds=("tool",)),),
        "input_messages": (Key(_INPUT, kinds=("llm",)),),
        "output_messages": (Key(_OUTPUT, kinds=("llm",)),),
        "input_value": (_INPUT,),
        "output_value": (_OUTPUT,),
    },
    kinds=(KindRule("genkit:metadata:subtype", _SUBTYPES), KindRule("genkit:type", _TYPES)),
)
