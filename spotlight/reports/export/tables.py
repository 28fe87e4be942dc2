"""Rows for programs: JSON, CSV that no spreadsheet runs, Parquet."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO, Final

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from spotlight.exact_json import plain, plain_row
from spotlight.reports.export.section import Report, Section
from spotlight.reports.moments import time_text
from spotlight.reports.zone import zone

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_ROWS_AT_ONCE: Final = 4_096


def formula_safe(value: object) -> object:
    """Return a cell that no spreadsheet runs: text that begins like a formula gets a quote before it.

    Numbers stay as they are. Source: OWASP, CSV injection.
    """
    if isinstance(value, str) and value.startswith(_FORMULA):
        return "'" + value
    return value


def write_csv(table: pa.Table, stream: BinaryIO) -> None:
    """Write a table as CSV in UTF-8 with a heading; NULL is an empty cell, lists and objects are JSON."""
    text = io.TextIOWrapper(stream, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow([formula_safe(name) for name in table.column_names])
    for batch in table.to_batches(max_chunksize=_ROWS_AT_ONCE):
        columns = [column.to_pylist() for column in batch.columns]
        writer.writerows([[_cell(value) for value in row] for row in zip(*columns, strict=True)])
    text.detach()


def _cell(value: object) -> object:
    if isinstance(value, list | dict):
        return formula_safe(orjson.dumps(plain(value), default=str).decode())
    return formula_safe(value)


def write_parquet(table: pa.Table, stream: BinaryIO) -> None:
    """Write a table as Parquet, exactly as it is."""
    pq.write_table(table, stream, compression="zstd")


def write_json(reports: Sequence[Report], stream: BinaryIO) -> None:
    """Write whole reports as JSON, one as an object, several as a list.

    Integers that JavaScript cannot hold are text.
    """
    documents = [report_document(report) for report in reports]
    said = documents[0] if len(documents) == 1 else documents
    text = orjson.dumps(said, option=orjson.OPT_INDENT_2, default=str)
    stream.write(text + b"\n")


def report_document(report: Report) -> dict[str, object]:
    """Return a report as plain values: what was asked, and the rows of every section."""
    filters = report.filters
    narrowed = {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in filters._asdict().items()
        if value != filters._field_defaults[name] and name not in ("since_ns", "until_ns", "order")
    }
    return {
        "report": report.subject,
        "title": report.title,
        "filters": plain_row(narrowed),
        "by": list(report.by),
        "window": {"since": _time(filters.since_ns), "until": _time(filters.until_ns)},
        "zone": zone().key,
        "runs": report.runs,
        "first_run": _time(report.first_ns),
        "last_run": _time(report.last_ns),
        "price_books": list(report.price_books),
        "generated_at": _time(report.generated_ns),
        "sections": [_section(section) for section in report.sections],
    }


def _section(section: Section) -> Mapping[str, Any]:
    return {
        "name": section.name,
        "title": section.title,
        "question": section.question,
        "n": section.n,
        "of": section.of,
        "notes": list(section.notes),
        "columns": section.table.column_names,
        "rows": [plain_row(row) for row in section.table.to_pylist()],
    }


def _time(ns: int | None) -> str | None:
    return None if ns is None else time_text(ns)
