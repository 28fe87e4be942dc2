"""The overview in a real browser: what its figures say, and where they lead."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from dashboards.addresses import filters_of
from dashboards.text import money, part
from spotlight.reports import RunFilters
from spotlight.reports.changes import changes
from spotlight.reports.overview import health
from tests.dashboards.conftest import VIEWPORT, fits_a_phone, settled, visit
from tests.dashboards.lakes import WEEK

pytestmark = pytest.mark.browser
IN_WEEK = filters_of({"since": ["2026-06-24T00:00:00Z"], "until": ["2026-07-01T00:00:00Z"]}, 0)
BEFORE = filters_of({"since": ["2026-06-17T00:00:00Z"], "until": ["2026-06-24T00:00:00Z"]}, 0)


def tile(page: Any, label: str) -> Any:
    """Return the value of a tile."""
    named = page.locator('[data-testid="stMetric"]').filter(has=page.get_by_text(label, exact=True))
    return named.locator('[data-testid="stMetricValue"]')


def rows(page: Any, label: str) -> Any:
    """Return the rows of one of our tables."""
    return page.locator(f'table[aria-label="{label}"] tbody tr')


def test_address_without_a_path_is_the_overview(page: Any, lake_url: str) -> None:
    """Opening Spotlight opens the overview; its figures are those of all samples."""
    page.goto(lake_url)
    page.wait_for_url(re.compile("/overview$"))
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()


def test_tiles_and_changes_are_the_reports_and_lead_on(page: Any, fleet: Any) -> None:
    """Tiles say what the report says, changes line by line; a failure leads to the runs that failed so."""
    visit(page, f"{fleet.url}/overview?{WEEK}")
    found = health(fleet.reports, IN_WEEK)
    expect(tile(page, "Runs")).to_have_text(f"{found.whole.runs:,}")
    expect(tile(page, "Failure rate")).to_have_text(part(found.whole.failure_rate))
    expect(tile(page, "Cost")).to_have_text(money(found.cost.cost_usd))
    told = changes(fleet.reports, IN_WEEK, BEFORE)
    settled(page)
    fits_a_phone(page)
    page.set_viewport_size(VIEWPORT)
    expect(rows(page, "What changed")).to_have_count(len(told))
    expect(rows(page, "What changed").locator(".of-subject")).to_have_text([line.subject for line in told])
    settled(page)
    rows(page, "What changed").filter(has_text="failure").first.locator("td").nth(1).click()
    page.wait_for_url(re.compile(r"/runs\?q=.*&since=2026-06-24"))
    failed = next(line for line in told if line.subject == "failure")
    assert failed.after == fleet.reports.run_count(failed.filters)
    expect(page.get_by_text(re.compile(rf"{failed.after:,} runs?.* · times in UTC"))).to_be_visible()


def test_tile_leads_to_its_runs_and_filters_go_along(page: Any, fleet: Any) -> None:
    """The link below the failure rate opens its runs; what is chosen holds on the next page, and back."""
    visit(page, f"{fleet.url}/overview?{WEEK}&tenant=acme&tz=Asia/Tokyo")
    expect(tile(page, "Task success")).to_be_visible()
    settled(page)
    page.get_by_role("link", name="Failed runs").click()
    page.wait_for_url(re.compile(r"/runs\?.*status=error"))
    failed = fleet.reports.run_count(IN_WEEK._replace(status=("error",), tenant_claimed="acme"))
    expect(page.get_by_text(re.compile(rf"{failed:,} runs? · times in Asia/Tokyo"))).to_be_visible()
    for name in ("Versions", "Overview"):
        settled(page)
        page.get_by_role("link", name=name, exact=True).click()
        expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
        for said in ("tenant=acme", r"tz=Asia(/|%2F)Tokyo", "status=error", "since=2026-06-24"):
            expect(page).to_have_url(re.compile(said))
    expect(tile(page, "Runs")).to_have_text(f"{failed:,}")


def test_filter_that_leaves_nothing_says_so(page: Any, fleet: Any) -> None:
    """A page of figures about nothing says so, and one press takes the filters away."""
    visit(page, f"{fleet.url}/overview?user=nobody")
    expect(page.get_by_text("No runs match these filters: user.")).to_be_visible()
    settled(page)
    page.get_by_role("button", name="Clear filters").click()
    expect(tile(page, "Runs")).to_have_text(f"{fleet.reports.run_count(RunFilters()):,}")
