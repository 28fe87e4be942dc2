"""`spotlight report`: every report in every form, on a lake without rows and on the samples."""

from __future__ import annotations

import csv
import html
import io
import json
from pathlib import Path
from typing import NamedTuple

import pyarrow.parquet as pq
import pytest

from spotlight.errors import SpotlightError
from spotlight.reports import Reports, RunFilters, open_lake
from spotlight.reports.export import html_page, write_csv, write_json, write_parquet
from spotlight.reports.export.subjects import SUBJECTS, report
from spotlight.reports.moments import moment_ns
from tests.command import spotlight
from tests.conftest import SampleLake
from tests.spotlight import report_lakes
from tests.spotlight.report_lakes import run

NOW_NS = moment_ns("2026-07-01", 0)


class Lakes(NamedTuple):
    """Data folders by name."""

    empty: Path
    samples: Path
    made_up: Path


@pytest.fixture(scope="module")
def lakes(tmp_path_factory: pytest.TempPathFactory, sample_lake: SampleLake) -> Lakes:
    """Return a folder without rows, one with the samples, and one with some days of made-up runs."""
    empty, made_up = tmp_path_factory.mktemp("empty"), tmp_path_factory.mktemp("made-up")
    report_lakes.empty(empty)
    report_lakes.made_up(made_up)
    return Lakes(empty, sample_lake.data, made_up)


@pytest.fixture(scope="module", params=["empty", "made_up"])
def reports(request: pytest.FixtureRequest, lakes: Lakes) -> Reports:
    """Return the questions to a lake without rows, and to one with rows for every table."""
    return open_lake(getattr(lakes, request.param))


@pytest.mark.parametrize("subject", SUBJECTS)
def test_every_report_in_every_form(reports: Reports, subject: str) -> None:
    """Whatever is in the lake, every table of a report is written, and reads as what it says it is."""
    made = report(reports, subject, RunFilters(), now_ns=NOW_NS)
    said = io.BytesIO()
    write_json([made], said)
    document = json.loads(said.getvalue())
    assert (subject, True) == (document["report"], len(made.sections) > 0)
    for section, told in zip(made.sections, document["sections"], strict=True):
        rows, columns = io.BytesIO(), io.BytesIO()
        write_csv(section.table, rows)
        write_parquet(section.table, columns)
        heading, *lines = csv.reader(io.StringIO(rows.getvalue().decode(), newline=""))
        again = pq.read_table(columns)
        assert section.table.column_names == again.column_names == heading == told["columns"]
        assert section.table.num_rows == again.num_rows == len(lines) == len(told["rows"])
    page = html_page([made], made.title)
    titles = [html.escape(section.title) for section in made.sections]
    assert titles == [title for title in titles if f"<h2>{title}</h2>" in page]


@pytest.mark.parametrize("form", ["table", "json", "csv", "parquet", "html"])
def test_the_command_writes_every_form(lakes: Lakes, form: str) -> None:
    """What --format names is what stands on stdout."""
    done = run("report", "versions", "--format", form, "--data", lakes.made_up)
    assert (0, None) == (done.exit_code, done.exception)
    begins = {"table": b"\nPacks and versions", "json": b"{", "csv": b"pack_name,", "parquet": b"PAR1",
              "html": b"<!doctype html>"}  # fmt: skip
    assert done.stdout_bytes.startswith(begins[form])


def test_all_reports_in_one_file(lakes: Lakes, tmp_path: Path) -> None:
    """`report all` is one page, with every report in it and links to each."""
    page = tmp_path / "all.html"
    done = spotlight("report", "all", "-o", page, "--data", lakes.samples)
    text = page.read_text(encoding="utf-8")
    assert ("", f"wrote {page}\n") == (done.stdout, done.stderr)
    assert list(SUBJECTS) == [
        name for name in SUBJECTS if f'href="#{name}"' in text and f'id="{name}"' in text
    ]


def test_hostile_names_stay_text_on_the_way(lakes: Lakes) -> None:
    """A filter that looks like a formula, a tag or SQL is looked for, shown, and does nothing."""
    done = run("report", "cost", "--pack", report_lakes.HOSTILE, "--format", "html", "--data", lakes.made_up)
    assert (0, False) == (done.exit_code, "<script" in done.stdout)
    assert "&lt;script&gt;" in done.stdout


