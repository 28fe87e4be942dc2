"""Whose a run was, where its spans, its log records, their scopes and resources say different things.

For each column on its own, the first that says it:

    root        the run's root span
    span        the one value that all other spans of the run agree on
    log         the one value that its log records agree on
    scope       attributes of the scope, the root's first
    resource    attributes of the resource, the root's first
    the earliest of the spans, then of the log records, that do not agree

Spans keep what they say themselves. Source: docs/packs.md.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from spotlight.assembly.background import resource_background, scope_background
from spotlight.assembly.link import Links, value_codes

# Columns of log records that say whose the run was.
LOG_CLAIMS: Final = ("session_id", "user_id", "agent_name", "pack_name", "pack_version")
# What log records of some traces say: each distinct statement once.
SAID: Final = pa.schema(
    [("trace_id", pa.string()), ("journal_position", pa.int64())]
    + [(name, pa.string()) for name in (*LOG_CLAIMS, "pack_version_source", "held", "span_id")]
)
NOTHING_SAID: Final = SAID.empty_table()
ONE_OF_SEVERAL: Final = ", one of several"


_PLACES: Final = ("root", "span", "log", "scope", "resource")
_ROOT, _SPAN, _LOG, _SCOPE, _RESOURCE = range(len(_PLACES))


class Found(NamedTuple):
    """Per run: the value, the key that gave it where that is known, and where it stood."""

    value: pa.Array
    key: pa.Array
    place: pa.Array
    note: pa.Array  # text after the source

    def source(self) -> pa.Array:
        """Return place and key as one text: "root spotlight.pack.version"."""
        by_key = pc.coalesce(pc.binary_join_element_wise("", self.key, " "), "")
        return pc.binary_join_element_wise(self.place, by_key, self.note, "")

    def stood(self) -> pa.Array:
        """Return the place alone: "root"."""
        return pc.binary_join_element_wise(self.place, self.note, "")


class Claims:
    """Asks the spans, log records, scopes and resources of some runs for one column at a time."""

    def __init__(
        self, spans: pa.Table, links: Links, root_row: np.ndarray, is_real: np.ndarray, said: pa.Table
    ) -> None:
        self._spans = spans
        self._links = links
        self._root = np.where(is_real, root_row, -1)  # the earliest span of a run without a root is no root
        self._start = spans.column("started_ns").fill_null(0).to_numpy()
        self._is_log = np.asarray(pc.equal(spans.column("signal"), "log"))
        self._said, self._said_run = _by_run(spans, links, said)
        self._scopes = scope_background(spans, links, root_row)
        self._resources = resource_background(spans, links, root_row)

    def find(self, column: str, keys: str | None = None) -> Found:
        """Return what is said of a column; `keys` names the column of the keys that gave its values."""
        answer = _Answer(self._links.runs)
        spans = self._ask_spans(answer, column, keys)
        logs = self._ask_logs(answer, column, keys)
        for background, place in ((self._scopes, _SCOPE), (self._resources, _RESOURCE)):
            said = background.find(column)
            if said is not None:
                offset = answer.add(said.values, said.keys)
                runs = np.flatnonzero(said.text >= 0)
                answer.give(runs, offset + said.text[runs], np.full(len(runs), place))
        for first in (spans, logs):
            answer.give(first.run, first.at, first.place, several=True)
        return answer.found()

    def _ask_spans(self, answer: _Answer, column: str, keys: str | None) -> _Firsts:
        """Give what roots say, and what a run's spans agree on; return the first of those that do not."""
        values = self._spans.column(column)
        rows = np.flatnonzero(pc.is_valid(values).to_numpy())
        if not len(rows):
            return _NOTHING
        offset = answer.add(values, None if keys is None else self._spans.column(keys))
        is_root = (self._root[self._links.run[rows]] == rows) & ~self._is_log[rows]
        own = rows[is_root]
        answer.give(self._links.run[own], offset + own, np.full(len(own), _ROOT))
        left = rows[answer.open_(self._links.run[rows])]
        left = left[np.lexsort((self._start[left], self._is_log[left]))]
        first = _firsts(left, self._links.run[left], values)
        place = np.where(self._is_log[first.at], _LOG, _SPAN)
        return answer.give_agreed(first._replace(at=first.at + offset), place)

    def _ask_logs(self, answer: _Answer, column: str, keys: str | None) -> _Firsts:
        if column not in LOG_CLAIMS or not self._said.num_rows:
            return _NOTHING
        values = self._said.column(column)
        rows = np.flatnonzero(pc.is_valid(values).to_numpy())
        rows = rows[answer.open_(self._said_run[rows])]
        if not len(rows):
            return _NOTHING
        offset = answer.add(values, None if keys is None else self._said.column(keys))
        rows = rows[np.argsort(self._said.column("journal_position").to_numpy()[rows], kind="stable")]
        first = _firsts(rows, self._said_run[rows], values)
        return answer.give_agreed(first._replace(at=first.at + offset), np.full(len(first.at), _LOG))


