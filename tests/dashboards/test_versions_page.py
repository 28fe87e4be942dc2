"""The versions page in a real browser: the list, the time line, and two chosen versions side by side."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from dashboards.text import money
from dashboards.views.scorecard import WORDS, newest_two
from dashboards.views.versions import interval
from spotlight.reports import Reports
from spotlight.reports.scorecard import scorecard
from spotlight.reports.versions import versions
from tests.dashboards.conftest import settled, visit
from tests.dashboards.lakes import WEEK
from tests.dashboards.test_overview_page import IN_WEEK, rows
from tests.dashboards.test_quality_page import BEHIND

pytestmark = pytest.mark.browser


def opened(page: Any, url: str) -> None:
    """Open the page and wait until all of it is drawn."""
    visit(page, url)
    expect(page.get_by_text("Failure and success with 95% intervals")).to_be_visible()
    settled(page)


def expect_card(page: Any, found: Any) -> None:
    """Expect the scorecard to say what the report says."""
    shown = rows(page, "Scorecard")
    expect(shown.locator(".of-metric")).to_have_text([row.title for row in found.rows])
    expect(shown.locator(".of-word")).to_have_text([WORDS[row.word] for row in found.rows])
    expect(shown.locator(".of-after_n")).to_have_text([f"{row.after.n:,}" for row in found.rows])
    expect(page.get_by_text(f"{found.before_runs:,} runs before, {found.after_runs:,} after")).to_be_visible()


def choose(page: Any, label: str, name: str) -> None:
    """Choose a version in a selectbox."""
    page.get_by_role("combobox", name=label).click()
    page.get_by_role("option", name=name, exact=True).click()


def test_list_is_the_reports_rows(page: Any, fleet: Any) -> None:
    """Versions are listed, the newest first, with intervals and cost; a dot and a row open their runs."""
    opened(page, f"{fleet.url}/versions?{WEEK}")
    found = versions(fleet.reports, IN_WEEK).to_pylist()
    shown = rows(page, "Versions")
    expect(shown.locator(".of-version")).to_have_text([row["pack_version"] for row in found])
    expect(shown.locator(".of-runs")).to_have_text([f"{row['runs']:,}" for row in found])
    expect(shown.locator(".of-failed")).to_have_text(
        [interval(row["failure_rate"], row["failure_low"], row["failure_high"]) for row in found]
    )
    expect(shown.locator(".of-cost")).to_have_text([money(row["cost_per_run_usd"]) for row in found])
    expect_chosen_compared(page, fleet.reports, found)
    page.locator('.st-key-timeline path[aria-roledescription="circle"]').first.click()
    expect(rows(page, BEHIND).first).to_be_visible()
    settled(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    settled(page)
    first = found[0]
    rows(page, "Versions").first.locator("td").nth(1).click()
    page.wait_for_url(re.compile(rf"/runs\?(?=.*version={re.escape(first['pack_version'])})"))
    expect(page.get_by_text(re.compile(rf"{first['runs']:,} runs · times in UTC"))).to_be_visible()


def expect_chosen_compared(page: Any, reports: Reports, listed: list[dict[str, Any]]) -> None:
    """At first the newest two of a pack stand side by side; then those that were chosen."""
    keys = [(row["pack_name"], row["pack_version"]) for row in listed]
    sides = [IN_WEEK._replace(pack_name=keys[at][0], pack_version=keys[at][1]) for at in newest_two(keys)]
    expect_card(page, scorecard(reports, *sides))
    other = next(key for key in keys if key[0] != sides[1].pack_name)
    choose(page, "Before", " ".join(other))
    before = IN_WEEK._replace(pack_name=other[0], pack_version=other[1])
    expect_card(page, scorecard(reports, before, sides[1]))
    settled(page)
    before_runs = page.get_by_role("link", name="Runs before")
    chosen = rf"runs\?(?=.*pack={other[0]})(?=.*version={re.escape(other[1])})"
    expect(before_runs).to_have_attribute("href", re.compile(chosen))
