"""The search field in a real browser: what is typed is kept, completed, explained and found."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from playwright.sync_api import expect

from spotlight.reports import RunFilters
from spotlight.reports.find.passages import passages
from tests.dashboards.conftest import settled

pytestmark = pytest.mark.browser


def field(page: Any) -> Any:
    """Return the search field."""
    return page.get_by_role("combobox", name="Search runs")


def test_typed_at_once_completed_explained_and_kept(page: Any, lake_url: str, sample_lake: Any) -> None:
    """Text typed before the page is whole stays; it is completed, explained, and kept in the address."""
    page.goto(f"{lake_url}/runs")
    field(page).wait_for()  # and not the page
    field(page).press_sequentially("tool:crm_g")
    option = page.get_by_role("option", name=re.compile("^crm_get_account, tool called"))
    option.wait_for()
    field(page).press("ArrowDown")
    expect(option).to_have_attribute("aria-selected", "true")
    field(page).press("Enter")
    expect(field(page)).to_have_value("tool:crm_get_account ")
    field(page).press("Enter")
    page.wait_for_url(re.compile(r"q=tool%3Acrm_get_account"))
    found = sample_lake.reports.run_count(RunFilters(query="tool:crm_get_account"))
    assert 0 < found < len(sample_lake.runs)
    page.get_by_text(re.compile(rf"^{found} runs? · times in UTC$")).wait_for()
    field(page).press_sequentially("status:eror")
    field(page).press("Enter")
    page.get_by_text("did you mean error?").wait_for()
    expect(field(page)).to_have_attribute("aria-invalid", "true")
    expect(page).to_have_url(re.compile(r"q=tool%3Acrm_get_account$"))  # what cannot be read goes nowhere
    page.get_by_role("button", name="Clear search").click()
    page.get_by_text(re.compile(rf"^{len(sample_lake.runs)} runs · times in UTC$")).wait_for()
    page.go_back()
    expect(field(page)).to_have_value("tool:crm_get_account")
    page.get_by_text(re.compile(rf"^{found} runs? · times in UTC$")).wait_for()
    settled(page)  # links of the sidebar are drawn last
    page.get_by_role("link", name="Cost").click()
    page.wait_for_url(re.compile(r"/cost\?.*q=tool%3Acrm_get_account"))
    expect(field(page)).to_have_value("tool:crm_get_account")


def test_views_are_written_by_our_own_pages_alone(lake_url: str) -> None:
    """Another site's page, a form and an unknown page are refused; nothing is kept."""
    view = {"action": "save", "name": "x", "page": "runs", "query": {"q": ["a"]}}
    address = f"{lake_url}/api/find/views"
    foreign = httpx.post(address, json=view, headers={"origin": "http://elsewhere.example"})
    form = httpx.post(address, data={"name": "x"})
    elsewhere = httpx.post(address, json=view | {"page": "../evil"})
    assert [400, 400, 400] == [answer.status_code for answer in (foreign, form, elsewhere)]
    assert {"views": []} == httpx.get(address).json()


def test_a_view_keeps_which_failure_is_shown(lake_url: str) -> None:
    """What names a failure, or a part of a figure, in the address is kept, what no page asks for is not."""
    address = f"{lake_url}/api/find/views"
    query = {"signature": ["boom"], "step": ["tool x"], "type": ["E"], "region": ["1,2,3.0,4.0"]}
    view = {"name": "boom", "page": "failure", "query": query | {"page": ["3"], "odd": ["1"]}}
    kept = httpx.post(address, json=view | {"action": "save"}).json()["views"]
    assert [view | {"query": query}] == kept
    assert {"views": []} == httpx.post(address, json={"action": "delete", "name": "boom"}).json()


def test_words_are_marked_where_they_stand(page: Any, lake_url: str, sample_lake: Any) -> None:
    """A phrase lists the steps that say it, marked; a row opens the run there and asks to mark it, too."""
    page.goto(f"{lake_url}/runs?q=%22renewal%20assistant%22")
    told = page.get_by_role("list", name="Where it is said")
    first = passages(sample_lake.reports, RunFilters(query='"renewal assistant"')).rows[0]
    expect(told.locator("mark").first).to_have_text(first.found)
    told.get_by_role("link").first.click()
    page.wait_for_url(re.compile(r"/run\?run="))
    said = parse_qs(urlsplit(page.url).query)
    assert ([first.run_id], [first.span_id]) == (said["run"], said["span"])
    assert ["renewal assistant"] == said["find"]
    expect(page.get_by_role("searchbox", name="Search the transcript")).to_have_value("renewal assistant")
    expect(page.locator("mark").first).to_be_visible()


def test_views_are_saved_opened_renamed_and_deleted(page: Any, lake_url: str) -> None:
    """A view keeps the page with its filters under any name, which is shown as text."""
    name = "<img src=x onerror=alert(1)> failed"
    page.goto(f"{lake_url}/runs?status=error&q=tool%3Acrm_get_account")
    field(page).wait_for()
    settled(page)
    page.get_by_role("button", name="Views").click()
    page.get_by_role("textbox", name="Name of the view").fill(name)
    page.get_by_role("button", name="Save", exact=True).click()
    view = page.get_by_role("link", name=name)
    view.wait_for()
    page.goto(f"{lake_url}/cost")
    page.get_by_role("button", name="Views").click()
    view.click()
    page.wait_for_url(re.compile(r"/runs\?.*status=error.*"))
    expect(field(page)).to_have_value("tool:crm_get_account")
    page.get_by_role("button", name="Views").click()
    page.get_by_role("button", name=f"Rename {name}").click()
    page.get_by_role("textbox", name=f"New name of {name}").fill("plain")
    page.get_by_role("button", name="Rename", exact=True).click()
    page.get_by_role("button", name="Delete plain").click()
    page.get_by_text("No views yet").wait_for()
