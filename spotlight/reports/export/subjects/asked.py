"""What a report is asked, and the windows and versions that it is held against."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import pyarrow as pa

from spotlight.errors import SpotlightError
from spotlight.reports.filters import RunFilters
from spotlight.reports.moments import moment_ns, window_text

PREVIOUS: Final = "previous"


class Asked(NamedTuple):
    """What a report is asked; the sections take from it what they can use."""

    filters: RunFilters
    by: tuple[str, ...]
    against: RunFilters | None
    limit: int
    now_ns: int
    first_ns: int | None  # start of the first and the last run that matched
    last_ns: int | None

    def by_or(self, *dimensions: str) -> tuple[str, ...]:
        """Return what to divide by: as asked, else these."""
        return self.by or dimensions


class Sides(NamedTuple):
    """Two sets of runs that are compared, and in words which."""

    before: RunFilters
    after: RunFilters
    words: str


def sides(asked: Asked) -> Sides | None:
    """Return the two sides of a comparison; None where there are no runs to divide.

    As asked; else the window against the one of the same length before it; without a window, the later
    half of the time in which the runs began against the earlier half.
    """
    filters = asked.filters
    if asked.against is not None:
        return Sides(
            asked.against, filters, f"after: {side_words(filters)}; before: {side_words(asked.against)}"
        )
    if filters.since_ns is not None:
        before = previous(filters, asked.now_ns)
        return Sides(before, filters, f"after: {side_words(filters)}; before: {side_words(before)}")
    if asked.first_ns is None or asked.last_ns is None or asked.first_ns == asked.last_ns:
        return None
    middle = (asked.first_ns + asked.last_ns + 1) // 2
    words = (
        "the later half of the time in which the runs began and the earlier half; name a window with --since"
    )
    return Sides(filters._replace(until_ns=middle), filters._replace(since_ns=middle), words)


def previous(filters: RunFilters, now_ns: int) -> RunFilters:
    """Return the filters of the window before, as long as their own.

    Raises: SpotlightError without a start.
    """
    if filters.since_ns is None:
        raise SpotlightError(
            "there is no window before all times", hint="say where the window begins with --since"
        )
    until = now_ns if filters.until_ns is None else filters.until_ns
    start = max(0, filters.since_ns - (until - filters.since_ns))
    return filters._replace(since_ns=start, until_ns=filters.since_ns)


def against(text: str, filters: RunFilters, now_ns: int) -> RunFilters:
    """Return the runs that `--against` names: `previous`, a window `SINCE..UNTIL`, or another pack version.

    Raises: SpotlightError for a version where the runs themselves are of no one version.
    """
    if text == PREVIOUS:
        return previous(filters, now_ns)
    if ".." in text:
        since, _, until = text.partition("..")
        edges = [moment_ns(edge, now_ns) if edge else None for edge in (since, until)]
        return filters._replace(since_ns=edges[0], until_ns=edges[1])
    if filters.pack_version is None:
        raise SpotlightError(
            f"{text!r} is a version, and nothing says which version to hold against it",
            hint="name it with --version, or use --against previous, or --against SINCE..UNTIL",
        )
    return filters._replace(pack_version=text)


def side_words(filters: RunFilters) -> str:
    """Return a side of a comparison in words: its version, and its window."""
    version = [f"version {filters.pack_version}"] if filters.pack_version else []
    return ", ".join([*version, window_text(filters.since_ns, filters.until_ns)])


def rows_table(rows: Sequence[Any], names: Sequence[str]) -> pa.Table:
    """Return NamedTuples as a table of these of their fields."""
    return pa.table({name: [_plain(getattr(row, name)) for row in rows] for name in names})


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def named(table: pa.Table, by: Sequence[str]) -> pa.Table:
    """Return a table whose by_1 to by_3 bear the names of the dimensions, the others left out."""
    kept = [n for n in table.column_names if not n.startswith("by_") or int(n[3:]) <= len(by)]
    names = [by[int(n[3:]) - 1] if n.startswith("by_") else n for n in kept]
    return table.select(kept).rename_columns(names)


def joined(table: pa.Table, by: Sequence[str], name: str = "what") -> pa.Table:
    """Return a table with one more column that names the values of all dimensions together."""
    columns = [table.column(d).to_pylist() for d in by]
    values = [
        " · ".join("unknown" if v is None else str(v) for v in row) for row in zip(*columns, strict=True)
    ]
    if not by:
        values = ["all"] * table.num_rows
    return table.append_column(name, pa.array(values, pa.string()))
