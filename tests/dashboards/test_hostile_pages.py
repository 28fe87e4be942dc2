"""The pages of figures over runs in which every text is an attack, in a real browser: shown, never obeyed.

One module, because its pages are of one server: each is drawn by the scripts that the first has loaded.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.dashboards.conftest import settled, visit
from tests.dashboards.test_overview_page import rows

pytestmark = pytest.mark.browser
DAYS = "since=2026-11-19T20:00:00Z&until=2026-11-20T16:00:00Z"


def expect_nothing_ran(page: Any) -> None:
    """Expect that no script of an attack ran, and that nothing of it became an element."""
    settled(page)
    assert page.evaluate("window.pwned") is None
    assert 0 == page.locator("img[src*='evil'], script:text('pwned')").count()


def test_overview_stays_text(page: Any, hostile: Any) -> None:
    """Names that are markup run nothing, load nothing, and are shown as they are."""
    visit(page, f"{hostile.url}/overview?{DAYS}")
    expect(rows(page, "What changed").first).to_be_visible()
    expect(rows(page, "Versions").filter(has_text="<script>").first).to_be_visible()
    expect_nothing_ran(page)


def test_cost_stays_text(page: Any, hostile: Any) -> None:
    """Names that are markup run nothing and load nothing in charts, tables, tooltips and the dialog."""
    visit(page, f"{hostile.url}/cost?{DAYS}")
    page.locator(".st-key-bars path[aria-roledescription=bar]").first.hover()
    expect(page.locator("#vg-tooltip-element")).to_contain_text("<script>")
    flow = page.locator(".st-key-flow canvas").first
    box = flow.bounding_box()
    flow.hover(position={"x": 6, "y": box["height"] / 2})
    rows(page, "Cost by two dimensions").first.locator("td").nth(2).click()
    expect(page.get_by_role("dialog")).to_contain_text("<script>")
    expect_nothing_ran(page)


def test_latency_stays_text(page: Any, hostile: Any) -> None:
    """Names that are markup run nothing and load nothing in charts, tables and tooltips."""
    visit(page, f"{hostile.url}/latency?since=2026-11-18T00:00:00Z&until=2026-11-20T16:00:00Z&whom=user")
    page.locator(".st-key-lines path[aria-roledescription=circle]").last.hover()
    expect(page.locator("#vg-tooltip-element")).to_contain_text("<script>")
    for table in ("Tools", "Models", "Runs by", "Slowest steps"):
        expect(rows(page, table).filter(has_text="<script>").first).to_be_visible()
    expect_nothing_ran(page)


def test_quality_stays_text(page: Any, hostile: Any) -> None:
    """A score, its labels and versions that are markup run nothing and load nothing, also behind a click."""
    visit(page, f"{hostile.url}/quality?time=all+time")
    expect(rows(page, "All scores").first).to_contain_text("<script>")
    rows(page, "All scores").first.locator("td").nth(1).click()
    expect(page.get_by_role("dialog")).to_contain_text("<script>")
    expect_nothing_ran(page)


def test_reliability_stays_text(page: Any, hostile: Any) -> None:
    """Failures, tools and versions that are markup run nothing and load nothing."""
    visit(page, f"{hostile.url}/reliability?{DAYS}")
    expect(rows(page, "Failure signatures").first).to_contain_text("<script>")
    expect(rows(page, "Tools").first).to_contain_text("<script>")
    page.locator('.st-key-failure-versions path[aria-roledescription="circle"]').first.hover()
    expect(page.locator("#vg-tooltip-element")).to_contain_text("<script>")
    page.locator('.st-key-failure-versions path[aria-roledescription="circle"]').first.click()
    expect(page.get_by_role("dialog")).to_contain_text("<script>")
    expect_nothing_ran(page)


def test_sessions_stay_text(page: Any, hostile: Any) -> None:
    """A session whose id is markup runs nothing and loads nothing, in the list and when it is opened."""
    visit(page, f"{hostile.url}/sessions?time=all+time")
    expect(rows(page, "Sessions").first).to_contain_text("<script>")
    rows(page, "Sessions").first.locator("td").nth(1).click()
    page.wait_for_url(re.compile(r"/session\?id="))
    expect(page.get_by_role("heading").filter(has_text="<script>")).to_be_visible()
    expect(page.get_by_role("link", name="Open the run").first).to_be_visible()
    expect_nothing_ran(page)


def test_versions_stay_text(page: Any, hostile: Any) -> None:
    """Versions that are markup are chosen, compared, drawn and opened as text."""
    visit(page, f"{hostile.url}/versions?time=all+time")
    expect(rows(page, "Versions").first).to_contain_text("<script>")
    expect(rows(page, "Scorecard").first).to_be_visible()
    page.get_by_role("combobox", name="Before").click()
    expect(page.get_by_role("option").first).to_contain_text("<script>")
    page.keyboard.press("Escape")
    page.locator('.st-key-timeline path[aria-roledescription="circle"]').first.hover()
    expect(page.locator("#vg-tooltip-element")).to_contain_text("<script>")
    expect_nothing_ran(page)


def test_failures_stay_text(page: Any, hostile: Any) -> None:
    """What errors say is nobody's markup, in lists, headings and links."""
    visit(page, f"{hostile.url}/failure?time=all+time")
    rows(page, "Failure signatures").first.locator("a").click()
    expect(rows(page, "Examples").first).to_contain_text("<script>")
    expect(page.get_by_test_id("stMetricValue").first).to_be_visible()
    expect_nothing_ran(page)
