"""`spotlight.open`: a lake in a notebook, and the worked example of the docs."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import duckdb
import pandas as pd
import pytest

import spotlight
from spotlight.errors import SpotlightError
from spotlight.notebook import OpenLake
from tests.command import ROOT
from tests.conftest import SampleLake
from tests.spotlight import report_lakes


@pytest.fixture
def lake(sample_lake: SampleLake) -> OpenLake:
    """Return the samples, open for reading."""
    return spotlight.open(sample_lake.data)


def test_importing_spotlight_is_cheap() -> None:
    """The package itself loads none of the libraries that `open` needs."""
    heavy = "{'duckdb', 'pandas', 'pyarrow', 'deltalake', 'numpy', 'spotlight.notebook'}"
    code = f"import sys, spotlight; print(sorted({heavy} & set(sys.modules)), callable(spotlight.open))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "[] True\n" == done.stdout


def test_nothing_else_is_in_the_package() -> None:
    """A name that is not there is an AttributeError, as of any module."""
    with pytest.raises(AttributeError, match="nope"):
        spotlight.nope  # type: ignore[attr-defined]  # noqa: B018


def test_every_view_is_there_in_every_form(lake: OpenLake) -> None:
    """Arrow, pandas and DuckDB give as many rows and the same columns of each view."""
    with lake:
        connection = lake.duckdb()
        for view in lake.views():
            arrow, frame, relation = lake.arrow(view), lake.pandas(view), connection.table(view)
            assert arrow.num_rows == len(frame) == relation.shape[0], view
            assert arrow.column_names == list(frame.columns) == relation.columns, view


def test_views_of_an_empty_lake(tmp_path: Path) -> None:
    """Before anything came in, every view is there and has no rows."""
    report_lakes.empty(tmp_path)
    with spotlight.open(tmp_path) as lake:
        assert {0} == {len(lake.pandas(view)) for view in lake.views()}


def test_unknown_is_na_and_integers_are_exact(lake: OpenLake) -> None:
    """A missing number is NA, neither 0 nor NaN, and nanoseconds keep their last digit."""
    frame, arrow = lake.pandas("runs"), lake.arrow("runs")
    assert sorted(arrow.column("started_ns").to_pylist()) == sorted(frame["started_ns"].tolist())
    assert arrow.column("cost_usd").null_count == int(frame["cost_usd"].isna().sum())
    assert (pd.Int64Dtype(), pd.Float64Dtype()) == (frame["input_tokens"].dtype, frame["duration_ms"].dtype)


def test_columns_can_be_chosen(lake: OpenLake) -> None:
    """Only what is asked for is read, in that order."""
    assert ["status", "run_id"] == list(lake.pandas("runs", ["status", "run_id"]).columns)


@pytest.mark.parametrize(
    "sql",
    ["create table lake_copy as select 1", "delete from runs", "copy runs to 'runs.csv'",
     "select * from read_csv('/etc/passwd')", "set enable_external_access = true", "attach 'x.db'"],
)  # fmt: skip
def test_a_connection_cannot_change_the_lake(lake: OpenLake, sql: str) -> None:
    """It writes to no file and no view, and reads no file but the lake's; tables of one's own go with it."""
    with lake:
        connection = lake.duckdb()
        before = connection.sql("select count(*) from runs").fetchall()
        if sql.startswith("create"):
            connection.execute(sql)
        else:
            with pytest.raises(duckdb.Error):
                connection.execute(sql)
        assert before == connection.sql("select count(*) from runs").fetchall()


def test_frames_of_ones_own_can_be_joined(lake: OpenLake) -> None:
    """What is registered on a connection stands beside the views."""
    with lake:
        connection = lake.duckdb()
        connection.register("owners", pd.DataFrame({"status": ["error"], "owner": ["sam"]}))
        found = connection.sql("select distinct owner from runs join owners using (status)").fetchall()
    assert [("sam",)] == found


def test_closing_closes_what_was_given_out(lake: OpenLake) -> None:
    """After the with block its connections are closed."""
    with lake:
        connection = lake.duckdb()
    with pytest.raises(duckdb.ConnectionException):
        connection.execute("select 1")


def test_a_report_is_what_the_command_makes(lake: OpenLake) -> None:
    """Sections hold Arrow tables; filters are typed as on the command line."""
    made = lake.report("cost", lake.filters(since="2020-01-01"), by=["pack"])
    rows = made.sections[0].table
    assert ("cost", "pack") == (made.subject, rows.column_names[0])
    assert lake.reports.run_count(lake.filters()) >= made.runs


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda lake: lake.pandas("nope"), "no view 'nope'"),
        (lambda lake: lake.arrow("runs; drop table x"), "no view"),
        (lambda lake: lake.arrow("runs", ["nope"]), "no column 'nope'"),
        (lambda lake: lake.filters(nope=1), "no filter 'nope'"),
        (lambda lake: lake.report("nope"), "no report 'nope'"),
    ],
    ids=["view", "sql", "column", "filter", "report"],
)
def test_mistakes_are_named(lake: OpenLake, ask: object, said: str) -> None:
    """A name that does not exist is an error that lists those that do."""
    with pytest.raises(SpotlightError, match=said):
        ask(lake)  # type: ignore[operator]


def test_a_folder_without_a_lake_is_an_error(tmp_path: Path) -> None:
    """Nothing is made where nothing is."""
    with pytest.raises(SpotlightError, match="no lake in"):
        spotlight.open(tmp_path)
    assert [] == list(tmp_path.iterdir())


def blocks(page: str) -> list[tuple[str, str]]:
    """Return the code blocks of a page, each with the output that follows it."""
    found = re.findall(r"```python\n(.*?)```\n(?:\n```text\n(.*?)```\n)?", page, re.DOTALL)
    return [(code, said) for code, said in found]


def test_the_example_of_the_docs_runs(
    sample_lake: SampleLake, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every block of docs/notebooks.md runs on the samples and prints what stands below it."""
    monkeypatch.chdir(sample_lake.data.parent)
    page = (ROOT / "docs" / "notebooks.md").read_text(encoding="utf-8")
    page = page.replace('"spotlight-data"', repr(sample_lake.data.name))
    names: dict[str, object] = {}
    expected, printed = [], []
    for code, said in blocks(page):
        exec(code, names)
        expected.append(said)
        printed.append(capsys.readouterr().out)
    assert (True, expected) == (len(expected) >= 7, printed)