class _Firsts(NamedTuple):
    """Per run that has any value: its first row, where that stood, and whether all rows agree."""

    run: np.ndarray
    at: np.ndarray
    place: np.ndarray
    agreed: np.ndarray


_NONE: Final = np.zeros(0, np.int64)
_NOTHING: Final = _Firsts(_NONE, _NONE, _NONE, np.zeros(0, bool))


def _firsts(rows: np.ndarray, run: np.ndarray, values: pa.ChunkedArray) -> _Firsts:
    """Return the first of these rows of every run, and whether its other rows have the same value."""
    if not len(rows):
        return _NOTHING
    owners, first, owner = np.unique(run, return_index=True, return_inverse=True)
    codes = value_codes(values.take(pa.array(rows)))
    differs = codes != codes[first][owner]
    agreed = np.bincount(owner[differs], minlength=len(owners)) == 0
    return _Firsts(owners, rows[first], np.full(len(owners), _SPAN), agreed)


class _Answer:
    """The answer for every run while places are asked in turn: the first to give one has it."""

    def __init__(self, runs: int) -> None:
        self._at = np.full(runs, -1, np.int64)  # place in all values added so far
        self._place = np.zeros(runs, np.int64)
        self._several = np.zeros(runs, bool)
        self._values = [pa.nulls(1, pa.string())]  # Arrow takes nothing, not NULL, from no values at all
        self._keys = [pa.nulls(1, pa.string())]

    def add(self, values: pa.ChunkedArray | pa.Array, keys: pa.ChunkedArray | pa.Array | None) -> int:
        """Make values known and return the number of the first."""
        offset = sum(map(len, self._values))
        for known, column in ((self._values, values), (self._keys, keys)):
            if column is None:
                column = pa.nulls(len(values), pa.string())
            known.extend(column.chunks if isinstance(column, pa.ChunkedArray) else [column])
        return offset

    def open_(self, runs: np.ndarray) -> np.ndarray:
        """Return which of these runs have no answer yet."""
        return np.asarray(self._at[runs] < 0)

    def give(self, runs: np.ndarray, at: np.ndarray, place: np.ndarray, *, several: bool = False) -> None:
        """Answer for runs that have no answer yet; each run is named once."""
        fresh = self.open_(runs)
        self._at[runs[fresh]] = at[fresh]
        self._place[runs[fresh]] = place[fresh]
        self._several[runs[fresh]] = several

    def give_agreed(self, first: _Firsts, place: np.ndarray) -> _Firsts:
        """Answer where all rows agree; return the first rows where they do not."""
        sure = first.agreed
        self.give(first.run[sure], first.at[sure], place[sure])
        return _Firsts(first.run[~sure], first.at[~sure], place[~sure], sure[~sure])

    def found(self) -> Found:
        """Return the answers."""
        at = pa.array(self._at, mask=self._at < 0)
        values, keys = (pa.chunked_array(known, pa.string()).take(at).combine_chunks()
                        for known in (self._values, self._keys))  # fmt: skip
        place = pa.array(_PLACES).take(pa.array(self._place, mask=self._at < 0))
        note = pa.array(("", ONE_OF_SEVERAL)).take(pa.array(self._several.astype(np.int64)))
        return Found(values, keys, place, note)


def _by_run(spans: pa.Table, links: Links, said: pa.Table) -> tuple[pa.Table, np.ndarray]:
    """Return each statement once for every run that its trace has spans of, and those runs."""
    if not said.num_rows:
        return said, _NONE
    traces = spans.column("trace_id")
    known = pc.index_in(traces, value_set=pc.unique(said.column("trace_id")))
    code = np.asarray(known.fill_null(-1), np.int64)
    of = np.asarray(
        pc.index_in(said.column("trace_id"), value_set=pc.unique(said.column("trace_id"))), np.int64
    )
    rows = np.flatnonzero(code >= 0)
    pairs = np.unique(np.stack([code[rows], links.run[rows]], axis=1), axis=0)
    by_trace: dict[int, list[int]] = {}
    for trace, run in pairs.tolist():
        by_trace.setdefault(trace, []).append(run)
    taken = [(row, run) for row, trace in enumerate(of.tolist()) for run in by_trace.get(trace, ())]
    picked = np.array(taken, np.int64).reshape(-1, 2)
    return said.take(pa.array(picked[:, 0])), picked[:, 1]


def positions_said(spans: pa.Table, links: Links, said: pa.Table) -> np.ndarray:
    """Return per run the newest journal position of what its log records say, -1 for none."""
    rows, run = _by_run(spans, links, said)
    newest = np.full(links.runs, -1, np.int64)
    if rows.num_rows:
        np.maximum.at(newest, run, rows.column("journal_position").to_numpy())
    return newest
