"""The lake's tables: every column with its Arrow type, its unit and what it says.

The tables here are the single source: the pivot fills them, the lake creates
Delta tables from them, the docs print them. Time is int64 ns UTC, ids are
lowercase hex, a missing value is NULL and never 0.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import pyarrow as pa

S: Final = pa.string()
I64: Final = pa.int64()
F64: Final = pa.float64()
BOOL: Final = pa.bool_()
JSON: Final = pa.string()  # JSON text; an own name so that the tables below say so
STRINGS: Final = pa.list_(pa.string())


class Column(NamedTuple):
    """One column of a lake table."""

    name: str
    type: pa.DataType
    doc: str


class Table(NamedTuple):
    """One lake table; `plain` columns have many distinct values and get no dictionary."""

    name: str
    grain: str
    columns: tuple[Column, ...]
    plain: frozenset[str]

    @property
    def schema(self) -> pa.Schema:
        """Arrow schema of one row, the partition columns included."""
        return pa.schema([pa.field(c.name, c.type) for c in self.columns])


PARTITION: Final = ("tenant", "date")
DEFAULT_TENANT: Final = "default"

KINDS: Final = (
    "agent", "workflow", "step", "llm", "embedding", "tool", "retrieval", "rerank", "guardrail",
    "evaluator", "memory_read", "memory_write", "checkpoint", "decision", "approval",
    "human_input", "handoff", "compaction", "http", "other",
)  # fmt: skip

_PARTITION_COLUMNS = (
    Column("tenant", S, "who the row belongs to; from the ingest side, never from the payload"),
    Column("date", pa.date32(), "UTC day of the row's start (of its arrival when the clock is absurd)"),
)
_ARRIVAL_COLUMNS = (
    Column("received_ns", I64, "when the collector took the request in, ns UTC"),
    Column("journal_position", I64, "byte position of the request in the collector's journal"),
)

SPANS: Final = Table(
    "spans",
    "one row per received version of a span; the view keeps the newest version",
    (
        *_PARTITION_COLUMNS,
        Column("trace_id", S, "32 lowercase hex digits"),
        Column("span_id", S, "16 lowercase hex digits"),
        Column("parent_span_id", S, "NULL for a root"),
        Column("signal", S, "span, or log for a span made from log records"),
        Column("dialect", S, "vocabulary the attributes were read with"),
        Column("name", S, "span name as sent"),
        Column("kind", S, "what the step is: llm, tool, agent, ..."),
        Column("kind_source", S, "attribute key that decided `kind`"),
        Column("otel_kind", pa.int32(), "OTLP SpanKind as sent"),
        Column("started_ns", I64, "start, ns UTC"),
        Column("ended_ns", I64, "end, ns UTC; NULL when not reported"),
        Column("duration_ms", F64, "ended - started; 0 when the end lies before the start (flagged)"),
        *_ARRIVAL_COLUMNS,
        Column("service_name", S, "resource service.name"),
        Column("service_version", S, "resource service.version"),
        Column("environment", S, "deployment.environment[.name]"),
        Column("scope_name", S, "instrumentation scope"),
        Column("scope_version", S, "version of the instrumentation scope"),
        Column("session_id", S, "conversation, as this span itself says"),
        Column("user_id", S, "end user, as this span itself says"),
        Column("agent_name", S, "agent, as this span itself says"),
        Column("agent_id", S, "agent id, as this span itself says"),
        Column("turn_id", S, "one request of the user within a session, as this span itself says"),
        Column("tenant_claimed", S, "tenant that the span itself names; never decides who may read"),
        Column("pack_name", S, "what was deployed, as this span itself says"),
        Column("pack_version", S, "declared version of the pack, as this span itself says"),
        Column("pack_version_source", S, "attribute key that gave `pack_version`"),
        Column("pack_digest", S, "declared digest of the pack, as this span itself says"),
        Column("prompt_name", S, "prompt template name"),
        Column("prompt_version", S, "prompt template version"),
        Column("skill_name", S, "skill in use"),
        Column("skill_version", S, "its version"),
        Column("feature", S, "product feature"),
        Column("surface", S, "cli, ide, web, slack, voice, api, ..."),
        Column("provider", S, "model provider as sent"),
        Column("request_model", S, "model asked for"),
        Column("response_model", S, "model that answered"),
        Column("response_id", S, "id of the provider's response"),
        Column("request_id", S, "id of the request to the provider"),
        Column("attempt", I64, "which try of the call this was, counted from 1"),
        Column("finish_reasons", JSON, "why the model stopped, as sent"),
        Column("model_params", JSON, "request parameters: temperature, max_tokens, ..."),
        Column("input_tokens", I64, "tokens, as reported (see usage_basis)"),
        Column("output_tokens", I64, "tokens, reasoning included"),
        Column("cache_read_tokens", I64, "tokens read from the provider's cache"),
        Column("cache_write_tokens", I64, "tokens written to the provider's cache"),
        Column("cache_write_1h_tokens", I64, "those of cache_write_tokens kept for an hour"),
        Column("reasoning_tokens", I64, "tokens of output spent on reasoning"),
        Column("audio_input_tokens", I64, "those of input_tokens that were audio"),
        Column("audio_output_tokens", I64, "those of output_tokens that were audio"),
        Column("usage_basis", S, "inclusive or exclusive: does input_tokens contain the cache?"),
        Column("usage_keys", JSON, "object: column of usage or cost -> attribute key that filled it"),
        Column("cost_reported_usd", F64, "cost as the client reported it, USD"),
        Column("ttft_ms", F64, "time to first token"),
        Column("tool_name", S, "tool called"),
        Column("tool_call_id", S, "id the model gave the call"),
        Column("tool_type", S, "function, extension, datastore, ..."),
        Column("approval_decision", S, "what a person or a policy said to the step, as sent"),
        Column("approval_source", S, "who or what decided, as sent"),
        Column("status", S, "unset, ok or error, as sent"),
        Column("status_message", S, "status message as sent"),
        Column("tool_failed", BOOL, "true or false where the client says so beside `status`"),
        Column("error_type", S, "error.type, or the exception event's type"),
        Column("error_message", S, "exception event's message, else the status message of an error"),
        Column("http_status", I64, "HTTP status code"),
        Column("dropped_attributes", I64, "attributes the client dropped before sending; NULL for none"),
        Column("trace_state", S, "W3C trace state"),
        Column("trace_flags", I64, "OTLP span flags"),
        Column("content_digest", S, "digest of instructions, tools and model, on a trace's first call"),
        Column("linked_traces", STRINGS, "traces its links name, where such traces are one run"),
        Column("quality_flags", STRINGS, "what is odd about this row: no_start, end_before_start, ..."),
        Column("attributes", JSON, "object of every attribute that has no column of its own"),
        Column("events", JSON, "list of {name, time_ns, attributes}; NULL for none"),
        Column("links", JSON, "list of {trace_id, span_id, attributes}; NULL for none"),
        Column("resource", JSON, "object of all resource attributes"),
        Column("scope", JSON, "object of the scope's attributes; NULL for none"),
    ),
    frozenset(
        ["trace_id", "span_id", "parent_span_id", "started_ns", "ended_ns", "duration_ms", "response_id",
         "tool_call_id", "attributes", "events", "links", "error_message", "journal_position"]
    ),
)  # fmt: skip

PAYLOADS: Final = Table(
    "payloads",
    "one row per span that carries content, as sent",
    (
        *_PARTITION_COLUMNS,
        Column("trace_id", S, "32 lowercase hex digits"),
        Column("span_id", S, "16 lowercase hex digits"),
        Column("dialect", S, "vocabulary the content was read with"),
        Column("started_ns", I64, "start of the span, ns UTC"),
        *_ARRIVAL_COLUMNS,
        Column("input_messages", S, "messages in, as sent (indexed keys: one JSON object of them)"),
        Column("output_messages", S, "messages out, as sent (indexed keys: one JSON object of them)"),
        Column("system_instructions", S, "system instructions where sent apart from the messages"),
        Column("tool_definitions", S, "tool definitions, as sent (indexed keys: one JSON object)"),
        Column("tool_arguments", S, "what the tool was called with"),
        Column("tool_result", S, "what the tool answered"),
        Column("input_value", S, "input of a step that is neither model call nor tool call"),
        Column("output_value", S, "output of a step that is neither model call nor tool call"),
    ),
    frozenset(
        ["trace_id", "span_id", "started_ns", "journal_position", "input_messages", "output_messages",
         "system_instructions", "tool_definitions", "tool_arguments", "tool_result", "input_value",
         "output_value"]
    ),
)  # fmt: skip

LOGS: Final = Table(
    "logs",
    "one row per log record, as sent",
    (
        *_PARTITION_COLUMNS,
        Column("time_ns", I64, "event time, else observed time, ns UTC"),
        Column("observed_ns", I64, "when the client saw it, ns UTC"),
        *_ARRIVAL_COLUMNS,
        Column("trace_id", S, "trace it belongs to; NULL when none was sent"),
        Column("span_id", S, "span it belongs to; NULL when none was sent"),
        Column("session_id", S, "conversation, as this record itself says"),
        Column("user_id", S, "end user, as this record itself says"),
        Column("agent_name", S, "agent, as this record itself says"),
        Column("pack_name", S, "what was deployed, as this record itself says"),
        Column("pack_version", S, "declared version of the pack, as this record itself says"),
        Column("pack_version_source", S, "attribute key that gave `pack_version`"),
        Column("event_name", S, "event name: the field, else attribute event.name"),
        Column("severity", pa.int32(), "OTLP severity number"),
        Column("severity_text", S, "severity as sent"),
        Column("body", JSON, "body as JSON; NULL for none"),
        Column("attributes", JSON, "object of the record's attributes"),
        Column("dropped_attributes", I64, "attributes the client dropped; NULL for none"),
        Column("trace_flags", I64, "OTLP flags"),
        Column("service_name", S, "resource service.name"),
        Column("scope_name", S, "instrumentation scope"),
        Column("scope_version", S, "version of the instrumentation scope"),
        Column("resource", JSON, "object of all resource attributes"),
    ),
    frozenset(["time_ns", "observed_ns", "trace_id", "span_id", "body", "attributes", "journal_position"]),
)

METRICS: Final = Table(
    "metrics",
    "one row per metric data point, as sent",
    (
        *_PARTITION_COLUMNS,
        Column("time_ns", I64, "time of the point, ns UTC"),
        Column("start_ns", I64, "start of the interval, ns UTC; NULL when not sent"),
        *_ARRIVAL_COLUMNS,
        Column("name", S, "metric name"),
        Column("unit", S, "unit as sent"),
        Column("type", S, "gauge, sum, histogram, exponential_histogram or summary"),
        Column("temporality", S, "delta, cumulative or NULL"),
        Column("is_monotonic", BOOL, "sums only"),
        Column("value", F64, "value of a gauge or sum; sum of a histogram"),
        Column("value_int", I64, "the exact value when it was sent as an integer"),
        Column("count", I64, "number of observations of a histogram or summary"),
        Column("buckets", JSON, "bounds and counts of a histogram, quantiles of a summary; NULL else"),
        Column("attributes", JSON, "object of the point's attributes"),
        Column("service_name", S, "resource service.name"),
        Column("scope_name", S, "instrumentation scope"),
        Column("resource", JSON, "object of all resource attributes"),
    ),
    frozenset(["time_ns", "start_ns", "value", "journal_position", "buckets"]),
)

RECEIPTS: Final = Table(
    "receipts",
    "one row per request outcome: what came in, and what became of it",
    (
        *_PARTITION_COLUMNS,
        *_ARRIVAL_COLUMNS,
        Column("signal", S, "traces, logs or metrics"),
        Column("outcome", S, "accepted, rejected, refused, duplicate, replaced or dead"),
        Column("reason", S, "why, for everything but accepted"),
        Column("requests", I64, "requests counted in this row"),
        Column("items", I64, "spans, log records or data points counted in this row"),
        Column("bytes", I64, "bytes of the requests counted in this row"),
    ),
    frozenset(["journal_position"]),
)

RUNS: Final = Table(
    "runs",
    "one row per assembled version of a run; the view keeps the newest version",
    (
        *_PARTITION_COLUMNS,
        Column("run_id", S, "names the run; the trace id where a trace is one run"),
        Column("trace_id", S, "trace of the run's root"),
        Column("trace_ids", STRINGS, "all traces with spans of the run, sorted"),
        Column("signals", S, "what its steps were made from: span, log, or log,span"),
        Column("turn_id", S, "request of the user that it answers, where the client names it"),
        Column("is_agent_run", BOOL, "false for a trace in which no agent, model or tool was at work"),
        Column("merged_into", S, "run that took this one over when more became known; NULL for a run"),
        Column("root_span_id", S, "root, or the earliest span where the root is missing"),
        Column("name", S, "name of the root span"),
        Column("session_id", S, "conversation; NULL where nothing says so"),
        Column("session_source", S, "where the session stood: root, span, log, scope or resource"),
        Column("tenant_claimed", S, "tenant that the run itself names; never decides who may read"),
        Column("pack_name", S, "what was deployed"),
        Column("pack_version", S, "declared version; else sha:<content digest> or svc:<service version>"),
        Column("pack_version_source", S, "where the version stood, and the key that gave it"),
        Column("pack_digest", S, "declared digest; else of system instructions, tool definitions and model"),
        Column("pack_digest_source", S, "where the digest stood and its key, or: content digest"),
        Column("agent_name", S, "agent of the root"),
        Column("user_id", S, "end user"),
        Column("service_name", S, "service of the root"),
        Column("environment", S, "deployment environment"),
        Column("feature", S, "product feature"),
        Column("surface", S, "cli, ide, web, ..."),
        Column("dialects", S, "vocabularies found in the run, comma separated"),
        Column("started_ns", I64, "first start in the run, ns UTC"),
        Column("ended_ns", I64, "last end in the run, ns UTC"),
        Column("duration_ms", F64, "ended - started"),
        Column("status", S, "ok, error or incomplete (no root has arrived)"),
        Column("status_reason", S, "why the status is not ok"),
        Column("error_span_id", S, "the span that decided an error"),
        Column("error_type", S, "type of the deciding error"),
        Column("error_message", S, "message of the deciding error"),
        Column("spans", I64, "spans in the run"),
        Column("error_spans", I64, "spans with status error"),
        Column("generations", I64, "model calls"),
        Column("generations_without_usage", I64, "model calls that reported no tokens"),
        Column("tool_calls", I64, "tool calls"),
        Column("failed_tool_calls", I64, "tool calls that failed, whatever their span status"),
        Column("input_tokens", I64, "sum over leaf generations, cache included; NULL for unknown"),
        Column("output_tokens", I64, "sum over leaf generations; NULL for unknown"),
        Column("cache_read_tokens", I64, "sum over leaf generations; NULL for unknown"),
        Column("cache_write_tokens", I64, "sum over leaf generations; NULL for unknown"),
        Column("reasoning_tokens", I64, "sum over leaf generations; NULL for unknown"),
        Column(
            "cost_reported_usd", F64, "sum of the clients' own figures on leaf generations; NULL for unknown"
        ),
        Column("models", STRINGS, "distinct models that answered, sorted"),
        Column("missing_parents", I64, "spans whose parent has not arrived"),
        Column("quality_flags", STRINGS, "what is odd about the run"),
        Column("assembled_position", I64, "journal position up to which the run was assembled"),
    ),
    frozenset(
        ["run_id", "trace_id", "root_span_id", "error_message", "started_ns", "ended_ns", "duration_ms"]
    ),
)

REPLACED: Final = Table(
    "replaced",
    "one row per span that was sent again with other content",
    (
        *_PARTITION_COLUMNS,
        *_ARRIVAL_COLUMNS,
        Column("trace_id", S, "32 lowercase hex digits"),
        Column("span_id", S, "16 lowercase hex digits"),
        Column("newest_position", I64, "journal position of the version that counts"),
    ),
    frozenset(["trace_id", "span_id", "journal_position", "newest_position"]),
)

SOURCES: Final = Table(
    "sources",
    "counts of one source (service, scope, signal) in one batch; rows of a source add up",
    (
        *_PARTITION_COLUMNS,
        Column("received_ns", I64, "when the last request counted here came in, ns UTC"),
        Column("journal_position", I64, "byte position of that request in the collector's journal"),
        Column("service_name", S, "resource service.name"),
        Column("scope_name", S, "instrumentation scope"),
        Column("signal", S, "traces, logs or metrics"),
        Column("dialect", S, "vocabulary the attributes were read with; NULL for metrics"),
        Column("requests", I64, "requests that held items of the source"),
        Column("items", I64, "spans, log records or data points received, resent ones included"),
        Column("attributes", I64, "attributes of those spans or log records"),
        Column("mapped_attributes", I64, "those whose key the vocabulary knows"),
        Column("dropped_attributes", I64, "attributes the client says it dropped"),
        Column("truncated_values", I64, "texts that were cut: marked so, unfinished JSON, or at a limit"),
        Column("bad_json", I64, "texts that begin like JSON and do not parse, cut ones included"),
        Column("resent", I64, "spans that came again with the same content, and were dropped"),
        Column("replaced", I64, "spans that came again with other content"),
    ),
    frozenset(["journal_position"]),
)

SOURCE_KEYS: Final = Table(
    "source_keys",
    "count of one attribute key of a source in one batch; rows of a key add up",
    (
        *_PARTITION_COLUMNS,
        Column("received_ns", I64, "when the last request counted here came in, ns UTC"),
        Column("journal_position", I64, "byte position of that request in the collector's journal"),
        Column("service_name", S, "resource service.name"),
        Column("scope_name", S, "instrumentation scope"),
        Column("signal", S, "traces or logs"),
        Column("dialect", S, "vocabulary the attributes were read with"),
        Column("key", S, "attribute key, indexes shown as N; NULL for the rarest where there are too many"),
        Column("mapped", BOOL, "whether the vocabulary knows the key"),
        Column("count", I64, "attributes with this key"),
        Column("type", S, "type of one value: string, int, double, bool, list, map, bytes or empty"),
    ),
    frozenset(["journal_position"]),
)

SCORES: Final = Table(
    "scores",
    "one row per received version of a judgement; the view keeps the newest version",
    (
        *_PARTITION_COLUMNS,
        Column("score_id", S, "the sender's id of the score, else a digest of what it says"),
        Column("target_type", S, "what is judged: run, trace, span, response or session"),
        Column("trace_id", S, "trace judged, or the trace of the span; NULL where another id names it"),
        Column("span_id", S, "span judged"),
        Column("session_id", S, "session judged, or the session of the span"),
        Column("response_id", S, "id of the provider's response that is judged"),
        Column("name", S, "what was judged: reward, correctness, toxicity, ..."),
        Column("value", F64, "the judgement as a number; NULL where there is only a label"),
        Column("label", S, "the judgement in a word, as sent"),
        Column("explanation", S, "why, as sent"),
        Column("annotator", S, "human, llm or code"),
        Column("evaluator", S, "who or what judged, as sent"),
        Column("evaluator_version", S, "its version"),
        Column("metadata", JSON, "what else the judgement says"),
        Column("time_ns", I64, "when it was judged, else when that came in, ns UTC"),
        Column("source", S, "log, span_event or span_attribute: where it was found"),
        *_ARRIVAL_COLUMNS,
        Column("service_name", S, "resource service.name of the sender"),
        Column("scope_name", S, "instrumentation scope of the sender"),
    ),
    frozenset(["score_id", "trace_id", "span_id", "explanation", "metadata", "time_ns", "journal_position"]),
)

TABLES: Final = {
    t.name: t
    for t in (SPANS, PAYLOADS, LOGS, METRICS, RECEIPTS, REPLACED, RUNS, SOURCES, SOURCE_KEYS, SCORES)
}
