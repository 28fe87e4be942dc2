"""A lake in a notebook: every view as pandas, Arrow or DuckDB, and every report.

import spotlight

with spotlight.open("spotlight-data") as lake:
    runs = lake.pandas("runs")
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import pandas as pd
import pyarrow as pa

from spotlight.errors import SpotlightError
from spotlight.lake import VIEWS, Connection
from spotlight.model import DEFAULT_TENANT, TABLES
from spotlight.reports import Reports, RunFilters, open_lake
from spotlight.reports.export import Report
from spotlight.reports.export.subjects import report
from spotlight.reports.moments import moment_ns

# Views besides the tables; the others are steps on the way to these.
_MORE_VIEWS: Final = ("other_traces", "metric_usage", "notes")
# Types that keep what is not known apart from 0 and from not-a-number, and integers exact.
_DTYPES: Final = {
    pa.int64(): pd.Int64Dtype(),
    pa.int32(): pd.Int32Dtype(),
    pa.float64(): pd.Float64Dtype(),
    pa.bool_(): pd.BooleanDtype(),
}


class OpenLake:
    """A data folder, open for reading.

    `reports` are the questions of `spotlight.reports`. Every call sees what was committed last; a DuckDB
    connection stays with what there was when it was made.
    """

    reports: Reports

    def __init__(self, data: Path, tenant: str = DEFAULT_TENANT) -> None:
        if not (data / "lake").is_dir():
            raise SpotlightError(
                f"no lake in {data}", hint="name the folder that `spotlight up` or `spotlight load` wrote to"
            )
        self.reports = open_lake(data, tenant)
        self._connections: list[Connection] = []

    def views(self) -> list[str]:
        """Return the names of the views; docs/tables.md says what their columns mean."""
        return [name for name in VIEWS if name in TABLES or name in _MORE_VIEWS]

    def arrow(self, view: str, columns: Sequence[str] = ()) -> pa.Table:
        """Return all rows of a view as an Arrow table, of all columns or of some.

        Raises: SpotlightError for a view or column that does not exist.
        """
        _known(view, self.views(), "view")
        with self.reports.connection() as connection:
            rows = connection.table(view)
            for column in columns:
                _known(column, rows.columns, "column")
            chosen = rows.select(*columns) if columns else rows
            return chosen.to_arrow_table()

    def pandas(self, view: str, columns: Sequence[str] = ()) -> pd.DataFrame:
        """Return all rows of a view as a data frame; what is not known is NA, and integers stay exact.

        Raises: SpotlightError for a view or column that does not exist.
        """
        return _frame(self.arrow(view, columns))

    def sql(self, text: str) -> pd.DataFrame:
        """Return what a select answers, as a data frame.

        Raises: duckdb.Error for SQL that cannot be run.
        """
        with self.reports.connection() as connection:
            return _frame(connection.sql(text).to_arrow_table())

    def duckdb(self) -> Connection:
        """Return a DuckDB connection with every view of what is there now; it cannot change the lake.

        It reads the lake's files and no others; frames of yours enter by `connection.register(name, frame)`.
        The lake closes it when it is closed itself.
        """
        connection = self.reports.connection()
        self._connections.append(connection)
        return connection

    def filters(self, since: str | None = None, until: str | None = None, **fields: Any) -> RunFilters:
        """Return filters for reports: times as people type them (`7d`, `2026-11-01`), fields of `RunFilters`.

        Raises: SpotlightError for a time that cannot be read, or a field that does not exist.
        """
        now_ns = time.time_ns()
        edges = {"since_ns": since, "until_ns": until}
        fields |= {name: moment_ns(text, now_ns) for name, text in edges.items() if text is not None}
        for name in fields:
            _known(name, RunFilters._fields, "filter")
        return RunFilters(**fields)

    def report(
        self,
        subject: str,
        filters: RunFilters | None = None,
        *,
        by: Sequence[str] = (),
        against: str | None = None,
        limit: int = 20,
    ) -> Report:
        """Return a report as `spotlight report` makes it: its sections hold Arrow tables.

        Raises: SpotlightError for a subject that does not exist, or that cannot be asked so.
        """
        asked = RunFilters() if filters is None else filters
        return report(
            self.reports, subject, asked, now_ns=time.time_ns(), by=by, held_against=against, limit=limit
        )

    def close(self) -> None:
        """Close the connections that were given out."""
        while self._connections:
            self._connections.pop().close()

    def __enter__(self) -> OpenLake:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open(data: str | Path = "spotlight-data", tenant: str = DEFAULT_TENANT) -> OpenLake:
    """Return a data folder, open for reading. Raises: SpotlightError where there is no lake in it."""
    return OpenLake(Path(data), tenant)


def _frame(rows: pa.Table) -> pd.DataFrame:
    frame: pd.DataFrame = rows.to_pandas(types_mapper=_DTYPES.get)
    return frame


def _known(name: str, names: Sequence[str], what: str) -> None:
    if name not in names:
        raise SpotlightError(f"no {what} {name!r}", hint=f"one of {', '.join(names)}")