def test_sums_are_those_of_the_dimension(lakes: Lakes) -> None:
    """The rows of a division add up to the cost of all steps of the lake."""
    words = ("report", "cost", "--by", "pack,model", "--json", "--data", lakes.made_up)
    rows = json.loads(run(*words).stdout)["sections"][0]["rows"]
    query = "select sum(cost_usd) as cost from steps"
    whole = open_lake(lakes.made_up).user_query(query, limit=1).to_pylist()[0]["cost"]
    assert pytest.approx(whole) == sum(row["cost_usd"] or 0 for row in rows)


def test_filters_narrow(lakes: Lakes) -> None:
    """A report of one pack and window has as many runs as the list of them."""
    words = ("--pack", "coder", "--since", "2026-06-26", "--until", "2026-06-28", "--data", lakes.made_up)
    said = json.loads(run("report", "latency", *words, "--json").stdout)
    filters = RunFilters(
        pack_name="coder", since_ns=moment_ns("2026-06-26", 0), until_ns=moment_ns("2026-06-28", 0)
    )
    assert open_lake(lakes.made_up).run_count(filters) == said["runs"] > 0
    assert {"since": "2026-06-26 00:00 UTC", "until": "2026-06-28 00:00 UTC"} == said["window"]


def test_data_on_stdout_and_talk_on_stderr(lakes: Lakes) -> None:
    """A program that reads CSV sees rows alone; that there are other tables is said beside it."""
    done = spotlight("report", "cost", "--format", "csv", "--data", lakes.made_up)
    assert "others with --section: cost_by_day" in done.stderr
    assert done.stdout.startswith("pack,model,")


def test_another_table_of_a_report(lakes: Lakes) -> None:
    """--section picks; one that is not there is an error that names those that are."""
    words = ("report", "cost", "--format", "csv", "--data", lakes.made_up, "--section")
    assert run(*words, "cost_per_run").stdout.startswith("pack,version,runs,")
    assert "one of cost, cost_by_day" in str(run(*words, "nope").exception)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["report", "nope"], "no report 'nope'"),
        (["report", "cost", "--by", "nope"], "no such dimension"),
        (["report", "cost", "--by", "pack,pack"], "cannot divide by"),
        (["report", "memory", "--by", "pack"], "takes no --by"),
        (["report", "cost", "--against", "previous"], "takes no --against"),
        (["report", "bridge", "--against", "previous"], "no window before all times"),
        (["report", "bridge", "--against", "1.0.0"], "is a version"),
        (["report", "cost", "--since", "soon"], "'soon' is no time"),
        (["report", "all", "--by", "pack"], "all reports together"),
        (["report", "cost", "-o", "report.doc"], "says no form"),
        (["report", "all", "--format", "csv"], "neither CSV nor Parquet"),
    ],
)
def test_what_cannot_be_asked_is_refused(lakes: Lakes, words: list[str], said: str) -> None:
    """A mistake is an error that says what would be right, and writes nothing."""
    done = run(*words, "--data", lakes.made_up)
    assert (SpotlightError, "", True) == (type(done.exception), done.stdout, said in str(done.exception))


@pytest.mark.parametrize(
    ("against", "words"),
    [
        ("previous", "after: 2026-06-28 00:00 UTC to 2026-06-30 00:00 UTC; before: 2026-06-26 00:00 UTC to"),
        ("2026-06-25..2026-06-27", "before: 2026-06-25 00:00 UTC to 2026-06-27 00:00 UTC"),
    ],
)
def test_what_is_compared_is_said(lakes: Lakes, against: str, words: str) -> None:
    """A bridge names both of its sides."""
    filters = RunFilters(since_ns=moment_ns("2026-06-28", 0), until_ns=moment_ns("2026-06-30", 0))
    reports = open_lake(lakes.made_up)
    made = report(reports, "bridge", filters, now_ns=NOW_NS, held_against=against)
    assert words in " ".join(made.sections[0].notes)


def test_two_versions_side_by_side(lakes: Lakes) -> None:
    """--version against --against gives the scorecard of both, before the list of versions."""
    words = ("--pack", "coder", "--version", "3.1.0", "--against", "3.0.0", "--json", "--data", lakes.made_up)
    sections = json.loads(run("report", "versions", *words).stdout)["sections"]
    assert ["scorecard", "versions"] == [section["name"] for section in sections]
    assert "version 3.0.0" in " ".join(sections[0]["notes"])
