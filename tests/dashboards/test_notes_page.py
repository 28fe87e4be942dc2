"""Notes in the browser: written through the collector, by nobody's page but ours."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from ingest.writer import Pace, run_writer
from spotlight.reports import Reports, RunFilters
from tests.command import ROOT
from tests.conftest import SampleLake
from tests.dashboards.conftest import open_run, visit
from tests.dashboards.servers import serving
from tests.ingest.conftest import Running
from tests.loading import load

JSON = {"content-type": "application/json"}


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Reports]]:
    """Return the address of dashboards beside a collector and a writer, and the questions to their lake."""
    data = tmp_path_factory.mktemp("notes") / "data"
    reports = load([ROOT / "sample_traces" / "openai-openinference"], data)
    collector, stop = Running(data), threading.Event()
    writer = threading.Thread(target=run_writer, args=(data, stop, Pace(wait_s=0.05)))
    writer.start()
    try:
        with serving(data) as url:
            yield url, reports
    finally:
        collector.stop()
        stop.set()
        writer.join(180)


@pytest.mark.parametrize(
    ("headers", "body", "status", "said"),
    [
        ({"content-type": "text/plain"}, "{}", 400, "not sent as 'text/plain'"),
        (JSON | {"origin": "http://evil.test"}, "{}", 400, "may not write here"),
        (JSON | {"sec-fetch-site": "cross-site"}, "{}", 403, "its own pages only"),
        (JSON, "[]", 400, "no JSON object"),
        (JSON, '{"target": "planet", "text": "x"}', 400, "no target 'planet'"),
        (JSON, '{"target": "run", "text": " "}', 400, "the note is empty"),
        (JSON, '{"target": "run", "text": "' + "x" * 90_000 + '"}', 400, "at most 80,000 bytes"),
        (JSON, '{"target": "run", "text": "x"}', 503, "no collector runs"),
    ],
    ids=["form", "other page", "cross-site", "list", "target", "empty", "too long", "no collector"],
)
def test_what_may_not_be_written(
    lake_url: str, sample_lake: SampleLake, headers: dict[str, str], body: str, status: int, said: str
) -> None:
    """Other sites' pages, forms, nonsense and too much are refused; so is a note nobody could store."""
    path = f"{lake_url}/api/runs/{sample_lake.runs[0]}/notes"
    answer = httpx.post(path, content=body, headers=headers, timeout=60)
    assert (status, True) == (answer.status_code, said in answer.text), answer.text


def test_a_note_from_the_browser(up: tuple[str, Reports], page: Any) -> None:
    """A reader writes, sees the mark in the tree, edits, sees the history, withdraws; the name is kept."""
    from playwright.sync_api import expect

    url, reports = up
    run_id = str(reports.runs(RunFilters()).column("run_id")[0].as_py())
    open_run(page, url, run_id, "&view=tree")
    page.get_by_role("tab", name="Notes").click()
    hostile = "<img src=x onerror=alert(1)> **wrong** account"
    page.get_by_label("Note", exact=True).fill(hostile)
    page.get_by_label("Your name").fill("jo")
    page.get_by_role("button", name="Save").click()
    entry = page.locator(".annotation")
    expect(entry.locator(".text").first).to_have_text(hostile)
    expect(entry.locator(".note-who")).to_have_text(re.compile("^jo · .* on this step$"))
    expect(page.locator(".row", has_text="✎ 1")).to_have_count(1)
    entry.get_by_role("button", name="edit").click()
    page.locator(".annotation").get_by_label("Note", exact=True).fill("wrong account: ACME-41")
    page.get_by_role("button", name="Save new version").click()
    expect(entry.locator(".text").first).to_have_text("wrong account: ACME-41")
    expect(entry.locator("summary")).to_have_text("1 earlier version")
    entry.get_by_role("button", name="withdraw").click()
    expect(entry).to_contain_text("Note withdrawn")
    expect(page.get_by_label("Your name").last).to_have_value("jo")
    with page.expect_download() as loading:
        page.get_by_role("link", name="OTLP JSON").click()
    assert f"run-{run_id[:8]}.otlp.jsonl" == loading.value.suggested_filename
    lines = Path(loading.value.path()).read_text().splitlines()
    assert ["resourceSpans", "resourceLogs"] == [next(iter(json.loads(line))) for line in lines]
    assert "ACME-41" in lines[1]


def test_the_list_marks_runs_with_notes(page: Any, invented_url: str) -> None:
    """The run somebody wrote on says how many notes it has; without any the list has no such column."""
    from playwright.sync_api import expect

    visit(page, f"{invented_url}/runs?status=error")
    expect(page.locator("tr[data-href] td.of-notes", has_text="✎ 2")).to_have_count(1)
