"""The reliability page in a real browser: failures, tools, memory and safety are the reports' figures."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from dashboards.text import part
from dashboards.views.failure_tables import TRENDS, rate_told
from dashboards.views.metrics import NOT_REPORTED, by_name, figure_of
from dashboards.views.reliability import TILES
from spotlight.reports import Reports
from spotlight.reports.memory import memory
from spotlight.reports.overview import health
from spotlight.reports.reliability import reliability
from spotlight.reports.safety import safety
from tests.dashboards.conftest import settled, visit
from tests.dashboards.lakes import WEEK
from tests.dashboards.test_overview_page import BEFORE, IN_WEEK, rows
from tests.dashboards.test_quality_page import BEHIND, expect_tiles

pytestmark = pytest.mark.browser


def opened(page: Any, url: str) -> None:
    """Open the page and wait until all of it is drawn."""
    visit(page, url)
    expect(page.get_by_text(re.compile("without an end are in no rate"))).to_be_visible()
    settled(page)


def expect_rows(page: Any, name: str, metrics: Any) -> None:
    """Expect a row per metric with its value, or how to send it."""
    told = [figure_of(metric, metric.value) if metric.reported else NOT_REPORTED for metric in metrics]
    expect(rows(page, name).locator(".of-metric")).to_have_text([metric.title for metric in metrics])
    expect(rows(page, name).locator(".of-value")).to_have_text(told)
    expect(rows(page, name).locator(".of-how")).to_have_text([metric.how for metric in metrics])


def test_metrics_are_the_reports_figures(page: Any, fleet: Any) -> None:
    """Tiles and tables say what the reports say, or how to send it; a tool opens runs in which it failed."""
    opened(page, f"{fleet.url}/reliability?{WEEK}")
    found = by_name(reliability(fleet.reports, IN_WEEK).metrics)
    expect_tiles(page, [found[name] for name in TILES])
    rest = [metric for name, metric in found.items() if name not in TILES]
    expect_rows(page, "Retries, loops and checkpoints", rest)
    expect_rows(page, "Memory", memory(fleet.reports, IN_WEEK))
    expect_rows(page, "Safety", safety(fleet.reports, IN_WEEK).metrics)
    tools = reliability(fleet.reports, IN_WEEK).tools.to_pylist()
    shown = rows(page, "Tools")
    expect(shown.locator(".of-tool")).to_have_text([row["tool"] for row in tools])
    expect(shown.locator(".of-rate")).to_have_text(
        [rate_told(row["error_rate"], row["error_low"], row["error_high"]) for row in tools]
    )
    expect_signatures(page, fleet.reports)
    settled(page)
    shown.first.locator("a").click()
    expect(rows(page, BEHIND).locator(".of-run")).to_have_text([run[:8] for run in tools[0]["run_ids"]])


def expect_signatures(page: Any, reports: Reports) -> None:
    """Each failure has its runs and its trend against the week before; a trend can be chosen."""
    found = reliability(reports, IN_WEEK, BEFORE).signatures.to_pylist()
    shown = rows(page, "Failure signatures")
    expect(shown.locator(".of-signature")).to_have_text([row["error_signature"] for row in found])
    expect(shown.locator(".of-trend")).to_have_text([TRENDS[row["trend"]] for row in found])
    expect(shown.locator(".of-runs")).to_have_text([f"{row['runs']:,}" for row in found])
    gone = [row for row in found if row["trend"] == "gone"]
    page.get_by_role("radio", name=f"gone · {len(gone)}").click()
    expect(shown.locator(".of-signature")).to_have_text([row["error_signature"] for row in gone])


def test_point_and_version_open_their_failed_runs(page: Any, fleet: Any) -> None:
    """A point of the failure rate opens exactly the failed runs that it counts; so does a version's dot."""
    opened(page, f"{fleet.url}/reliability?{WEEK}&tz=Asia/Tokyo")
    steps = health(fleet.reports, IN_WEEK).steps
    ended = [step for step in steps if step.runs > step.incomplete]
    at = max(range(len(ended)), key=lambda place: ended[place].failed)
    page.locator('.st-key-failures path[aria-roledescription="circle"]').nth(at).hover()
    expect(page.locator("#vg-tooltip-element")).to_contain_text(part(ended[at].failure_rate))
    expect(page.locator("#vg-tooltip-element")).to_contain_text("JST")
    page.locator('.st-key-failures path[aria-roledescription="circle"]').nth(at).click()
    expect(rows(page, BEHIND)).to_have_count(ended[at].failed)
    expect(rows(page, BEHIND).locator(".of-status")).to_have_text(["▲ failed"] * ended[at].failed)
    settled(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    settled(page)
    page.locator('.st-key-failure-versions path[aria-roledescription="circle"]').first.click()
    expect(page.get_by_role("dialog").get_by_text(re.compile("status: error"))).to_be_visible()
    settled(page)
    page.get_by_role("link", name="Open in the list of runs").click()
    page.wait_for_url(re.compile(r"/runs\?(?=.*status=error)(?=.*version=)"))
