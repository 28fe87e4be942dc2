"""The sessions pages in a real browser: the list is the report's, and a session is read as turns."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from dashboards.text import money
from dashboards.views.session import NOT_SENT
from spotlight.reports.sessions import session, session_count, sessions
from tests.dashboards.conftest import settled
from tests.dashboards.lakes import WEEK
from tests.dashboards.test_overview_page import IN_WEEK, rows

pytestmark = pytest.mark.browser


def opened(page: Any, url: str) -> None:
    """Open the list and wait until all of it is drawn."""
    page.goto(url)
    expect(rows(page, "Sessions").first).to_be_visible()
    settled(page)


def test_list_is_the_reports_rows(page: Any, fleet: Any) -> None:
    """The newest sessions are listed with turns, failures and cost; or those with most turns, when asked."""
    opened(page, f"{fleet.url}/sessions?{WEEK}")
    found = sessions(fleet.reports, IN_WEEK).to_pylist()
    shown = rows(page, "Sessions")
    expect(shown.locator(".of-session")).to_have_text([row["session_id"] for row in found])
    expect(shown.locator(".of-turns")).to_have_text([f"{row['turns']:,}" for row in found])
    expect(shown.locator(".of-failed")).to_have_text([str(row["failed"] or "") for row in found])
    for at in (0, len(found) - 1):
        expect(shown.nth(at).locator(".of-cost")).to_contain_text(money(found[at]["cost_usd"]))
    count = session_count(fleet.reports, IN_WEEK)
    expect(page.get_by_text(f"{count:,} sessions · times in UTC")).to_be_visible()
    page.get_by_role("combobox", name="Order").click()
    page.get_by_role("option", name="most turns").click()
    first = sessions(fleet.reports, IN_WEEK, "most_turns", 1).to_pylist()[0]
    expect(rows(page, "Sessions").first.locator(".of-session")).to_have_text(first["session_id"])


def test_row_opens_the_session_and_a_turn_its_run(page: Any, fleet: Any) -> None:
    """A click opens the conversation: all its turns in order; each leads to its run."""
    opened(page, f"{fleet.url}/sessions?{WEEK}&tz=Asia/Tokyo")
    first = sessions(fleet.reports, IN_WEEK).to_pylist()[0]
    rows(page, "Sessions").first.locator("td").nth(2).click()
    page.wait_for_url(re.compile(r"/session\?id="))
    found = session(fleet.reports, first["session_id"], limit=50)
    links = page.get_by_role("link", name="Open the run")
    expect(links).to_have_count(len(found.turns))
    expect(page.get_by_text(NOT_SENT["user"])).to_have_count(
        sum(turn.question is None for turn in found.turns)
    )
    expect(page.get_by_text(re.compile("JST")).first).to_be_visible()
    settled(page)
    links.first.click()
    page.wait_for_url(re.compile(f"/run\\?(.*&)?run={found.turns[0].run_id}"))


def test_session_that_does_not_exist_is_said(page: Any, fleet: Any) -> None:
    """An address of no session says so."""
    page.goto(f"{fleet.url}/session?id=nobody")
    expect(page.get_by_text("no session 'nobody'")).to_be_visible()
