"""Langfuse traces and observations -> spans."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from ingest.importers.encoding import json_text
from ingest.importers.items import Span
from ingest.importers.langfuse_words import OBSERVATIONS, Words
from ingest.importers.usage import Usage, usage_attributes
from ingest.importers.values import as_float, as_int, as_text, mapping, seconds_ns, structure, time_ns
from spotlight import semconv as sc

_TRACE: Final = frozenset(["id", "timestamp", "name", "input", "output", "session_id", "user_id", "version",
                           "environment", "observations", "scores", "project_id"])  # fmt: skip
_OBSERVATION: Final = frozenset([
    "id", "span_id", "trace_id", "type", "name", "start_time", "end_time", "completion_start_time", "input",
    "output", "parent_observation_id", "parent_span_id", "model", "provided_model_name", "usage",
    "status_message", "prompt_name", "prompt_version", "environment", "version", "session_id", "user_id",
    "project_id", "total_cost", "calculated_total_cost", "tool_definitions",
])  # fmt: skip
# Names of parts of a usage, in Langfuse's own words and in providers'.
_INPUT: Final = ("input", "prompt_tokens", "input_tokens", "promptTokens", "inputTokens")
_OUTPUT: Final = ("output", "completion_tokens", "output_tokens", "completionTokens", "outputTokens")
_TOTAL: Final = ("total", "total_tokens", "totalTokens")
_CACHE_READ: Final = ("input_cached_tokens", "cache_read_input_tokens", "input_cache_read",
                      "input_cache_read_tokens")  # fmt: skip
_CACHE_WRITE: Final = ("cache_creation_input_tokens", "input_cache_creation", "input_cache_write")
_REASONING: Final = ("output_reasoning_tokens", "output_reasoning", "reasoning_tokens")


def trace_root(record: Mapping[str, Any]) -> str:
    """Return the id of the span that stands for a trace."""
    return f"trace {record.get('id')}"


def trace_span(record: Mapping[str, Any], observations: Sequence[Mapping[str, Any]]) -> Span:
    """Return the span that stands for a trace; it ends with the last of the observations it holds."""
    said = Words(record)
    started = time_ns(said.get("timestamp"))
    ends = [time_ns(Words(o).get("end_time", "start_time")) for o in observations]
    ended = started + seconds_ns(said.get("latency")) if started and said.get("latency") else 0
    attributes = {
        sc.SPOTLIGHT_KIND: "workflow",
        **_shared(said),
        sc.INPUT_VALUE: _content(said.get("input")),
        sc.OUTPUT_VALUE: _content(said.get("output")),
        **said.rest(_TRACE),
    }
    return Span(
        trace=str(record.get("id")), id=trace_root(record), parent=None,
        name=as_text(said.get("name")) or "trace", started_ns=started, ended_ns=max(ended, *ends, 0),
        attributes=attributes, resource=_resource(said),
    )  # fmt: skip


def observation_span(record: Mapping[str, Any], root: str | None) -> Span:
    """Return the span of an observation, below `root` where it names no parent."""
    said = Words(record)
    kind = _kind(said)
    started, ended = time_ns(said.get("start_time")), time_ns(said.get("end_time"))
    level = str(said.get("level") or "").upper()
    attributes = {
        sc.SPOTLIGHT_KIND: kind,
        **_shared(said),
        sc.GEN_AI_REQUEST_MODEL: as_text(said.get("model")),
        **{f"gen_ai.request.{k}": v for k, v in mapping(said.get("model_parameters")).items()},
        sc.SPOTLIGHT_PROMPT_NAME: as_text(said.get("prompt_name")),
        sc.SPOTLIGHT_PROMPT_VERSION: as_text(said.get("prompt_version")),
        "gen_ai.response.time_to_first_chunk": _first_token_s(said, started),
        "gen_ai.usage.cost": _cost(said),
        **_usage(said),
        **_carried(said, kind),
        **said.rest(_OBSERVATION),
    }
    return Span(
        trace=str(said.get("trace_id")), id=str(said.get("id")),
        parent=as_text(said.get("parent_observation_id")) or root,
        name=as_text(said.get("name")) or str(said.get("type")).lower(), started_ns=started,
        ended_ns=ended or (started if said.get("type") == "EVENT" else 0), attributes=attributes,
        status="error" if level == "ERROR" else "unset",
        message=as_text(said.get("status_message")) or "", resource=_resource(said),
    )  # fmt: skip


def _kind(said: Words) -> str:
    kind = OBSERVATIONS.get(str(said.get("type")).upper(), "other")
    reports = said.get("model") and (said.get("usage_details") or said.get("usage"))
    return "llm" if kind == "step" and reports else kind


def _shared(said: Words) -> dict[str, Any]:
    """Return who and what a trace or observation belongs to."""
    metadata = mapping(said.get("metadata"))
    return {
        sc.SPOTLIGHT_SESSION_ID: as_text(said.get("session_id")),
        sc.SPOTLIGHT_USER_ID: as_text(said.get("user_id")),
        sc.SPOTLIGHT_ENVIRONMENT: as_text(said.get("environment")),
        sc.SPOTLIGHT_PACK_NAME: as_text(metadata.get("pack_name")),
        sc.SPOTLIGHT_PACK_VERSION: as_text(metadata.get("pack_version")) or as_text(said.get("version")),
    }


def _resource(said: Words) -> dict[str, Any]:
    """Return the service, which Langfuse keeps in the metadata of what came by OTLP."""
    sent = mapping(mapping(said.get("metadata")).get("resourceAttributes"))
    return {key: sent[key] for key in (sc.SERVICE_NAME, sc.SERVICE_VERSION) if isinstance(sent.get(key), str)}


def _carried(said: Words, kind: str) -> dict[str, Any]:
    """Return the content of an observation under the keys of its kind."""
    given, gave = said.get("input"), said.get("output")
    if kind == "tool":
        return {
            sc.GEN_AI_TOOL_NAME: as_text(said.get("name")),
            sc.GEN_AI_TOOL_CALL_ARGUMENTS: _content(given),
            sc.GEN_AI_TOOL_CALL_RESULT: _content(gave),
        }
    if kind != "llm":
        return {sc.INPUT_VALUE: _content(given), sc.OUTPUT_VALUE: _content(gave)}
    request = structure(given)
    tools: Any = None
    if isinstance(request, Mapping) and isinstance(request.get("messages"), list):
        given, tools = request["messages"], request.get("tools")
    answer = structure(gave)
    if isinstance(answer, Mapping) and "role" in answer:
        gave = [answer]
    return {
        sc.GEN_AI_INPUT_MESSAGES: _content(given),
        sc.GEN_AI_OUTPUT_MESSAGES: _content(gave),
        sc.GEN_AI_TOOL_DEFINITIONS: _content(tools or said.get("tool_definitions")),
    }


def _content(value: Any) -> str | None:
    return None if value is None else json_text(value)


def _first_token_s(said: Words, started: int) -> float | None:
    first = time_ns(said.get("completion_start_time"))
    return (first - started) / 1e9 if started and first >= started else None


def _cost(said: Words) -> float | None:
    details = mapping(said.get("cost_details"))
    if (total := as_float(details.get("total"))) is not None:
        return total
    parts = [cost for value in details.values() if (cost := as_float(value)) is not None]
    if parts:
        return sum(parts)
    return as_float(said.get("calculated_total_cost", "total_cost"))


def _usage(said: Words) -> dict[str, Any]:
    """Return the tokens. Parts that add up to the total, or have none, stand beside each other.

    All zero is what Langfuse shows for unknown.
    """
    details = mapping(said.get("usage_details"))
    older = mapping(said.get("usage"))
    if not details and str(older.get("unit") or "TOKENS").upper() == "TOKENS":
        details = {k: v for k, v in older.items() if k != "unit"}
    numbers = {key: count for key, value in details.items() if (count := as_int(value)) is not None}
    kept = {"import.usage": older or None}
    if not any(numbers.values()):
        return kept
    total = _first(numbers, _TOTAL)
    parts = {key: count for key, count in numbers.items() if key not in _TOTAL}
    given, gave = _first(numbers, _INPUT), _first(numbers, _OUTPUT)
    if total is None or total == sum(parts.values()):
        given = _sum(parts, ("input", "prompt"), given)
        gave = _sum(parts, ("output", "completion"), gave)
    usage = Usage(
        given, gave, None, _first(numbers, _CACHE_READ), _first(numbers, _CACHE_WRITE),
        _first(numbers, _REASONING),
    )  # fmt: skip
    return usage_attributes(usage) | kept


def _sum(parts: Mapping[str, int], words: tuple[str, ...], otherwise: int | None) -> int | None:
    """Return the sum of the parts whose name has one of the words."""
    found = [count for key, count in parts.items() if any(word in key for word in words)]
    return sum(found) if found else otherwise


def _first(numbers: Mapping[str, int], names: tuple[str, ...]) -> int | None:
    return next((numbers[name] for name in names if name in numbers), None)
