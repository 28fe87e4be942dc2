"""OpenLLMetry (Traceloop): OTel GenAI keys plus traceloop.*, and indexed prompts before 0.5.

Releases up to 0.4x flatten messages (gen_ai.prompt.N.role, gen_ai.completion.N.content);
since 0.5 they send gen_ai.input.messages. Both are read.

Source: opentelemetry-semantic-conventions-ai 0.5.1, OpenLLMetry 0.62.4.
"""

from __future__ import annotations

from typing import Final

from spotlight import semconv as sc
from spotlight.dialects.otel_genai import OPERATION_RULE
from spotlight.dialects.table import TOOL_OUTCOME, Dialect, Key, KindRule, Prefix

_ASSOCIATION: Final = "traceloop.association.properties."
_INSTRUMENTED: Final = (
    "openai", "anthropic", "langchain", "openai_agents", "bedrock", "cohere", "crewai", "agno", "groq",
    "google_generativeai", "haystack", "llamaindex", "mistralai", "ollama", "replicate", "sagemaker",
    "together", "transformers", "watsonx", "writer", "alephalpha", "mcp", "voyageai",
    "chromadb", "pinecone", "qdrant", "weaviate", "milvus", "lancedb", "marqo",
)  # fmt: skip
_SPAN_KINDS: Final = {
    "workflow": "workflow",
    "task": "step",
    "agent": "agent",
    "tool": "tool",
    "unknown": "other",
}
_REQUEST_TYPES: Final = {
    "chat": "llm",
    "completion": "llm",
    "embedding": "embedding",
    "rerank": "rerank",
}

DIALECT: Final = Dialect(
    name="openllmetry",
    scopes=(
        "traceloop.tracer",
        "@traceloop",
        *(f"opentelemetry.instrumentation.{library}" for library in _INSTRUMENTED),
    ),
    keys=("traceloop.", "gen_ai.prompt.0.", "gen_ai.completion.0.", "llm.request.type"),
    usage_basis="inclusive",
    extends=("otel_genai",),
    fields={
        "session_id": tuple(
            f"{_ASSOCIATION}{name}" for name in ("session_id", "thread_id", "conversation_id", "chat_id")
        ),
        "user_id": (f"{_ASSOCIATION}user_id",),
        "agent_name": (sc.GEN_AI_AGENT_NAME, Key(sc.TRACELOOP_ENTITY_NAME, kinds=("agent",))),
        "pack_name": (f"{_ASSOCIATION}pack_name", f"{_ASSOCIATION}pack"),
        "pack_version": (
            sc.GEN_AI_AGENT_VERSION,
            "traceloop.entity.version",
            f"{_ASSOCIATION}pack_version",
        ),
        "prompt_name": ("traceloop.prompt.key",),
        "prompt_version": (
            "traceloop.prompt.version",
            "traceloop.prompt.version_name",
            "traceloop.prompt.version_hash",
        ),
        "feature": ("gen_ai.workflow.name", "traceloop.workflow.name"),
        "tool_name": (sc.GEN_AI_TOOL_NAME, Key(sc.TRACELOOP_ENTITY_NAME, kinds=("tool",))),
        "finish_reasons": (sc.GEN_AI_RESPONSE_FINISH_REASONS, "gen_ai.completion.0.finish_reason"),
        "input_messages": (sc.GEN_AI_INPUT_MESSAGES, Prefix("gen_ai.prompt.", indexed=True),
                           Key(sc.TRACELOOP_ENTITY_INPUT, kinds=("llm",))),
        "output_messages": (
            sc.GEN_AI_OUTPUT_MESSAGES,
            Prefix("gen_ai.completion.", without=("gen_ai.completion.0.finish_reason",), indexed=True),
            Key(sc.TRACELOOP_ENTITY_OUTPUT, kinds=("llm",)),
        ),
        "tool_definitions": (sc.GEN_AI_TOOL_DEFINITIONS, Prefix("llm.request.functions.")),
        "tool_arguments": (sc.GEN_AI_TOOL_CALL_ARGUMENTS, Key(sc.TRACELOOP_ENTITY_INPUT, kinds=("tool",))),
        "tool_result": (sc.GEN_AI_TOOL_CALL_RESULT, Key(sc.TRACELOOP_ENTITY_OUTPUT, kinds=("tool",))),
        "input_value": (sc.TRACELOOP_ENTITY_INPUT, "gen_ai.task.input"),
        "output_value": (sc.TRACELOOP_ENTITY_OUTPUT, "gen_ai.task.output"),
        TOOL_OUTCOME: ("gen_ai.task.status",),
    },
    kinds=(
        OPERATION_RULE,
        KindRule("traceloop.span.kind", _SPAN_KINDS),
        KindRule("llm.request.type", _REQUEST_TYPES),
    ),
)  # fmt: skip
