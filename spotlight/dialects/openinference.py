"""OpenInference (Arize): flat indexed messages, `input.value`, `metadata` as JSON.

`input.value` and `output.value` are whatever the step took and gave: arguments and result
of a tool, a whole request body of a model call. On model calls they become messages only
where no messages were sent: the message prefixes hold the same content in a readable shape.

Source: openinference-semantic-conventions 0.1.42, openinference-instrumentation-* 2026.
"""

from __future__ import annotations

from typing import Final

from spotlight import semconv as sc
from spotlight.dialects.table import TOTAL_TOKENS, Dialect, JsonPath, Key, KindRule, NameRule, Prefix

_SPAN_KINDS: Final = {
    "llm": "llm",
    "embedding": "embedding",
    "chain": "step",
    "agent": "agent",
    "tool": "tool",
    "retriever": "retrieval",
    "reranker": "rerank",
    "guardrail": "guardrail",
    "evaluator": "evaluator",
    "prompt": "step",
    "decision": "decision",
    "unknown": "other",
}

DIALECT: Final = Dialect(
    name="openinference",
    scopes=("openinference", "@arizeai/openinference"),
    keys=(sc.OPENINFERENCE_SPAN_KIND, "llm.input_messages.", "llm.output_messages.", "llm.token_count."),
    usage_basis="inclusive",
    extends=("otel_genai",),
    fields={
        "session_id": (
            sc.SESSION_ID,
            JsonPath("metadata", ("session_id",)),
            JsonPath("metadata", ("thread_id",)),
            JsonPath("metadata", ("conversation_id",)),
        ),
        "user_id": (sc.USER_ID, "llm.user", JsonPath("metadata", ("user_id",))),
        "agent_name": ("agent.name", Key("graph.node.name", kinds=("agent",)),
                       Key("graph.node.id", kinds=("agent",))),
        "agent_id": (Key("graph.node.id", kinds=("agent",)),),
        "pack_name": (JsonPath("metadata", ("pack_name",)), JsonPath("metadata", ("pack",))),
        "pack_version": (
            JsonPath("metadata", ("pack_version",)),
            JsonPath("metadata", ("revision_id",)),
        ),
        "prompt_name": ("prompt.id",),
        "prompt_version": ("llm.prompt_template.version",),
        "feature": (JsonPath("metadata", ("feature",)),),
        "provider": ("llm.provider", "llm.system"),
        "request_model": (
            "llm.request.model_name",
            "llm.input_model_name",
            "llm.model_name",
            "embedding.model_name",
            "reranker.model_name",
            "decision.model_name",
            JsonPath("llm.invocation_parameters", ("model",)),
        ),
        "response_model": ("llm.response.model_name", "llm.output_model_name",
                           "decision.response.model_name"),
        "finish_reasons": ("llm.finish_reason",),
        "model_params": ("llm.invocation_parameters",),
        "input_tokens": ("llm.token_count.prompt", "decision.token_count.input"),
        "output_tokens": ("llm.token_count.completion", "decision.token_count.output"),
        "cache_read_tokens": (
            "llm.token_count.prompt_details.cache_read",
            "llm.token_count.prompt_details.cache_input",
        ),
        "cache_write_tokens": ("llm.token_count.prompt_details.cache_write",),
        "reasoning_tokens": ("llm.token_count.completion_details.reasoning",),
        TOTAL_TOKENS: ("llm.token_count.total",),
        "cost_reported_usd": ("llm.cost.total",),
        "tool_name": ("tool.name",),
        "tool_call_id": ("tool_call.id", "message.tool_call_id", "tool.id"),
        "input_messages": (Prefix("llm.input_messages."), Prefix("llm.prompts."), sc.GEN_AI_INPUT_MESSAGES,
                           Key(sc.INPUT_VALUE, kinds=("llm",))),
        "output_messages": (Prefix("llm.output_messages."), Prefix("llm.choices."),
                            sc.GEN_AI_OUTPUT_MESSAGES, Key(sc.OUTPUT_VALUE, kinds=("llm",))),
        "tool_definitions": (Prefix("llm.tools."),),
        # tool.parameters is the arguments in some instrumentors and the JSON schema in others:
        # what the tool was given is asked first.
        "tool_arguments": (sc.GEN_AI_TOOL_CALL_ARGUMENTS, Key(sc.INPUT_VALUE, kinds=("tool",)),
                           Key("tool.parameters", kinds=("tool",))),
        "tool_result": (sc.GEN_AI_TOOL_CALL_RESULT, Key(sc.OUTPUT_VALUE, kinds=("tool",))),
        "input_value": (sc.INPUT_VALUE,),
        "output_value": (sc.OUTPUT_VALUE,),
    },
    kinds=(KindRule(sc.OPENINFERENCE_SPAN_KIND, _SPAN_KINDS),),
    # OpenAI Agents report a handoff as a tool; nothing was called.
    names=(NameRule("handoff to ", "handoff", instead_of=("tool",)),),
)  # fmt: skip
