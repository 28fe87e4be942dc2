"""What log records say of whose a run is: read into columns, and kept for the run's assembly.

Some clients name the user or the session on log records alone. A record of a trace speaks for the
run that the trace belongs to; it may come before or long after the spans.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Final

import pyarrow as pa
import pyarrow.compute as pac

from ingest import convert
from ingest.arrow import Array
from ingest.attributes import Attributes
from ingest.columns import Part, Resolver
from ingest.keys import KeySet, trace_keys
from spotlight.assembly.claims import LOG_CLAIMS, SAID
from spotlight.dialects import effective_fields
from spotlight.dialects.table import Key, Source
from spotlight.lake import Reader, sql_text

# Traces whose statements are kept in memory; those of older ones are read from the lake.
REMEMBERED_TRACES: Final = 50_000
_STATEMENTS_OF_A_TRACE: Final = 512  # as many model calls may tell what they hold
_NO_SPAN: Final = pa.scalar(None, pa.string())
_STATED: Final = tuple(name for name in SAID.names if name != "journal_position")


def identity_columns(attributes: Attributes, parts: Sequence[Part]) -> dict[str, Array]:
    """Return the columns of `logs` that say whose a record is; the attributes stay where they are."""
    resolver = Resolver(attributes, parts)
    columns: dict[str, Array] = {}
    for name in LOG_CLAIMS:
        tables = [_plain(effective_fields(part.dialect).get(name, ())) for part in parts]
        winners = resolver.resolve(tables, to=convert.TEXT)
        columns[name] = resolver.peek(winners, convert.TEXT)
        if name == "pack_version":
            columns["pack_version_source"] = resolver.names(winners)
    return columns


def _plain(sources: Iterable[Source]) -> list[Source]:
    return [source for source in sources if isinstance(source, str | Key)]


class LogIdentity:
    """What the log records of one tenant say of their traces."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._older = KeySet()  # traces whose statements only the lake holds
        self._older.add(trace_keys(reader.query(sql_text("ingest", "traces_logs_speak_of"))))
        self._said: OrderedDict[str, dict[tuple[str | None, ...], int]] = OrderedDict()
        self._news: set[str] = set()
        self._take(reader.query(sql_text("ingest", "unassembled_log_claims")))

    def note(self, logs: pa.Table) -> None:
        """Take notice of log records that have just been committed."""
        speaks = pac.is_valid(pac.coalesce(*(logs.column(name) for name in (*LOG_CLAIMS, "held"))))
        rows = logs.select(SAID.names).filter(pac.and_(speaks, pac.is_valid(logs.column("trace_id"))))
        if rows.num_rows:
            at = rows.schema.get_field_index("span_id")
            told = pac.if_else(pac.is_valid(rows.column("held")), rows.column("span_id"), _NO_SPAN)
            rows = rows.set_column(at, "span_id", told)
            grouped = rows.group_by(list(_STATED)).aggregate([("journal_position", "max")])
            self._take(grouped.rename_columns([*_STATED, "journal_position"]))

    def take_news(self) -> list[str]:
        """Return the traces of which something new was said since the last time."""
        news = sorted(self._news)
        self._news.clear()
        return news

    def of(self, traces: pa.Array) -> pa.Table:
        """Return what was said of these traces, as claims.SAID."""
        keys = trace_keys(pa.table({"trace_id": traces}))
        asked = traces.filter(pa.array(self._older.contains(keys))).to_pylist()
        found = [SAID.empty_table()]
        if asked:
            stored = self._reader.query(sql_text("ingest", "log_claims"), {"traces": asked})
            found.append(stored.select(SAID.names).cast(SAID))
        rows = [
            {**dict(zip(_STATED, said, strict=True)), "journal_position": position}
            for trace in traces.to_pylist()
            for said, position in self._said.get(trace, {}).items()
        ]
        return pa.concat_tables([*found, pa.Table.from_pylist(rows, SAID)])

    def _take(self, rows: pa.Table) -> None:
        for row in rows.to_pylist():
            position = row.pop("journal_position")
            trace = row["trace_id"]
            said = self._said.setdefault(trace, {})
            statement = tuple(row[name] for name in _STATED)
            if statement not in said and len(said) < _STATEMENTS_OF_A_TRACE:
                said[statement] = position
                self._news.add(trace)
        while len(self._said) > REMEMBERED_TRACES:
            trace, _ = self._said.popitem(last=False)
            self._older.add(trace_keys(pa.table({"trace_id": [trace]})))
