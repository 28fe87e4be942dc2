"""MLflow Tracing: every attribute is JSON text, so a word comes in quotes and a text twice encoded.

mlflow.trace.tokenUsage on a root sums its calls and is nobody's own usage. Tags and metadata of a
trace reach the root alone, and only those below mlflow.traceTag.

Source: mlflow 3.17 and 3.18, mlflow/tracing/constant.py.
"""

from __future__ import annotations

from typing import Final

from spotlight import semconv as sc
from spotlight.dialects.table import TOTAL_TOKENS, Dialect, InName, JsonPath, Key, KindRule, Source

_TYPES: Final = {
    **dict.fromkeys(("llm", "chat_model"), "llm"),
    "agent": "agent",
    "tool": "tool",
    **dict.fromkeys(("chain", "parser", "task"), "step"),
    "retriever": "retrieval",
    "embedding": "embedding",
    "reranker": "rerank",
    "memory": "memory_read",
    "workflow": "workflow",
    "guardrail": "guardrail",
    "evaluator": "evaluator",
}
_USAGE: Final = "mlflow.chat.tokenUsage"


def _text(*keys: str, kinds: tuple[str, ...] = ()) -> tuple[Source, ...]:
    """Return an attribute decoded, else as it stands."""
    return tuple(s for key in keys for s in (JsonPath(key, (), kinds=kinds), Key(key, kinds=kinds)))


def _tags(*names: str) -> tuple[Source, ...]:
    return _text(*(f"mlflow.{of}.{name}" for of in ("traceTag", "traceMetadata") for name in names))


DIALECT: Final = Dialect(
    name="mlflow",
    scopes=("mlflow",),
    keys=("mlflow.",),
    usage_basis="inclusive",
    extends=("otel_genai",),
    fields={
        "session_id": (*_text("mlflow.trace.session"), *_tags("mlflow.trace.session", "session_id")),
        "user_id": (*_text("mlflow.trace.user"), *_tags("mlflow.trace.user", "user_id")),
        "agent_name": (sc.GEN_AI_AGENT_NAME, InName("(?s)(.+)", kinds=("agent",))),
        "pack_name": _tags("pack_name", "pack"),
        "pack_version": (*_tags("pack_version"), *_text("mlflow.modelId")),
        "prompt_name": (JsonPath("mlflow.linkedPrompts", ("0", "name")),),
        "prompt_version": (JsonPath("mlflow.linkedPrompts", ("0", "version")),),
        "feature": _tags("feature"),
        "surface": _tags("surface"),
        "provider": _text("mlflow.llm.provider"),
        "request_model": (*_text("mlflow.llm.model"), *_text("model", kinds=("llm", "embedding"))),
        "input_tokens": (JsonPath(_USAGE, ("input_tokens",)),),
        "output_tokens": (JsonPath(_USAGE, ("output_tokens",)),),
        "cache_read_tokens": (JsonPath(_USAGE, ("cache_read_input_tokens",)),),
        "cache_write_tokens": (JsonPath(_USAGE, ("cache_creation_input_tokens",)),),
        "cache_write_1h_tokens": (JsonPath(_USAGE, ("cache_creation_input_tokens_above_1hr",)),),
        TOTAL_TOKENS: (JsonPath(_USAGE, ("total_tokens",)),),
        "cost_reported_usd": (JsonPath("mlflow.llm.cost", ("total_cost",)),),
        "tool_name": (InName("(?s)(.+)", kinds=("tool",)),),
        "tool_definitions": ("mlflow.chat.tools",),
        "tool_arguments": (Key("mlflow.spanInputs", kinds=("tool",)),),
        "tool_result": (Key("mlflow.spanOutputs", kinds=("tool",)),),
        "input_messages": (Key("mlflow.spanInputs", kinds=("llm",)),),
        "output_messages": (Key("mlflow.spanOutputs", kinds=("llm",)),),
        "input_value": ("mlflow.spanInputs",),
        "output_value": ("mlflow.spanOutputs",),
    },
    kinds=(KindRule("mlflow.spanType", _TYPES),),
)
