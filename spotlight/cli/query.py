"""`spotlight query`: read-only SQL over the lake's views."""

from __future__ import annotations

import enum
import sys
from typing import Annotated

import typer

from spotlight.cli.options import DataOption, JsonOption, existing_data
from spotlight.cli.output import out, print_json, say, table


class Format(enum.StrEnum):
    """How rows are printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def query(
    sql: Annotated[
        str, typer.Argument(help="One select over spans, payloads, logs, metrics, receipts, runs.")
    ],
    form: Annotated[Format, typer.Option("--format", help="How rows are printed.")] = Format.TABLE,
    limit: Annotated[int, typer.Option("-n", "--limit", min=1, help="At most so many rows.")] = 1000,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run one read-only select over the lake.

    Example: spotlight query "select pack_version, count(*) from runs group by pack_version"
    """
    from spotlight.reports import open_lake

    found = open_lake(existing_data(data)).user_query(sql, limit=limit + 1)
    rows = found.slice(0, limit)
    if as_json or form is Format.JSON:
        print_json(rows.to_pylist())
    elif form is Format.CSV:
        _print_csv(rows.column_names, rows.to_pylist())
    else:
        out.print(table(rows.column_names, ([_cell(v) for v in row.values()] for row in rows.to_pylist())))
    if found.num_rows > limit:
        say(f"only the first {limit:,} rows are shown; see more with -n")


def _cell(value: object) -> object:
    return "NULL" if value is None else value


def _print_csv(names: list[str], rows: list[dict[str, object]]) -> None:
    import csv

    writer = csv.writer(sys.stdout)
    writer.writerow(names)
    for row in rows:
        writer.writerow([_formula_safe(value) for value in row.values()])


def _formula_safe(value: object) -> object:
    """Keep spreadsheets from running text as a formula. Source: OWASP, CSV injection."""
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return "'" + value
    return value
