"""The context tab of a model call in a real browser: marks, jumps, and when a phrase left."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.dashboards.conftest import open_run

pytestmark = pytest.mark.browser
# Its second call comes without the instructions of the first, and with a call and its answer more.
RUN, FIRST, SECOND = "320e1ce8109ca29f0fa7bb26b29bbbfa", "a59749f5da8cd483", "4132cdb218bb01b3"


def test_context_of_a_call(page: Any, lake_url: str) -> None:
    """What a call saw is listed with marks; a phrase that left is found and leads to the call that had it."""
    open_run(page, lake_url, RUN, f"&span={SECOND}")
    page.get_by_role("tab", name="Context").click()
    panel = page.get_by_role("tabpanel")
    expect(panel.get_by_text("4 parts · 96 characters")).to_be_visible()
    expect(panel.get_by_role("list", name="Share of the context by source")).to_contain_text(
        "tool: send_email"
    )
    expect(panel.locator(".part-line .mark-word")).to_have_text(["dropped", "kept", "kept", "added", "added"])
    expect(panel.get_by_text("Broken: message 1 was system, is user")).to_be_visible()
    gone = panel.get_by_role("button", name=re.compile("dropped.*system"))
    gone.focus()
    page.keyboard.press("Enter")
    expect(gone).to_have_attribute("aria-expanded", "true")
    expect(panel.locator(".part-body")).to_have_text("You are a renewal assistant.")
    panel.get_by_label("Find when a phrase left the context").fill("renewal assistant")
    page.keyboard.press("Enter")
    found = panel.get_by_role("status")
    expect(found).to_contain_text("Held by 1 of 2 calls")
    expect(found).to_contain_text("the message was dropped")
    found.get_by_role("button", name=re.compile("which held it")).click()
    page.wait_for_url(re.compile(FIRST))
    expect(panel.get_by_text("Compared with nothing")).to_be_visible()
