"""Numbering the versions of runs: each names the one it replaces, so that readers see the newest alone."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Collection
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from spotlight.lake import Reader, sql_text

# Runs whose newest version is remembered: more than have spans in the keeper's memory.
REMEMBERED_RUNS: Final = 200_000
TRACE_DIGITS: Final = 32


class Numbered(NamedTuple):
    """Rows of the runs and steps tables with their versions, and traces of runs that were forgotten."""

    runs: pa.Table
    steps: pa.Table
    forgotten: list[str]


class RunVersions:
    """Knows the newest version of every run that may change without a look into the lake."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._newest: OrderedDict[str, int] = OrderedDict()
        self._last = 0

    def number(self, runs: pa.Table, steps: pa.Table, in_lake: Collection[str]) -> Numbered:
        """Give every run a version of its own and the version it replaces, and its steps the same version.

        `in_lake`: traces whose earlier runs may be known to the lake alone. Versions grow with time:
        they are the moment of assembly, ns UTC, made unique. Runs that are forgotten must be looked
        up in the lake from then on.
        """
        ids = runs.column("run_id").to_pylist()
        asked = [run for run in ids if run not in self._newest and run[:TRACE_DIGITS] in in_lake]
        earlier = self._stored(asked) | {run: self._newest[run] for run in ids if run in self._newest}
        first = max(self._last + 1, time.time_ns())
        self._last = first + len(ids)
        versions = pa.array(np.arange(first, self._last))
        replaces = pa.array([earlier.get(run) for run in ids], pa.int64())
        for run, version in zip(ids, range(first, self._last), strict=True):
            self._newest[run] = version
            self._newest.move_to_end(run)
        of = pc.index_in(steps.column("run_id"), value_set=runs.column("run_id"))
        return Numbered(
            _set(_set(runs, "run_version", versions), "replaces", replaces),
            _set(steps, "run_version", versions.take(of)),
            self._forget(),
        )

    def _stored(self, runs: list[str]) -> dict[str, int]:
        if not runs:
            return {}
        rows = self._reader.query(sql_text("ingest", "newest_versions"), {"runs": runs}).to_pylist()
        return {row["run_id"]: row["run_version"] for row in rows}

    def _forget(self) -> list[str]:
        gone = []
        while len(self._newest) > REMEMBERED_RUNS:
            gone.append(self._newest.popitem(last=False)[0][:TRACE_DIGITS])
        return gone


def _set(table: pa.Table, name: str, values: pa.Array) -> pa.Table:
    at = table.schema.get_field_index(name)
    return table.set_column(at, table.schema.field(at), values)
