"""The transcript and the graph of a run in a real browser: one selection, keyboard, folds, hostile text."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.dashboards.conftest import settled
from tests.dashboards.invented import BIG, HOSTILE
from tests.dashboards.invented_transcript import SAID

pytestmark = pytest.mark.browser
HANDOFF = "5681991243810a32cfa5e898fd2df23a"
FITS = "(list) => list.scrollWidth <= list.clientWidth"
SELECTED = ".entry.selected"


def open_transcript(page: Any, url: str, run_id: str) -> Any:
    """Open a run as its transcript, and return the list."""
    page.goto(f"{url}/run?run={run_id}&view=transcript")
    page.locator(".entry").first.wait_for()
    page.get_by_role("tab", name="Raw").wait_for()
    settled(page)
    return page.get_by_role("feed", name="Transcript of the run")


def test_transcript_reads_and_selects(page: Any, lake_url: str) -> None:
    """It opens at the failed call, follows keys and clicks, finds words, shares its selection."""
    feed = open_transcript(page, lake_url, HANDOFF)
    expect(page.get_by_role("button", name="Transcript", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )
    expect(feed.locator(SELECTED)).to_contain_text("send_email")
    expect(feed.locator(SELECTED).first).to_contain_text("failed")
    expect(page.locator(".detail-name")).to_have_text("send_email")
    page.get_by_role("article").filter(has_text="crm_get_account").first.click()
    expect(page.locator(".detail-name")).to_have_text("crm_get_account")
    expect(feed.locator(".of-result")).to_have_count(0)
    page.keyboard.press("ArrowRight")
    expect(feed.locator(".of-result")).to_contain_text("Acme GmbH")
    page.keyboard.press("End")
    expect(page.locator(".entry:focus")).to_contain_text("the email failed (SMTP 550)")
    page.keyboard.press("/")
    page.keyboard.type("smtp 550")
    expect(feed.locator("mark").first).to_have_text("SMTP 550")
    page.keyboard.press("Escape")
    page.keyboard.press("2")
    chosen = page.locator('.row[aria-selected="true"]')
    expect(chosen).to_be_visible()
    page.keyboard.press("Home")
    page.keyboard.press("1")
    expect(feed.locator(SELECTED).first).to_be_visible()
    expect(page).to_have_url(re.compile("view=transcript"))


def test_graph_shows_and_selects(page: Any, lake_url: str) -> None:
    """Nodes with counts and failures, reached by keys; the table says the same; every step on request."""
    open_transcript(page, lake_url, HANDOFF)
    page.keyboard.press("3")
    node = page.get_by_role("button", name=re.compile("tool send_email, 2 steps, 1 failed"))
    expect(node).to_have_attribute("aria-pressed", "true")
    page.keyboard.press(" ")
    expect(page.locator(".graph")).to_be_visible()
    expect(page.locator(".reading.of-graph .toolbar")).to_contain_text("step 1 of 2")
    page.keyboard.press("ArrowUp")
    expect(node).to_have_attribute("aria-pressed", "false")
    page.get_by_text("As a table", exact=True).click()
    expect(page.get_by_role("row").filter(has_text="send_email").last).to_contain_text("gpt-4.1-mini")
    page.get_by_role("button", name="every step").click()
    expect(page.locator(".node")).to_have_count(12)  # 3 agents, 4 model calls, 4 tool calls, a hand-off


def test_hostile_text_stays_text(page: Any, invented_url: str) -> None:
    """Markup in every text and name is shown as it is; a megabyte comes in stretches; nothing runs."""
    feed = open_transcript(page, invented_url, HOSTILE)
    expect(feed.locator(".entry-text").first).to_contain_text("<script>")
    feed.get_by_role("button", name=re.compile("all of it")).first.click()
    expect(feed.get_by_role("button", name=re.compile("more: 256 KB of"))).to_be_visible()
    page.keyboard.press("3")
    expect(page.locator(".node").first).to_be_visible()
    assert page.evaluate("window.pwned") is None
    page.set_viewport_size({"width": 390, "height": 844})
    page.keyboard.press("1")
    expect(feed).to_be_visible()
    page.wait_for_function(FITS, arg=page.locator(".transcript").element_handle())


def test_long_transcript_draws_what_is_seen(page: Any, invented_url: str) -> None:
    """Of 20,000 spans a few dozen entries are in the page; the last one is reached, its text fetched."""
    feed = open_transcript(page, invented_url, BIG)
    page.locator(".transcript").focus()
    page.keyboard.press("End")
    expect(page.locator(".entry:focus")).to_be_visible()
    expect(feed.get_by_text(SAID).last).to_be_visible()
    assert page.locator(".entry").count() < 120
