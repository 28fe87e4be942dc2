"""A run's page when its client exports its own inner works, and when steps come from log records."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from spotlight.reports import Reports, RunFilters, open_lake
from tests.command import ROOT, spotlight
from tests.dashboards.conftest import open_run, painted, settled, visit
from tests.dashboards.invented import NOISY

pytestmark = pytest.mark.browser
SELECTED = '.row[aria-selected="true"]'
SAID = "100 of 105 spans are no steps of the agent, 3 of them with an error: hidden"


def rows(page: Any, count: int) -> None:
    """Wait until so many rows can be reached."""
    page.locator(f'.body[aria-rowcount="{count}"]').wait_for()


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Reports]:
    """Return a data folder, and its questions, with runs of which only log records were sent."""
    data = tmp_path_factory.mktemp("told") / "data"
    capture = ROOT / "tests" / "captures" / "claude-code-grpc-default"
    spotlight("load", str(capture), "--data", str(data))
    return data, open_lake(data)


@pytest.fixture(scope="module")
def told_url(told: tuple[Path, Reports], serve_lake: Any) -> Iterator[str]:
    """Return the address of dashboards over that folder."""
    with serve_lake(told[0]) as url:
        yield url


@pytest.fixture
def told_run(told: tuple[Path, Reports]) -> str:
    """Return a run told by log records in which something failed."""
    return str(told[1].runs(RunFilters(status=("error",))).column("run_id")[0].as_py())


def test_inner_works_are_hidden_and_said(page: Any, invented_url: str) -> None:
    """Far more inner works than steps: the steps are shown, what is hidden is counted, errors too.

    All rows are one more than spans: that of the loop they make.
    """
    open_run(page, invented_url, NOISY, "&loops=open")
    rows(page, 5)
    expect(page.locator(".hidden-rows:not(.later-bad)")).to_contain_text(SAID)
    for at, level in enumerate("12223"):
        expect(page.locator(".row").nth(at)).to_have_attribute("aria-level", level)
    page.get_by_role("button", name="show all").click()
    rows(page, 106)
    expect(page.locator(".hidden-rows:not(.later-bad)")).to_be_hidden()


def test_key_and_address_say_what_is_shown(page: Any, invented_url: str) -> None:
    """The key a shows all rows and back; the address keeps it; a reload and a link agree."""
    open_run(page, invented_url, NOISY, "&loops=open")
    rows(page, 5)
    page.keyboard.press("a")
    rows(page, 106)
    page.wait_for_url(re.compile("steps=all"))
    page.reload()
    rows(page, 106)
    page.keyboard.press("a")
    rows(page, 5)
    expect(page).not_to_have_url(re.compile("steps="))


def test_selected_row_is_never_hidden(page: Any, invented_url: str) -> None:
    """A link into the inner works opens there; hiding the others leaves the selected row."""
    open_run(page, invented_url, NOISY, f"&span={2:016x}&loops=open")
    rows(page, 6)
    expect(page.locator(SELECTED)).to_contain_text("submission_loop")
    page.keyboard.press("a")
    rows(page, 106)
    page.keyboard.press("j")
    page.keyboard.press("a")
    rows(page, 6)
    expect(page.locator(SELECTED)).to_contain_text("submission_loop")


def test_keys_work_in_the_panel(page: Any, invented_url: str) -> None:
    """Keys of the tree work while the panel has the focus; Escape leads back; arrows stay the panel's."""
    open_run(page, invented_url, NOISY, "&loops=open")
    rows(page, 5)
    page.keyboard.press("Enter")
    page.locator(".panel:focus").wait_for()
    page.keyboard.press("a")
    rows(page, 106)
    page.keyboard.press("a")
    rows(page, 5)
    page.keyboard.press("Enter")
    page.locator(".panel:focus").wait_for()
    painted(page)
    before = page.locator(SELECTED).get_attribute("aria-rowindex")
    page.keyboard.press("ArrowDown")
    painted(page)
    expect(page.locator(SELECTED)).to_have_attribute("aria-rowindex", before)
    page.keyboard.press("Escape")
    page.locator(".body:focus").wait_for()


