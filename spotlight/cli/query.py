"""`spotlight query`: read-only SQL over the lake's views."""

from __future__ import annotations

import enum
import os
import sys
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from spotlight.cli.options import DataOption, JsonOption, existing_data
from spotlight.cli.output import out, print_json, say, table

if TYPE_CHECKING:
    import pyarrow as pa

MOST_ROWS: Final = 1_000_000


class Format(enum.StrEnum):
    """How rows are printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def query(
    sql: Annotated[
        str,
        typer.Argument(
            help="One select over the views: runs, spans, payloads, logs, scores, ... (docs/tables.md)."
        ),
    ],
    form: Annotated[Format, typer.Option("--format", help="table, json or csv.")] = Format.TABLE,
    limit: Annotated[
        int, typer.Option("-n", "--limit", min=1, max=MOST_ROWS, help="At most so many rows.")
    ] = 1000,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run one read-only select over the lake.

    Example: spotlight query "select pack_version, count(*) from runs group by pack_version"
    """
    from spotlight.reports import open_lake

    reports = open_lake(existing_data(data))
    found = _interruptible(lambda: reports.user_query(sql, limit=limit + 1))
    rows = found.slice(0, limit)
    columns = [_values(column) for column in rows.columns]
    if as_json or form is Format.JSON:
        print_json([dict(zip(rows.column_names, row, strict=True)) for row in zip(*columns, strict=True)])
    elif form is Format.CSV:
        _print_csv(rows.column_names, zip(*columns, strict=True))
    else:
        cells = ([_cell(value) for value in row] for row in zip(*columns, strict=True))
        out.print(table(rows.column_names, cells))
    if found.num_rows > limit:
        say(f"only the first {limit:,} rows are shown; see more with -n")


def _interruptible(ask: Callable[[], pa.Table]) -> pa.Table:
    """Return what a question answers; Ctrl-C ends the process at once, with exit code 130.

    DuckDB looks for signals only now and then, and in some queries never: so it works in another
    thread, and the process does not wait for it. There is nothing to clean up after reading.
    """
    answer: Future[pa.Table] = Future()

    def work() -> None:
        try:
            answer.set_result(ask())
        except BaseException as exc:
            answer.set_exception(exc)

    threading.Thread(target=work, daemon=True).start()
    try:
        return answer.result()
    except KeyboardInterrupt:
        os._exit(130)


def _values(column: pa.ChunkedArray) -> list[Any]:
    """Return a column's values; times as text where Python has none such (the year 294000).

    Arrow writes those as the number they are stored as; `cast(... as varchar)` in the select gives the date.
    """
    try:
        values: list[Any] = column.to_pylist()
    except (OverflowError, ValueError):
        values = column.cast(_timeless(column.type)).to_pylist()
    return values


def _timeless(kind: pa.DataType) -> pa.DataType:
    """Return a type with text for its times, nested ones too."""
    import pyarrow as pa

    if pa.types.is_temporal(kind):
        return pa.string()
    if pa.types.is_map(kind):
        return pa.map_(_timeless(kind.key_type), _timeless(kind.item_type))
    if pa.types.is_struct(kind):
        return pa.struct([field.with_type(_timeless(field.type)) for field in kind])
    if pa.types.is_list(kind):
        return pa.list_(_timeless(kind.value_type))
    return kind


def _cell(value: object) -> object:
    return "NULL" if value is None else value


def _print_csv(names: list[str], rows: Iterable[tuple[object, ...]]) -> None:
    import csv

    from spotlight.reports.export.tables import formula_safe

    writer = csv.writer(sys.stdout)
    writer.writerow(names)
    for row in rows:
        writer.writerow([formula_safe(value) for value in row])
