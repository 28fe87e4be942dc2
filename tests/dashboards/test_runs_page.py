"""The runs page in a real browser, over the samples."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from spotlight.reports import RunFilters, open_lake
from tests.command import spotlight
from tests.conftest import SAMPLES
from tests.dashboards.conftest import settled, visit

pytestmark = pytest.mark.browser
ROWS = "tr[data-href]"


def count_line(count: int) -> re.Pattern[str]:
    """Return how the page says that it lists `count` runs."""
    return re.compile(rf"^{count} runs? · times in UTC$")


def opened(page: Any, url: str) -> None:
    """Open a list of runs and wait until it is drawn."""
    visit(page, url)
    drawn(page)


def drawn(page: Any) -> None:
    """Wait until a list of runs is drawn and stays as it is."""
    page.locator(ROWS).first.wait_for()
    settled(page)


def test_page_counts_every_run(page: Any, lake_url: str, sample_lake: Any) -> None:
    """The list holds all runs of the lake, and the tiles say how many failed."""
    opened(page, f"{lake_url}/runs")
    page.get_by_text(count_line(len(sample_lake.runs))).wait_for()
    summary = sample_lake.reports.runs_summary(RunFilters())
    tile = page.locator('[data-testid="stMetric"]', has_text="Failed")
    expect(tile.locator('[data-testid="stMetricValue"]')).to_have_text(str(summary.failed))


def test_address_carries_the_filter(page: Any, lake_url: str, sample_lake: Any) -> None:
    """An address with a status lists the runs with that status."""
    for status in ("ok", "error", "incomplete"):
        opened(page, f"{lake_url}/runs?status={status}")
        page.get_by_text(count_line(sample_lake.reports.run_count(RunFilters(status=(status,))))).wait_for()


def test_filter_lands_in_the_address(page: Any, lake_url: str, sample_lake: Any) -> None:
    """Pressing a status and typing a search write both into the address."""
    opened(page, f"{lake_url}/runs")
    page.get_by_role("button", name="failed", exact=True).click()
    failed = sample_lake.reports.run_count(RunFilters(status=("error",)))
    page.get_by_text(count_line(failed)).wait_for()
    settled(page)
    page.get_by_role("combobox", name="Search runs").fill("mailbox")
    found = sample_lake.reports.run_count(RunFilters(status=("error",), query="mailbox"))
    assert found < failed
    page.get_by_text(count_line(found)).wait_for()
    page.wait_for_url(re.compile("status=error"))
    page.wait_for_url(re.compile("q=mailbox"))


def test_run_opens_and_the_way_back_keeps_filters(page: Any, lake_url: str, sample_lake: Any) -> None:
    """A click in a row opens its run; Back, "All runs" and the sidebar lead to the same list."""
    page.goto(f"{lake_url}/?status=error&order=slowest")
    drawn(page)
    filters = RunFilters(status=("error",), order="slowest")
    first = sample_lake.reports.runs(filters).column("run_id").to_pylist()[0]
    reading = page.get_by_role("feed", name="Transcript of the run")
    count = sample_lake.reports.run_count(filters)
    page.locator(f"{ROWS} .of-error").first.click()
    page.wait_for_url(re.compile(f"/run\\?run={first}"))

    def is_open() -> None:
        expect(page.locator(ROWS)).to_have_count(0)  # what is left of the list would pass for the list
        reading.wait_for()
        settled(page)

    def is_listed() -> None:
        expect(reading).to_have_count(0)
        page.get_by_text(count_line(count)).wait_for()
        expect(page.locator(ROWS)).to_have_count(count)
        settled(page)

    is_open()
    page.go_back()
    is_listed()
    expect(page).to_have_url(f"{lake_url}/runs?status=error&order=slowest")
    page.go_forward()
    is_open()
    for way in ("All runs", "Runs"):
        page.reload()
        is_open()
        page.get_by_role("link", name=way, exact=True).click()
        is_listed()
        expect(page).to_have_url(re.compile("^(?!.*run=).*status=error"))
        page.go_back()
        is_open()


def test_one_click_after_a_filter_opens(page: Any, lake_url: str, sample_lake: Any) -> None:
    """The first click after a status was pressed opens the run under it."""
    opened(page, f"{lake_url}/runs")
    page.get_by_role("button", name="failed", exact=True).click()
    failed = sample_lake.reports.runs(RunFilters(status=("error",))).column("run_id").to_pylist()
    page.get_by_text(count_line(len(failed))).wait_for()
    expect(page.locator(ROWS)).to_have_count(len(failed))  # the line above may change before the rows do
    settled(page)
    page.locator(f"{ROWS} .of-name").nth(1).click()
    page.wait_for_url(re.compile(f"/run\\?run={failed[1]}"))


def test_sidebar_leads_to_the_run_opened_last(page: Any, lake_url: str) -> None:
    """There is no way to "Run" before one was opened; then it leads there again."""
    page.goto(f"{lake_url}/runs")  # in a session of its own
    drawn(page)
    page.get_by_role("link", name="Runs", exact=True).wait_for()
    expect(page.get_by_role("link", name="Run", exact=True)).to_have_count(0)
    run_id = re.search("run=([0-9a-f]+)", page.locator(ROWS).first.get_attribute("data-href"))[1]
    page.locator(f"{ROWS} a").first.click()
    page.wait_for_url(re.compile(f"/run\\?run={run_id}"))
    page.get_by_role("feed", name="Transcript of the run").wait_for()
    expect(page.locator(ROWS)).to_have_count(0)
    settled(page)
    page.get_by_role("link", name="All runs").click()
    page.wait_for_url(re.compile("^(?!.*run=)"))
    drawn(page)
    page.get_by_role("link", name="Run", exact=True).click()
    page.wait_for_url(re.compile(f"/run\\?run={run_id}"))


def test_errors_are_typed_and_whole_rows_shown(page: Any, lake_url: str) -> None:
    """An error is "type: message"; the list ends with a whole row."""
    opened(page, f"{lake_url}/runs?q=mailbox")
    page.locator(".of-error", has_text="MailError: SMTP 550").first.wait_for()
    assert 2 == page.locator(".runs-frame").evaluate(
        "frame => Math.round(parseFloat(frame.style.maxHeight)) % 28"
    )


def test_nothing_matches_is_said(page: Any, lake_url: str, sample_lake: Any) -> None:
    """A filter that leaves nothing says so, and one press takes it away."""
    visit(page, f"{lake_url}/runs?q=no-run-has-this")
    page.get_by_text("No runs match these filters").wait_for()
    settled(page)
    page.get_by_role("button", name="Clear filters").click()
    page.get_by_text(count_line(len(sample_lake.runs))).wait_for()


def test_new_runs_appear_by_themselves(page: Any, tmp_path: Path, serve_lake: Any) -> None:
    """A page left open shows runs that arrive after it."""
    data = tmp_path / "data"
    first, second = SAMPLES / "anthropic-openinference", SAMPLES / "adk-latest-content"
    spotlight("load", str(first), "--data", str(data))
    with serve_lake(data) as url:
        opened(page, f"{url}/runs")
        before = open_lake(data).run_count(RunFilters())
        page.get_by_text(count_line(before)).wait_for()
        spotlight("load", str(second), "--data", str(data))
        after = open_lake(data).run_count(RunFilters())
        assert before < after
        page.get_by_text(count_line(after)).wait_for()
        page.goto("about:blank")  # a page must not miss its server


def test_hostile_names_stay_text(page: Any, invented_url: str) -> None:
    """A run whose every field is markup runs nothing and loads nothing in the list."""
    opened(page, f"{invented_url}/runs?order=failed+first")
    page.get_by_text("1–200 of 243 runs").wait_for()
    page.locator('[data-testid="stSelectbox"]', has_text="Session").click()
    page.get_by_role("option").first.wait_for()
    assert page.evaluate("window.pwned") is None


def test_second_page_goes_on(page: Any, invented_url: str) -> None:
    """More than 200 runs are paged, and the address names the page."""
    opened(page, f"{invented_url}/runs?page=2")
    page.get_by_text("201–243 of 243 runs").wait_for()


def test_tiles_stand_in_pairs_on_a_phone(page: Any, lake_url: str) -> None:
    """On 390 px two tiles share a row, without charts, and the page does not scroll sideways."""
    page.set_viewport_size({"width": 390, "height": 844})
    opened(page, f"{lake_url}/runs")
    tiles = page.locator('[data-testid="stMetric"]')
    tiles.nth(1).wait_for()
    side_by_side = "(a) => a[0].getBoundingClientRect().y === a[1].getBoundingClientRect().y"
    page.wait_for_function(side_by_side, arg=tiles.element_handles()[:2])
    chart = page.locator('[data-testid="stMetricChart"]').first
    chart.wait_for(state="attached")
    expect(chart).to_be_hidden()
    page.wait_for_function("() => document.documentElement.scrollWidth <= 390")
