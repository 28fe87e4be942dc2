"""What people write on runs, steps and sessions is kept with who and when, in every version."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from spotlight.errors import NotFound, SpotlightError
from spotlight.reports import RunFilters, open_lake
from spotlight.reports.case import select_case
from spotlight.reports.notes import run_notes
from spotlight.testing import load_case
from tests.command import ROOT, spotlight, spotlight_json
from tests.loading import load
from tests.spotlight.case_lakes import write


class Noted:
    """A data folder with one sample, a run of it that has a session, and one of its steps."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.reports = load([ROOT / "sample_traces" / "openai-openinference"], data)
        runs = self.reports.runs(RunFilters()).to_pylist()
        self.run = next(run for run in runs if run["session_id"])
        self.run_id = str(self.run["run_id"])
        steps = self.reports.ask("case_steps", {"runs": [self.run_id]}).to_pylist()
        self.span = str(steps[0]["span_id"])

    def note(self, place: str, *words: str) -> Any:
        """Run `spotlight note` and return what it prints as JSON."""
        return spotlight_json("note", place, *words, "--data", self.data)

    def entries(self) -> list[dict[str, Any]]:
        """Return what stands on the run."""
        found: list[dict[str, Any]] = run_notes(self.reports, self.run_id)["entries"]
        return found


@pytest.fixture(scope="module")
def noted(tmp_path_factory: pytest.TempPathFactory) -> Noted:
    """Return a data folder on which the tests of this module write, in their order."""
    return Noted(tmp_path_factory.mktemp("noted") / "data")


def test_a_note_on_a_step_is_edited_and_withdrawn(noted: Noted) -> None:
    """Each version says who and when; the newest counts, earlier ones stay, a withdrawal takes it away."""
    place = f"{noted.run_id[:12]}/{noted.span[:8]}"
    note_id = noted.note(place, "wrong account", "--by", "jo")["note_id"]
    assert {noted.span: 1} == run_notes(noted.reports, noted.run_id)["steps"]
    noted.note(place, "wrong account: ACME-41", "--by", "amy", "--edit", note_id)
    [entry] = noted.entries()
    assert ("wrong account: ACME-41", "amy", "span", None) == (
        entry["text"], entry["by"], entry["target"], entry["name"]
    )  # fmt: skip
    assert [("wrong account", "jo")] == [(v["text"], v["by"]) for v in entry["versions"]]
    noted.note(place, "--withdraw", note_id, "--by", "amy")
    [entry] = noted.entries()
    assert (True, None, 2) == (entry["withdrawn"], entry["text"], len(entry["versions"]))
    assert {} == run_notes(noted.reports, noted.run_id)["steps"]
    assert 0 == noted.reports._reader.query("select * from notes").num_rows
    assert 3 == noted.reports._reader.query("select * from stored_scores").num_rows


def test_notes_on_run_and_session_are_found_and_no_scores(noted: Noted) -> None:
    """A note judges nothing: it is in no report of scores, but a search finds its run and its words."""
    noted.note(noted.run_id, "look at the mail", "--by", "jo")
    noted.note(str(noted.run["session_id"]), "angry customer", "--by", "jo")
    assert [] == noted.reports.run_scores(noted.run_id)
    runs = [str(row["run_id"]) for row in noted.reports.runs(RunFilters()).to_pylist()]
    assert {noted.run_id: 1} == noted.reports.noted_runs(runs)  # that on the session is no run's
    for search, found in (
        ("has:note", True),
        ("note:mail", True),
        ("note:angry", True),
        ("missing:note", False),
    ):
        runs = spotlight_json("runs", "--find", search, "--data", noted.data)
        assert (search, found) == (search, noted.run_id in [run["run_id"] for run in runs])
    listed = spotlight("note", noted.run_id, "--data", noted.data).stdout
    assert ("look at the mail" in listed, "angry customer" in listed) == (True, True)


def test_a_score_that_is_withdrawn_counts_nowhere(noted: Noted) -> None:
    """A score taken back leaves every report, and stays in the history."""
    given = ("score", noted.run_id, "--name", "task_success", "--id", "s1", "--data", noted.data)
    spotlight(*given, "--value", "1", "--by", "jo")
    assert ["task_success"] == [score["name"] for score in noted.reports.run_scores(noted.run_id)]
    spotlight(*given, "--label", "spotlight.withdrawn", "--by", "jo")
    assert [] == noted.reports.run_scores(noted.run_id)
    [entry] = [e for e in noted.entries() if e["id"] == "s1"]
    assert (True, [1.0]) == (entry["withdrawn"], [v["value"] for v in entry["versions"]])


def test_notes_are_in_a_case_file(noted: Noted, tmp_path: Path) -> None:
    """A case holds every version of the notes on its runs, and its page shows them."""
    path = write(tmp_path / "case.zip", select_case(open_lake(noted.data), [noted.run_id]))
    assert noted.entries() == load_case(path)[noted.run_id].notes


def test_a_note_needs_a_place(noted: Noted) -> None:
    """What is neither run nor step nor session is an error with the word."""
    for place, said in ((f"{noted.run_id}/ffff", "no span beginning 'ffff'"), ("nobody", "no run 'nobody'")):
        failed = spotlight("note", place, "x", "--data", noted.data, check=False)
        assert (1, True) == (failed.returncode, said in failed.stderr)
    assert issubclass(NotFound, SpotlightError)
