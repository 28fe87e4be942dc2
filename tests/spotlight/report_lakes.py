"""What tests of reports share: lakes to report on, a hostile text, and the command line in this process."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from typer.testing import CliRunner, Result

from benchmarks.lake_rows import write_lake
from spotlight.cli.main import app
from spotlight.lake import Lake
from spotlight.reports import Reports, open_lake

UNTIL = dt.date(2026, 6, 30)
# What a page, a spreadsheet, a terminal and a chart must all show as plain text.
HOSTILE = '=cmd|"/c calc"!A1<script>alert(1)</script><img src=x onerror=alert(2)>\x1b[31m\u202e&"\''


def run(*words: object) -> Result:
    """Return what the command line did with these words, in this process; its errors are not caught."""
    return CliRunner().invoke(app, [str(word) for word in words])


def empty(folder: Path) -> Reports:
    """Return the questions to a lake whose tables have no rows."""
    Lake(folder / "lake")
    return open_lake(folder)


def made_up(folder: Path, spans: int = 3_000) -> Reports:
    """Return the questions to six days of made-up runs, the last of them `UNTIL`."""
    write_lake(folder / "lake", spans, days=6, until=UNTIL, at_once=True)
    return open_lake(folder)
