"""Every SQL file says what it answers, and fits the tables as they are."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest

from spotlight.lake import empty_connection
from spotlight.reports.questions import MACROS, question

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted(
    p for name in ("spotlight", "ingest", "dashboards", "replay") for p in (ROOT / name).rglob("*.sql")
)
PLACES = [str(path.relative_to(ROOT)) for path in FILES]
STRING_OR_COMMENT = re.compile(r"'(?:[^']|'')*'|--[^\n]*")


class SqlFile(NamedTuple):
    """A SQL file taken apart."""

    purpose: str
    grain: str
    params: list[str]
    body: str


def read(place: str) -> SqlFile:
    """Return the parts of a SQL file; parts that its header lacks are empty."""
    text = (ROOT / place).read_text(encoding="utf-8")
    lines = text.splitlines()
    header = " ".join(
        line[2:].strip() for line in lines[: next(i for i, t in enumerate(lines) if t[:2] != "--")]
    )
    pattern = r"(?P<purpose>.+?)\s*(?P<grain>One row(?: per .+?)?\.)\s*params: (?P<params>.+)"
    match = re.fullmatch(pattern, header)
    if match is None:
        return SqlFile(header, "", [], text)
    params = [] if match["params"] == "none" else [name.strip() for name in match["params"].split(",")]
    return SqlFile(match["purpose"], match["grain"], params, text)


def names_in(body: str) -> set[str]:
    """Return the $names that the SQL itself uses."""
    return set(re.findall(r"\$([a-z_][a-z0-9_]*)", STRING_OR_COMMENT.sub("", body)))


def is_definition(body: str) -> bool:
    """Whether the file defines a macro or view instead of asking."""
    return STRING_OR_COMMENT.sub("", body).lower().lstrip().startswith("create")


def test_there_are_sql_files() -> None:
    """The files are found: a moved folder would otherwise pass by being empty."""
    assert len(FILES) >= 5


@pytest.mark.parametrize("place", PLACES)
def test_header_says_purpose_grain_and_params(place: str) -> None:
    """A SQL file opens with what it is for, what one row is, and its parameters."""
    found = read(place)
    assert (True, True) == (found.purpose.endswith("."), found.grain.endswith(".")), found


@pytest.mark.parametrize("place", PLACES)
def test_declared_params_are_the_used_ones(place: str) -> None:
    """The header names exactly the parameters that the SQL uses."""
    found = read(place)
    assert sorted(names_in(found.body)) == sorted(found.params)


@pytest.mark.parametrize("place", PLACES)
def test_sql_fits_the_schema(place: str) -> None:
    """DuckDB can prepare the file against the tables as they are, with nothing but what it needs."""
    body = read(place).body
    with empty_connection(body, tuple(question(name) for name in MACROS)) as schema:
        if not is_definition(body):
            schema.execute(f"prepare question as {body}")
            prepared = schema.execute("select name from duckdb_prepared_statements()").fetchall()
            assert [("question",)] == prepared
