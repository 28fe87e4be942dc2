"""A failure's page and what differs about its runs, in a real browser, from the list of failures on."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from dashboards.text import money, part
from spotlight.reports.failures import failure, named
from spotlight.reports.lift import lift
from spotlight.reports.reliability import reliability
from tests.dashboards.conftest import settled
from tests.dashboards.lakes import WEEK
from tests.dashboards.test_overview_page import BEFORE, IN_WEEK, rows

pytestmark = pytest.mark.browser


def test_a_failure_leads_to_its_runs_and_to_what_differs_about_them(page: Any, fleet: Any) -> None:
    """The page has the report's figures; its links open exactly those runs, and what differs about them."""
    page.goto(f"{fleet.url}/reliability?{WEEK}")
    expect(page.get_by_text(re.compile("without an end are in no rate"))).to_be_visible()
    settled(page)
    first = reliability(fleet.reports, IN_WEEK, BEFORE).signatures.to_pylist()[0]
    found = failure(fleet.reports, IN_WEEK, named(first), BEFORE)
    rows(page, "Failure signatures").first.locator("a").click()
    expect(rows(page, "Examples").locator(".of-run")).to_have_text(
        [e.row["run_id"][:8] for e in found.examples]
    )
    expect(rows(page, "By version").locator(".of-runs")).to_have_text([f"{v.runs:,}" for v in found.versions])
    tiles = page.get_by_test_id("stMetricValue")
    expect(tiles.nth(0)).to_have_text(f"{found.summary.runs:,}")
    expect(tiles.nth(4)).to_have_text(money(found.summary.cost_usd))
    settled(page)
    page.get_by_role("link", name="What differs about them").click()
    differs = lift(fleet.reports, found.search, IN_WEEK)
    told = rows(page, "Features")
    expect(told.locator(".of-value")).to_have_text([f.value for f in differs.features])
    expect(told.first.locator(".of-inside")).to_contain_text(part(differs.features[0].inside_share))
    settled(page)
    page.get_by_role("link", name=f"Open these {found.summary.runs:,} runs").click()
    expect(rows(page, "Runs")).to_have_count(found.summary.runs)


def test_which_runs_can_be_typed(page: Any, fleet: Any) -> None:
    """A search names the runs; one that cannot be read says where, and the page stays as it was."""
    page.goto(f"{fleet.url}/lift?{WEEK}")
    expect(rows(page, "Features").first).to_be_visible()
    settled(page)
    field = page.get_by_role("combobox", name="These runs")
    field.fill("durration>1s")
    expect(page.get_by_text(re.compile("did you mean duration"))).to_be_visible()
    field.fill("duration>60s")
    field.press("Enter")
    page.wait_for_url(re.compile("these=duration"))
    expect(page.get_by_text(re.compile("chosen by it: duration"))).to_be_visible()
