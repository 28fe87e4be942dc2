"""Rows for programs: CSV that no spreadsheet runs, JSON, Parquet; figures for people."""

from __future__ import annotations

import csv
import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spotlight.reports import RunFilters
from spotlight.reports.export import Report, Section, write_csv, write_json, write_parquet
from spotlight.reports.export.figures import cell, heading, plain_text, shown

TABLE = pa.table(
    {
        "name": ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "plain", 'a,"b"\n', None],
        "delta_usd": [-1.5, 0.25, None, 0.0, 1e-9, 1.0, 2.0, 3.0, 4.0],
        "count": [-1, 2, 3, 4, 5, 6, 7, None, 9_007_199_254_740_993],
        "run_ids": [["=a"], [], None, ["b", "c"], [], [], [], [], []],
    }
)


def written(table: pa.Table) -> list[list[str]]:
    """Return the cells of a table written as CSV and read again."""
    stream = io.BytesIO()
    write_csv(table, stream)
    return list(csv.reader(io.StringIO(stream.getvalue().decode(), newline="")))


def test_text_that_begins_like_a_formula_is_defused() -> None:
    """=, +, -, @, tab and CR get a quote before them; other text and its line ends stay."""
    names = [row[0] for row in written(TABLE)]
    assert ["name", "'=1+1", "'+1", "'-1", "'@x", "'\tx", "'\rx", "plain", 'a,"b"\n', ""] == names


def test_numbers_stay_numbers() -> None:
    """A negative number is no formula, and every digit is written."""
    rows = written(TABLE)[1:]
    assert ["-1.5", "0.25", "", "0.0", "1e-09", "1.0", "2.0", "3.0", "4.0"] == [row[1] for row in rows]
    assert ["-1", "2", "3", "4", "5", "6", "7", "", "9007199254740993"] == [row[2] for row in rows]


def test_lists_are_json() -> None:
    """A cell with several values is a JSON list, which begins like no formula."""
    assert ['["=a"]', "[]", "", '["b","c"]'] == [row[3] for row in written(TABLE)[1:5]]


@given(st.lists(st.text(max_size=20), min_size=1, max_size=5))
def test_no_cell_begins_like_a_formula(texts: list[str]) -> None:
    """Whatever the text is, the cell starts no formula, and without its quote it is the text."""
    cells = [row[0] for row in written(pa.table({"t": pa.array(texts, pa.string())}))[1:]]
    assert not [said for said in cells if said.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert texts == [said[1:] if said[:1] == "'" and not text.startswith("'") else said
                     for text, said in zip(texts, cells, strict=True)]  # fmt: skip


def test_headings_are_defused_too() -> None:
    """A column may bear a name from telemetry."""
    assert "'=x" == written(pa.table({"=x": [1]}))[0][0]


def test_parquet_is_the_table() -> None:
    """Parquet gives back exactly what was written, hostile text included."""
    stream = io.BytesIO()
    write_parquet(TABLE, stream)
    assert TABLE.equals(pq.read_table(io.BytesIO(stream.getvalue())))


def test_json_says_what_was_asked() -> None:
    """Window, filters and n stand beside the rows; integers beyond 2**53 are text, unknown is null."""
    section = Section("s", "Title", "Question?", TABLE, None, ("A note.",), 9)
    filters = RunFilters(pack_name="p", status=("ok",), since_ns=0)
    made = Report(
        "cost", "Cost", "Who?", filters, ("pack",), 9, 0, 60_000_000_000, ("book@1",), 0, (section,)
    )
    stream = io.BytesIO()
    write_json([made], stream)
    said = json.loads(stream.getvalue())
    assert ({"pack_name": "p", "status": ["ok"]}, {"since": "1970-01-01 00:00 UTC", "until": None}) == (
        said["filters"],
        said["window"],
    )
    rows = said["sections"][0]["rows"]
    assert ("9007199254740993", None, -1.5, 9) == (
        rows[8]["count"],
        rows[2]["delta_usd"],
        rows[0]["delta_usd"],
        said["sections"][0]["n"],
    )
    assert said["price_books"] == ["book@1"]


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("cost_usd", 1234.567, "$1,234.57"),
        ("cost_usd", -0.12345, "-$0.123"),
        ("cost_usd", 0.0, "$0"),
        ("p95_ms", 999.0, "999 ms"),
        ("p95_ms", 90_000.0, "1.5 min"),
        ("started_ns", 1_793_527_205_000_000_000, "2026-11-01 10:00:05"),
        ("failure_rate", 0.0512, "5.1%"),
        ("share", 0.9996, "99.96%"),
        ("runs", 12345, "12,345"),
        ("value", 0.76923, "0.769"),
        ("reported", True, "yes"),
        ("run_ids", ["a" * 32, "b" * 32, "c", "d", "e"], "aaaaaaaa, bbbbbbbb, c, and 2 more"),
        ("versions", [], "–"),
        ("cost_usd", None, "–"),
        ("cost_usd", float("nan"), "–"),
        ("name", "a\x1b[31m\u202eb\n", "a\\x1b[31m\\x202eb\\x0a"),
    ],
)
def test_values_are_written_in_their_unit(column: str, value: object, expected: str) -> None:
    """The column's name says the unit; what is not known is a dash; text cannot hide anything."""
    assert expected == shown(column, value)


def test_rows_may_have_units_of_their_own() -> None:
    """In a table of metrics, the value and its interval are in the row's unit, and n is not."""
    row = {"unit": "share", "value": 0.5, "low": None, "n": 7}
    assert ["50%", "–", "7"] == [cell(name, row) for name in ("value", "low", "n")]
    assert ["$2.00", "1.5 s"] == [
        cell("value", {"unit": u, "value": v}) for u, v in (("usd", 2.0), ("ms", 1500.0))
    ]


def test_headings_are_words() -> None:
    """The unit is written with the values and not in the heading."""
    assert ["cost per run", "p95", "runs"] == [heading(n) for n in ("cost_per_run_usd", "p95_ms", "runs")]


@given(st.text())
def test_text_is_always_printable(text: str) -> None:
    """No control and no direction mark survives."""
    assert not set(plain_text(text)) & set("\x00\x07\x1b\x7f\x9b\n\r\t\u202e\u2066\u200f\ufeff")
