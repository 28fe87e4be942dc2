"""Haystack, by its own tracer and seen by OpenInference: pipelines, components, agents and their steps.

Its own spans are told by their names; values are JSON text, and usage stands in the `meta` of the
replies. A tool that failed returns {"error": ...}. The tracer's scope is whatever the application
called it. OpenInference reports pipelines and agents as plain chains and no model calls.

Source: haystack-ai 3.4.1, haystack/tracing and components/agents;
openinference-instrumentation-haystack 0.1.46.
"""

from __future__ import annotations

from typing import Final

from spotlight.dialects.table import Dialect, JsonPath, Key, KindRule, NameRule, Source

_OUTPUTS: Final = ("haystack.agent.step.llm.output", "haystack.component.output")
_LLM: Final = ("llm",)
_STRATEGY: Final = "haystack.agent.hook.human_in_the_loop.strategy"
_COMPONENTS: Final = {
    **{f"{maker}{what}generator": "llm"
       for maker in ("openai", "azureopenai", "anthropic", "googlegenai", "huggingfaceapi",
                     "huggingfacelocal", "amazonbedrock", "mistral", "cohere", "ollama", "openrouter")
       for what in ("", "chat")},
    **{f"{maker}{what}embedder": "embedding"
       for maker in ("openai", "azureopenai", "sentencetransformers", "huggingfaceapi", "cohere", "mistral")
       for what in ("text", "document")},
    **dict.fromkeys(("inmemorybm25retriever", "inmemoryembeddingretriever", "filterretriever",
                     "sentencewindowretriever", "automergingretriever", "multiqueryembeddingretriever"),
                    "retrieval"),
    **dict.fromkeys(("transformerssimilarityranker", "sentencetransformerssimilarityranker",
                     "llmranker", "metafieldranker", "lostinthemiddleranker"), "rerank"),
    **dict.fromkeys(("llmevaluator", "faithfulnessevaluator", "contextrelevanceevaluator"), "evaluator"),
    "agent": "agent",
}  # fmt: skip


def _of_reply(*path: str) -> tuple[Source, ...]:
    """Return where a member of the first reply's meta stands, in either form of the message."""
    return tuple(
        JsonPath(output, ("replies", "0", meta, *path), kinds=_LLM)
        for output in _OUTPUTS
        for meta in ("meta", "_meta")
    )


DIALECT: Final = Dialect(
    name="haystack",
    scopes=("openinference.instrumentation.haystack", "haystack"),
    keys=("haystack.",),
    usage_basis="inclusive",
    extends=("openinference",),
    fields={
        "agent_name": ("agent.name", Key("haystack.component.name", kinds=("agent",))),
        "request_model": ("llm.model_name", *_of_reply("model")),
        "finish_reasons": ("llm.finish_reason", *_of_reply("finish_reason")),
        "input_tokens": ("llm.token_count.prompt", *_of_reply("usage", "prompt_tokens"),
                         *_of_reply("usage", "input_tokens")),
        "output_tokens": ("llm.token_count.completion", *_of_reply("usage", "completion_tokens"),
                          *_of_reply("usage", "output_tokens")),
        "cache_read_tokens": ("llm.token_count.prompt_details.cache_read",
                              *_of_reply("usage", "prompt_tokens_details", "cached_tokens")),
        "reasoning_tokens": ("llm.token_count.completion_details.reasoning",
                             *_of_reply("usage", "completion_tokens_details", "reasoning_tokens")),
        "tool_name": ("tool.name", "haystack.tool.name"),
        "tool_call_id": ("tool_call.id", "haystack.tool.call.id"),
        "approval_decision": (f"{_STRATEGY}.decision",),
        "approval_source": (f"{_STRATEGY}.type",),
        "input_messages": (JsonPath("haystack.agent.step.llm.input", ("messages",), kinds=_LLM),
                           JsonPath("haystack.component.input", ("messages",), kinds=_LLM)),
        "output_messages": tuple(JsonPath(output, ("replies",), kinds=_LLM) for output in _OUTPUTS),
        "tool_definitions": (JsonPath("haystack.agent.step.llm.input", ("tools",), kinds=_LLM),),
        "tool_arguments": ("haystack.agent.step.tool.input",),
        "tool_result": ("haystack.agent.step.tool.output",),
        "input_value": ("haystack.agent.input", "haystack.pipeline.input_data", "haystack.component.input",
                        f"{_STRATEGY}.input"),
        "output_value": ("haystack.agent.output", "haystack.pipeline.output_data",
                         "haystack.component.output", f"{_STRATEGY}.output"),
    },
    kinds=(KindRule("haystack.component.type", _COMPONENTS),),
    names=(
        NameRule("haystack.agent.step.llm", "llm"),
        NameRule("haystack.agent.step.tool", "tool"),
        NameRule("haystack.agent.step", "step"),
        NameRule("haystack.agent.run", "agent"),
        NameRule("haystack.agent.hook.human_in_the_loop", "approval"),
        NameRule("haystack.chat_generator.run", "llm"),
        NameRule("haystack.pipeline.run", "workflow"),
        NameRule("haystack.async_pipeline.run", "workflow"),
        NameRule("haystack.component.run", "step"),
        NameRule("Agent.run", "agent", instead_of=("step",)),
        NameRule("Pipeline.run", "workflow", instead_of=("step",)),
        NameRule("AsyncPipeline.run", "workflow", instead_of=("step",)),
    ),
    failed_results=(r'^\{"error":',),
)  # fmt: skip
