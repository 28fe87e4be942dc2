"""Replays in the browser: launched by a press and nothing else, watched, cancelled and gone on with."""

from __future__ import annotations

import fcntl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import expect

from replay.journal import LOCK
from replay.launch import launch
from replay.plan import make_plan
from replay.progress import read_progress
from replay.sealing import FOLDER, seal
from spotlight.reports import Reports, RunFilters
from tests.command import ROOT
from tests.dashboards.conftest import open_run
from tests.dashboards.servers import serving
from tests.loading import load
from tests.replay.counting_model import counting_model


class Served(NamedTuple):
    """Dashboards over a lake of their own, and one of its runs: four model calls."""

    url: str
    data: Path
    reports: Reports
    run_id: str


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Return dashboards over samples that a replay may write beside."""
    data = tmp_path_factory.mktemp("replays") / "data"
    reports = load([ROOT / "sample_traces" / "openai-openinference"], data)
    rows = reports.runs(RunFilters()).to_pylist()
    run_id = next(row["run_id"] for row in rows if row["generations"] == 4)
    with serving(data) as url:
        yield Served(url, data, reports, run_id)


def _choose_model(page: Any, name: str) -> None:
    models = page.get_by_role("combobox", name="Models")
    models.fill(name)
    models.press("Enter")
    models.press("Escape")  # closes what can be chosen


@pytest.mark.browser
def test_a_replay_goes_on_without_the_tab_that_launched_it(page: Any, served: Served) -> None:
    """From a step of a run over the preview to the run that came of it; nothing is written before."""
    tab = page.context.new_page()
    open_run(tab, served.url, served.run_id)
    tab.locator(".row .kind-llm, .row", has_text="ChatCompletion").nth(1).click()
    tab.get_by_role("link", name="Replay from here").click()
    expect(tab.get_by_role("spinbutton", name="From model call")).to_have_value("2")
    _choose_model(tab, "openai:gpt-4o")
    tab.get_by_role("button", name="Preview").click()
    expect(tab.get_by_text("OPENAI_API_KEY is not set")).to_be_visible()
    expect(tab.get_by_role("button", name="Launch replay")).to_have_count(0)
    tab.reload()
    expect(tab.get_by_text("openai:gpt-4o")).to_be_visible()  # what was typed stands in the address
    expect(tab.get_by_role("spinbutton", name="From model call")).to_have_value("2")
    tab.get_by_role("button", name="Preview").click()
    expect(tab.get_by_text("OPENAI_API_KEY is not set")).to_be_visible()
    tab.get_by_role("combobox", name="Models").press("Backspace")
    expect(tab.get_by_text("The form was changed since the preview")).to_be_visible()
    _choose_model(tab, "recorded")
    tab.get_by_role("button", name="Preview").click()
    expect(tab.get_by_text("3 recorded")).to_be_visible()
    assert not (served.data / FOLDER).exists()
    tab.get_by_role("button", name="Launch replay").click()
    expect(tab.get_by_text("of 1 trial ended")).to_be_visible()
    tab.close()

    page.goto(f"{served.url}/replays")
    expect(page.get_by_text("complete", exact=True)).to_be_visible()
    page.get_by_role("link", name="Its runs").click()
    rows = page.locator("tr[data-href]")
    expect(rows).to_have_count(1)
    rows.locator("a").click()
    (result,) = served.reports.runs(RunFilters(replay_of=served.run_id)).to_pylist()
    expect(page.get_by_role("heading", name=f"Run {result['run_id'][:8]}")).to_be_visible()


@pytest.mark.browser
def test_a_replay_is_cancelled_and_gone_on_with(page: Any, served: Served) -> None:
    """No call is sent after Cancel; Resume pays nothing twice, and goes on when the dashboards have ended."""
    answer = threading.Event()
    with counting_model() as model:
        model.on_call = lambda: answer.wait(60) and None
        variant = {"name": "other", "model": "openai:gpt-4o-mini", "base_url": model.url}
        document = {"runs": [served.run_id], "variants": [variant], "concurrency": 1, "allow_private": True}
        sealed = seal(make_plan(document), served.reports).sealed
        process = launch(served.data, sealed)
        with serving(served.data) as url:
            page.goto(f"{url}/replays")
            page.get_by_role("button", name="Cancel").click()
            expect(page.get_by_role("button", name="Cancelling…")).to_be_disabled()
            answer.set()
            expect(page.get_by_text("cancelled", exact=True)).to_be_visible()
            process.wait(60)
            assert 1 == sum(model.asked.values())
            answer.clear()
            page.get_by_role("button", name="Resume").click()
            expect(page.get_by_text("1 done, 1 started")).to_be_visible()
        answer.set()
        with (served.data / FOLDER / sealed.id / LOCK).open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH)  # held while a process works on the plan
        done = read_progress(served.data / FOLDER / sealed.id)
        assert ("complete", {"done": 4}) == (done.state, done.calls)
        assert 4 == sum(model.asked.values())
