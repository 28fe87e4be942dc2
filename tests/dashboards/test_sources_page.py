"""The sources page in a real browser: over the samples, over hostile sources, over nothing."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.dashboards.conftest import fits_a_phone, settled, visit
from tests.dashboards.invented_span import MARKUP

pytestmark = pytest.mark.browser


def table(page: Any, name: str) -> Any:
    """Return the table of this name once it has rows and stays as it is."""
    found = page.get_by_role("table", name=name)
    found.locator("tbody tr").first.wait_for()
    settled(page)
    return found


def test_every_source_is_listed(page: Any, lake_url: str, sample_lake: Any) -> None:
    """The navigation leads to a list with a row per source, and those with a problem are counted."""
    visit(page, lake_url)
    lead = page.get_by_role("link", name="Sources", exact=True)
    lead.wait_for()
    settled(page)
    lead.click()
    sources = sample_lake.reports.sources()
    expect(table(page, "Sources").locator("tbody tr")).to_have_count(len(sources))
    odd = sum(any(hint["level"] == "problem" for hint in facts["hints"]) for facts in sources)
    page.get_by_text(re.compile(rf"^{len(sources)} sources · {odd} with a problem$")).wait_for()
    fits_a_phone(page)  # the table scrolls by itself


def test_a_source_opens_with_its_keys_and_hints(page: Any, lake_url: str, sample_lake: Any) -> None:
    """A click opens a source at an address of its own, which shows what to do and every key."""
    scope = "openinference.instrumentation.anthropic"
    visit(page, f"{lake_url}/sources")
    table(page, "Sources").locator("tr", has_text=scope).first.click()
    page.wait_for_url(re.compile(f"/source\\?.*scope={scope}&signal=traces"))
    facts = next(f for f in sample_lake.reports.sources() if f["scope_name"] == scope)
    rows = table(page, "Attribute keys").locator("tbody tr")
    expect(rows).to_have_count(facts["mapped_keys"] + facts["unmapped_keys"])
    expect(rows.filter(has_text="llm.input_messages.N.message.role")).to_have_count(1)
    for hint in facts["hints"]:
        page.get_by_text(hint["text"], exact=True).first.wait_for()
        page.get_by_text(hint["advice"], exact=True).first.wait_for()
    page.reload()
    table(page, "Attribute keys")
    page.get_by_role("link", name="All sources").click()
    table(page, "Sources")
    page.wait_for_url(re.compile("/sources$"))


def test_the_period_is_in_the_address(page: Any, lake_url: str) -> None:
    """A period in the address holds for the list and for the sources opened from it."""
    visit(page, f"{lake_url}/sources?period=24h")
    table(page, "Sources").locator("tr", has_text="openinference.instrumentation.anthropic").first.click()
    page.wait_for_url(re.compile("/source\\?.*within=24h"))
    table(page, "Attribute keys")
    page.get_by_role("link", name="All sources").click()
    page.wait_for_url(re.compile("/sources\\?period=24h"))


def test_an_unknown_source_is_said_to_be(page: Any, lake_url: str) -> None:
    """An address of a source that sent nothing says so."""
    visit(page, f"{lake_url}/source?service=nobody&signal=traces")
    page.get_by_text("This source has sent nothing in this time.").wait_for()


def test_hostile_names_and_keys_stay_text(page: Any, invented_url: str) -> None:
    """Markup in a service, a scope, a vocabulary or a key is shown as text."""
    visit(page, f"{invented_url}/sources")
    row = table(page, "Sources").locator("tbody tr", has_text=MARKUP[:20]).first
    row.click()
    keys = table(page, "Attribute keys")
    expect(keys.locator("tbody tr", has_text=MARKUP[:20])).to_have_count(1)
    expect(keys.locator("tbody tr", has_text="other keys")).to_have_count(1)
    assert page.evaluate("window.pwned") is None
    expect(page.locator("table img, table script, h3 img")).to_have_count(0)
