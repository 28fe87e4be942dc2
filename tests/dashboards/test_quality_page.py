"""The quality page in a real browser: its figures are the reports', its marks open the runs behind them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from dashboards.views.metrics import NOT_REPORTED, TOLD, figure_of, interval_of
from dashboards.views.scores import written
from spotlight.reports.quality import quality, scores_by_name, worst_runs
from tests.dashboards.conftest import settled, visit
from tests.dashboards.lakes import WEEK
from tests.dashboards.test_overview_page import IN_WEEK, rows, tile

pytestmark = pytest.mark.browser
BEHIND = "Runs behind the figure"


def opened(page: Any, url: str) -> None:
    """Open the page and wait until all of it is drawn."""
    visit(page, url)
    expect(page.get_by_text("runs were judged for success")).to_be_visible()
    settled(page)


def expect_tiles(page: Any, metrics: Any) -> None:
    """Expect a tile per metric that says its value, or that nothing was reported."""
    for metric in metrics:
        said = figure_of(metric, metric.value) if metric.reported else NOT_REPORTED
        expect(tile(page, TOLD[metric.name].label)).to_have_text(said)


def test_figures_are_the_reports(page: Any, fleet: Any) -> None:
    """Tiles, scores and worst runs are the reports', with intervals; what nobody sends says how."""
    opened(page, f"{fleet.url}/quality?{WEEK}")
    found = quality(fleet.reports, IN_WEEK)
    metrics = found.metrics
    assert {True, False} == {metric.reported for metric in metrics}
    expect_tiles(page, metrics)
    expect(page.get_by_text(f"{interval_of(metrics[0])} · n = {metrics[0].n:,}")).to_be_visible()
    page.locator(".st-key-tile-untold-user_corrections").get_by_role("button", name="How to send it").click()
    expect(page.get_by_text("send a score named user_correction")).to_be_visible()
    page.keyboard.press("Escape")
    listed = scores_by_name(fleet.reports, IN_WEEK).to_pylist()
    shown = rows(page, "All scores")
    expect(shown.locator(".of-name")).to_have_text([row["name"] for row in listed])
    expect(shown.locator(".of-value")).to_have_text([written(row["measure"], row["value"]) for row in listed])
    expect(shown.locator(".of-n")).to_have_text([f"{row['n']:,}" for row in listed])
    worst = [row["run_id"][:8] for row in found.worst.to_pylist()]
    for at in (0, len(worst) - 1):
        expect(rows(page, "Worst runs").nth(at).locator(".of-run")).to_have_text(worst[at])
    rows(page, "Worst runs").first.locator("a").click()
    page.wait_for_url(re.compile(f"/run\\?run={found.worst.column('run_id')[0].as_py()}"))


def test_tile_opens_the_runs_behind_it(page: Any, fleet: Any) -> None:
    """The runs that did not do their task are listed, and the address names them."""
    opened(page, f"{fleet.url}/quality?{WEEK}")
    runs = quality(fleet.reports, IN_WEEK).metrics[0].runs
    page.get_by_role("button", name="Runs that did not").click()
    expect(rows(page, BEHIND).locator(".of-run")).to_have_text([run[:8] for run in runs])
    expect(page).to_have_url(re.compile("behind="))


def test_score_opens_the_runs_that_have_it(page: Any, fleet: Any) -> None:
    """A row and a dot of a score open the runs of that version, the lowest first."""
    opened(page, f"{fleet.url}/quality?{WEEK}&score=success")
    expect(page.get_by_text("share of 1, 95% interval")).to_be_visible()
    first = scores_by_name(fleet.reports, IN_WEEK).to_pylist()[0]
    only = IN_WEEK._replace(pack_name=first["pack"], pack_version=first["version"])
    lowest = worst_runs(fleet.reports, only, (first["name"],), 50).to_pylist()
    rows(page, "All scores").first.locator("td").nth(1).click()
    expect(rows(page, BEHIND).locator(".of-run")).to_have_text([row["run_id"][:8] for row in lowest])
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    settled(page)
    page.locator('.st-key-score-versions path[aria-roledescription="circle"]').first.click()
    expect(page.get_by_role("dialog").get_by_text("judged by success, the lowest first")).to_be_visible()


def test_spread_opens_the_runs_of_its_version(page: Any, fleet: Any) -> None:
    """A field of the spread opens the runs that have the score."""
    opened(page, f"{fleet.url}/quality?{WEEK}&score=quality")
    page.locator('.st-key-spread-numbers path[aria-roledescription="rect mark"]').first.click()
    expect(page.get_by_role("dialog").get_by_text("judged by quality, the lowest first")).to_be_visible()
