"""A case file in a test: what a run did, as plain values to assert on. Offline, without a server.

from spotlight.testing import load_case

def test_the_mail_is_sent_once():
    run = load_case("cases/renewal.zip").run
    assert [step["tool_name"] for step in run.steps if step["kind"] == "tool"].count("send_email") == 1
"""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections import defaultdict
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa

from spotlight.errors import NotFound, SpotlightError
from spotlight.lake import Lake
from spotlight.model import REPLACED
from spotlight.reports import Reports, open_lake
from spotlight.reports.case import CaseFile, read_case
from spotlight.reports.notes import run_notes
from spotlight.reports.transcript import Transcript

_PARTS = ("runs", "steps")  # derived; a case's newest prices stand in its steps


class CaseRun:
    """One run of a case."""

    def __init__(self, reports: Reports, figures: dict[str, Any], steps: list[dict[str, Any]]) -> None:
        self._reports = reports
        self.id = str(figures["run_id"])
        self.figures = figures
        """Columns of the table `runs`: status, duration_ms, input_tokens, cost_usd, ..."""
        self.steps = steps
        """Rows of the table `steps` in their order: kind, tool_name, model, failed, error_message, ..."""

    def __repr__(self) -> str:
        return f"CaseRun({self.id!r}, {self.figures['status']}, {len(self.steps)} steps)"

    @cached_property
    def transcript(self) -> Transcript:
        """What every step said, each message once: `transcript.steps` have text, calls, arguments, result."""
        return self._reports.transcript(self.id)

    @cached_property
    def notes(self) -> list[dict[str, Any]]:
        """What people wrote on the run and its steps, and its scores."""
        entries: list[dict[str, Any]] = run_notes(self._reports, self.id)["entries"]
        return entries


class Case:
    """A case file, open for reading. It was checked against its hashes."""

    def __init__(self, file: CaseFile) -> None:
        # A lake of its own makes every question of Spotlight one that can be asked of a case.
        folder = Path(tempfile.mkdtemp(prefix="spotlight-case-"))
        _fill(folder / "lake", file)
        self.reports = open_lake(folder)
        weakref.finalize(self.reports, shutil.rmtree, folder, ignore_errors=True)  # runs outlive their case
        """Every question of Spotlight, over the rows of the case alone."""
        self.said = file.said
        """What the manifest says."""
        steps: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in file.derived["steps"].to_pylist():
            steps[row["run_id"]].append(row)
        rows = (row for row in file.derived["runs"].to_pylist() if row["is_agent_run"])
        self.runs = [CaseRun(self.reports, row, steps[row["run_id"]]) for row in rows]

    def __repr__(self) -> str:
        return f"Case({self.runs!r})"

    @property
    def run(self) -> CaseRun:
        """The run of a case that holds one, or that was made of one. Raises: SpotlightError for several."""
        asked = [run for run in self.runs if run.id in self.said["asked"]]
        if len(asked) != 1:
            ids = ", ".join(run.id for run in self.runs)
            raise SpotlightError(f"the case holds {len(asked)} runs: {ids}", hint="take one of `case.runs`")
        return asked[0]

    def __getitem__(self, run_id: str) -> CaseRun:
        """Return a run by the beginning of its id. Raises: NotFound."""
        found = [run for run in self.runs if run.id.startswith(run_id)]
        if len(found) != 1:
            raise NotFound(f"{len(found)} runs of the case begin {run_id!r}", hint="give the whole id")
        return found[0]


def load_case(path: str | Path) -> Case:
    """Return a case file, checked against its hashes. Raises: UnreadableFile with what is wrong."""
    return Case(read_case(Path(path)))


def _fill(folder: Path, file: CaseFile) -> None:
    """Make a lake of the rows of a case, runs and prices as they were when it was made."""
    lake = Lake(folder)
    tables = {**file.recorded, **{name: file.derived[name] for name in _PARTS}}
    for name, rows in tables.items():
        lake.append(name, rows)
    lake.append(REPLACED.name, _replaced(file.recorded))


def _replaced(recorded: Mapping[str, pa.Table]) -> pa.Table:
    """Return the rows that say which version of a span counts, where it has several."""
    versions: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    columns = ["tenant", "date", "received_ns", "trace_id", "span_id", "journal_position"]
    for row in recorded["spans"].select(columns).to_pylist():
        versions[row["trace_id"], row["span_id"]].append(row)
    rows = [
        row | {"newest_position": row["journal_position"]}
        for several in versions.values()
        if len(several) > 1
        for row in [max(several, key=lambda version: version["journal_position"])]
    ]
    return pa.Table.from_pylist(rows, REPLACED.schema)