def test_agents_approvals_and_handoffs_are_marked(page: Any, invented_url: str) -> None:
    """An agent's row names the agent, an approval its decision, a handoff that it is one."""
    open_run(page, invented_url, NOISY, "&loops=open")
    rows(page, 5)
    for at, said in ((0, "writer"), (1, "approved · config"), (3, "refunds"), (4, "↪ handoff")):
        expect(page.locator(".row").nth(at)).to_contain_text(said)
    expect(page.locator(".row .rail").nth(4)).to_be_visible()


def test_run_told_by_logs_says_so(page: Any, told_url: str, told_run: str) -> None:
    """The header says that no spans were sent; steps are marked, and ticks where no duration was told."""
    open_run(page, told_url, told_run)
    expect(page.locator(".st-key-run-header")).to_contain_text("from log records: no spans were sent")
    unmarked = page.locator(".row").filter(has_not=page.locator(".log-mark", has_text="log"))
    expect(unmarked).to_have_count(0)
    approval = page.locator(".row", has_text="tool_decision").first
    expect(approval).to_contain_text("accept · config")
    expect(approval.locator(".bar.moment")).to_have_css("width", "3px")


def test_step_shows_its_log_record(page: Any, told_url: str, told_run: str) -> None:
    """The panel says what the step was made from, and leads to the record as it was sent."""
    open_run(page, told_url, told_run)
    page.get_by_text("Made from a log record: no span was sent for this step.").wait_for()
    expect(page.locator(".tool .muted")).to_have_text(["not recorded"] * 2)
    page.get_by_role("button", name="show 1 record").click()
    expect(page.locator(".event.own")).to_contain_text("tool_result")
    expect(page.locator(".event.own")).to_contain_text("tool_use_id")


def test_tool_with_steps_below_is_named(page: Any, serve_lake: Any, test_data: Path, tmp_path: Path) -> None:
    """A span called after the client says which tool it was, beside how many spans are below it."""
    spotlight("load", str(test_data / "captures" / "claude-code-http-json"), "--data", str(tmp_path / "data"))
    run = str(open_lake(tmp_path / "data").runs(RunFilters(status=("error",))).column("run_id")[0].as_py())
    with serve_lake(tmp_path / "data") as url:
        open_run(page, url, run)
        expect(page.locator(SELECTED)).to_contain_text("Bash · 2")
        page.goto("about:blank")  # a page must not miss its server


def test_other_traces_have_a_list_of_their_own(page: Any, invented_url: str) -> None:
    """A quiet line leads to the traces without an agent; Back, and a link, come out where they should."""
    visit(page, f"{invented_url}/runs")
    lead = page.get_by_role("button", name="1 other trace (no agent at work)")
    lead.wait_for()
    settled(page)
    lead.click()
    page.get_by_text("1 trace · times in UTC").wait_for()
    expect(page).to_have_url(re.compile(r"\?other=1$"))
    settled(page)
    page.go_back()
    page.get_by_text("1–200 of 243 runs").wait_for()
    visit(page, f"{invented_url}/runs?other=1")
    page.get_by_text("1 trace · times in UTC").wait_for()
    settled(page)
    page.get_by_role("button", name="All runs").click()
    page.get_by_text("1–200 of 243 runs").wait_for()


def test_without_other_traces_nothing_is_said(page: Any, told_url: str) -> None:
    """Where every trace is a run there is no line about others."""
    visit(page, f"{told_url}/runs")
    page.get_by_text("2 runs · times in UTC").wait_for()
    settled(page)
    expect(page.get_by_text("no agent at work")).to_have_count(0)


def test_sidebar_keeps_the_filters_of_the_list(page: Any, invented_url: str) -> None:
    """ "Runs" beside a filtered list leaves it filtered."""
    visit(page, f"{invented_url}/runs?q=noisy")
    page.get_by_text("1 run · times in UTC").wait_for()
    settled(page)
    page.get_by_test_id("stSidebar").get_by_role("link", name="Runs").click()
    settled(page)
    expect(page.get_by_text("1 run · times in UTC")).to_have_count(1)
    expect(page.get_by_label("Search runs")).to_have_value("noisy")
    expect(page).to_have_url(re.compile("q=noisy"))
