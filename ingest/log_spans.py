"""Log records that are steps of a run -> rows of `spans` and `payloads`, with signal `log`.

Coding agents say in log records what others say in spans: model calls with their cost, tool
results, approvals, prompts. A dialect's LogRules name those events. A record that belongs to no
trace gets ids made from what it says of its session and turn, the same ones every time, so that
the steps of a turn come together in whatever order they arrive.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ingest import convert, envelope
from ingest.anyvalue import Flags
from ingest.arrow import Array, array, nulls
from ingest.arrow import compute as pc
from ingest.attributes import Attributes
from ingest.columns import Part, Resolver
from ingest.envelope import Level
from ingest.held import held_by_spans
from ingest.pivot import CONTENT_COLUMNS, Columns, find_dialects, read_fields
from spotlight.dialects import dialects, effective_fields
from spotlight.dialects.table import LogRule, Source
from spotlight.model import KINDS, PAYLOADS, SPANS
from spotlight.semconv import EVENT_NAME

_SEPARATOR: Final = "\x1f"
_ROOT: Final = "root"
_OWN: Final = ("trace_id", "span_id", "attributes", "held")  # not taken over from the log record's row


class LogSpans(NamedTuple):
    """Rows of `spans` and `payloads` made from log records."""

    spans: pa.Table
    payloads: pa.Table


NOTHING: Final = LogSpans(SPANS.schema.empty_table(), PAYLOADS.schema.empty_table())


class _Match(NamedTuple):
    dialect: str
    rule: LogRule
    rows: Flags  # of all log records of the batch


def spans_from_logs(level: Level, columns: Columns, *, lenient: bool) -> LogSpans:
    """Return the steps among the log records; `columns` are those of the logs table, read already."""
    attributes = Attributes(level.items.field("attributes"), lenient=lenient)
    known = dialects()
    parts = find_dialects(level, attributes)
    speakers = [part for part in parts if part.dialect in known and known[part.dialect].logs]
    if not speakers:
        return NOTHING
    matches = _matches(speakers, attributes, columns)
    if not matches:
        return NOTHING
    chosen = np.logical_or.reduce([match.rows for match in matches])
    picked = Attributes(level.items.field("attributes").filter(array(chosen)), lenient=lenient)
    taken = [Part(match.dialect, match.rows[chosen]) for match in matches]
    made = {name: column.filter(array(chosen)) for name, column in columns.items()}
    return _rows(picked, taken, [match.rule for match in matches], made)


def _matches(speakers: Sequence[Part], attributes: Attributes, columns: Columns) -> list[_Match]:
    """Return which records each rule takes; the first rule that fits a record has it."""
    resolver = Resolver(attributes, [Part("", None)])
    said = resolver.read(resolver.resolve([(EVENT_NAME,)]), convert.TEXT)
    taken = np.zeros(attributes.rows, bool)
    found = []
    for part in speakers:
        for rule in dialects()[part.dialect].logs:
            rows = _is(said, rule.event) | _is(columns["event_name"], rule.event)
            if part.rows is not None:
                rows &= part.rows
            for key, value in rule.where.items():
                rows &= _says(resolver, key, value)
            rows &= ~taken
            if rows.any():
                taken |= rows
                found.append(_Match(part.dialect, rule, rows))
    return found


def _is(texts: Array, value: str) -> Flags:
    equal: Flags = pc.fill_null(pc.equal(texts, value), False).to_numpy(zero_copy_only=False)
    return equal


def _says(resolver: Resolver, key: str, value: str) -> Flags:
    """Return which records have this value of the key; "*" stands for any."""
    texts = resolver.peek(resolver.resolve([(key,)]), convert.TEXT)
    if value == "*":
        present: Flags = texts.is_valid().to_numpy(zero_copy_only=False)
        return present
    return _is(texts, value)


def _rows(attributes: Attributes, parts: Sequence[Part], rules: Sequence[LogRule], logs: Columns) -> LogSpans:
    rule_of = np.zeros(attributes.rows, np.intp)
    for number, part in enumerate(parts):
        rule_of[part.rows] = number
    kinds = np.array([KINDS.index(rule.kind) for rule in rules], np.int8)[rule_of]
    columns: Columns = {
        "dialect": _per_rule([part.dialect for part in parts], rule_of),
        "name": _per_rule([rule.event for rule in rules], rule_of),
        "kind": array(KINDS, pa.string()).take(array(kinds)),
        "kind_source": _per_rule([EVENT_NAME] * len(rules), rule_of),
        "signal": pa.repeat(pa.scalar("log"), attributes.rows),
    }
    resolver = Resolver(attributes, parts, kinds)
    took = resolver.resolve([rule.duration_ms for rule in rules], to=convert.REAL)
    duration = resolver.peek(took, convert.REAL)
    flags = read_fields(
        resolver, [_sources(p.dialect, r) for p, r in zip(parts, rules, strict=True)], columns
    )
    columns["environment"] = pc.coalesce(columns["environment"], logs["environment"])
    for name in SPANS.schema.names:
        if name not in columns and name in logs and name not in _OWN:
            columns[name] = logs[name]
    columns["attributes"] = attributes.leftovers()
    _add_times(columns, logs["time_ns"], duration)
    _add_ids(columns, logs, np.array([rule.opens_run for rule in rules], bool)[rule_of])
    _add_status(columns)
    no_events = {"events": nulls(attributes.rows, pa.string())}
    columns["held"] = held_by_spans(no_events | columns, attributes)
    columns["quality_flags"] = envelope.quality_flags(attributes.rows, flags)
    for field in SPANS.schema:
        columns.setdefault(field.name, nulls(attributes.rows, field.type))
    spans = pa.table([columns[name] for name in SPANS.schema.names], schema=SPANS.schema)
    carries = np.logical_or.reduce([_valid(columns[name]) for name in CONTENT_COLUMNS])
    payloads = pa.table([columns[name] for name in PAYLOADS.schema.names], schema=PAYLOADS.schema)
    return LogSpans(spans, payloads.filter(array(carries)))


def _sources(dialect: str, rule: LogRule) -> dict[str, tuple[Source, ...]]:
    """Return the dialect's table with the rule's own sources asked first."""
    table = dict(effective_fields(dialect))
    for name, sources in rule.fields.items():
        table[name] = (*sources, *table.get(name, ()))
    return table


def _per_rule(texts: Sequence[str], rule_of: npt.NDArray[np.intp]) -> Array:
    return array(texts, pa.string()).take(array(rule_of))


def _add_times(columns: Columns, time: Array, duration_ms: Array) -> None:
    """A record is written when its step is over: it began that much earlier."""
    ended = time.to_numpy(zero_copy_only=False)
    took = np.clip(pc.fill_null(duration_ms, 0).to_numpy(zero_copy_only=False), 0, 1e12)
    columns["ended_ns"] = time
    columns["started_ns"] = array(ended - (took * 1e6).astype(np.int64))
    columns["duration_ms"] = duration_ms


def _add_ids(columns: Columns, logs: Columns, opens_run: Flags) -> None:
    """Give every row its ids: those sent, else ones made from session, turn and content."""
    sessions, turns = columns["session_id"], columns["turn_id"]
    # An id that names the session names no turn.
    same = pc.fill_null(pc.equal(sessions, turns), False)
    columns["turn_id"] = turns = pc.if_else(same, pa.scalar(None, pa.string()), turns)
    listed = zip(
        columns["dialect"].to_pylist(), sessions.to_pylist(), turns.to_pylist(), logs["trace_id"].to_pylist(),
        logs["span_id"].to_pylist(), logs["time_ns"].to_pylist(), columns["name"].to_pylist(),
        logs["attributes"].to_pylist(), opens_run.tolist(), strict=True,
    )  # fmt: skip
    ids = [_ids(*row) for row in listed]
    for place, name in enumerate(("trace_id", "span_id", "parent_span_id")):
        columns[name] = array([row[place] for row in ids], pa.string())


def _ids(
    dialect: str, session: str | None, turn: str | None, trace: str | None, span: str | None,
    time_ns: int, event: str, attributes: str, opens_run: bool,
) -> tuple[str, str, str | None]:  # fmt: skip
    content = (str(time_ns), event, attributes)
    if trace:
        return trace, _digest(8, trace, *content), span
    if not session:
        return _digest(16, dialect, *content), _digest(8, *content), None
    if opens_run:
        trace = _digest(16, dialect, session, turn or f"@{time_ns}")
        return trace, _digest(8, trace, _ROOT), None
    trace = _digest(16, dialect, session, turn or "")
    return trace, _digest(8, trace, *content), _digest(8, trace, _ROOT) if turn else None


def _digest(size: int, *parts: str) -> str:
    return blake2b(_SEPARATOR.join(parts).encode("utf-8", "surrogatepass"), digest_size=size).hexdigest()


def _add_status(columns: Columns) -> None:
    """A step that names an error type, or says that it failed, ended in error."""
    failed = pc.or_(pc.is_valid(columns["error_type"]), pc.fill_null(columns["tool_failed"], False))
    columns["status"] = pc.if_else(failed, "error", "unset")


def _valid(column: Array) -> Flags:
    valid: Flags = column.is_valid().to_numpy(zero_copy_only=False)
    return valid
