"""Mastra: agent run > model generation > step > inference; only the inference is a model call.

Releases before the inference had spans report usage on the generation. Chunks of a stream are
spans too, and no steps.

Source: @mastra/otel-exporter 1.4.0, @mastra/core 1.71.
"""

from __future__ import annotations

from typing import Final

from spotlight import semconv as sc
from spotlight.dialects.otel_genai import OPERATION_RULE
from spotlight.dialects.table import FIRST_TOKEN_AT, Dialect, Key, KindRule, NameRule, Source

_GENERATIONS: Final = ("model_generation", "llm_generation")
_MODEL: Final = (*_GENERATIONS, "model_step", "llm_step", "model_inference")
_TOOLS: Final = ("tool_call", "mcp_tool_call", "provider_tool_call", "client_tool_call")
_STEPS: Final = (
    "model_step", "llm_step", "workflow_step", "workflow_loop", "workflow_conditional",
    "workflow_conditional_eval", "workflow_parallel", "workflow_sleep", "workflow_wait_event",
    "skill_action", "skill_resolution",
)  # fmt: skip
_TYPES: Final = {
    "agent_run": "agent",
    "workflow_run": "workflow",
    **dict.fromkeys(_STEPS, "step"),
    **dict.fromkeys(("model_inference", *_GENERATIONS), "llm"),
    **dict.fromkeys(("model_chunk", "llm_chunk"), "other"),
    **dict.fromkeys(_TOOLS, "tool"),
    "processor_run": "guardrail",
    "memory_operation": "memory_read",
    **dict.fromkeys(("rag_ingestion", "rag_query", "rag_retrieval", "rag_action", "rag_vector_operation"),
                    "retrieval"),
    "rag_embedding": "embedding",
    **dict.fromkeys(("scorer_run", "scorer_step"), "evaluator"),
}  # fmt: skip
# A generation with none of these only wraps its inferences.
_OWN_USAGE: Final = (sc.GEN_AI_USAGE_INPUT_TOKENS, sc.GEN_AI_USAGE_OUTPUT_TOKENS, sc.ERROR_TYPE)


def _said(*names: str) -> tuple[str, ...]:
    return tuple(f"mastra.metadata.{name}" for name in names)


def _content(side: str, *types: str) -> tuple[Source, ...]:
    return tuple(Key(f"mastra.{kind}.{side}") for kind in types)


_OTHERS: Final = tuple(kind for kind in _TYPES if kind not in (*_MODEL, *_TOOLS))

DIALECT: Final = Dialect(
    name="mastra",
    scopes=("@mastra", "mastra"),
    keys=("mastra.",),
    usage_basis="inclusive",
    extends=("otel_genai",),
    fields={
        "session_id": (sc.GEN_AI_CONVERSATION_ID, *_said("threadId", "sessionId")),
        "user_id": (*_said("userId", "user_id", "resourceId"),),
        "pack_name": _said("packName", "pack_name", "pack"),
        "pack_version": (sc.GEN_AI_AGENT_VERSION, *_said("packVersion", "pack_version")),
        "prompt_name": (*_said("promptName", "prompt_name"),),
        "prompt_version": (*_said("promptVersion", "prompt_version"),),
        "feature": _said("feature"),
        "surface": _said("surface", "channel"),
        "environment": _said("environment"),
        "cache_write_1h_tokens": ("gen_ai.usage.cache_creation.1h_input_tokens",),
        "audio_input_tokens": ("gen_ai.usage.audio_input_tokens",),
        "audio_output_tokens": ("gen_ai.usage.audio_output_tokens",),
        FIRST_TOKEN_AT: ("mastra.completion_start_time",),
        "tool_arguments": (sc.GEN_AI_TOOL_CALL_ARGUMENTS, *_content("input", *_TOOLS)),
        "tool_result": (sc.GEN_AI_TOOL_CALL_RESULT, *_content("output", *_TOOLS)),
        "input_messages": (sc.GEN_AI_INPUT_MESSAGES, *_content("input", *_MODEL)),
        "output_messages": (sc.GEN_AI_OUTPUT_MESSAGES, *_content("output", *_MODEL)),
        "input_value": _content("input", *_OTHERS),
        "output_value": _content("output", *_OTHERS),
    },
    kinds=(
        KindRule("mastra.span.type", dict.fromkeys(_GENERATIONS, "step"), lacking=_OWN_USAGE),
        KindRule("mastra.span.type", _TYPES),
        OPERATION_RULE,
    ),
    names=(NameRule("memory_operation save", "memory_write", instead_of=("memory_read",)),),
)  # fmt: skip
