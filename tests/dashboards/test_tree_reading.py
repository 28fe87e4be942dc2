"""The tree of a run in a real browser: loops, what is shown of a row, help, and runs of great length."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from spotlight.reports import RunFilters, open_lake
from tests.command import spotlight
from tests.dashboards.conftest import open_run
from tests.dashboards.invented import LONGEST, NOISY
from tests.dashboards.test_readings import HANDOFF

pytestmark = pytest.mark.browser
SELECTED = '.row[aria-selected="true"]'


def test_loops_columns_and_clock(page: Any, invented_url: str) -> None:
    """A hundred repeats are one row that says what failed within; choices are keys, a menu, the address."""
    open_run(page, invented_url, NOISY, "&steps=all")
    body = page.locator(".body")
    expect(body).to_have_attribute("aria-rowcount", "4")
    loop = page.locator(".row", has_text="submission_loop")
    expect(loop).to_contain_text("×100")
    expect(loop).to_contain_text("⚠ 3 errors inside")
    for name, value in (("aria-level", "2"), ("aria-posinset", "1"), ("aria-setsize", "2")):
        expect(loop).to_have_attribute(name, value)
    loop.click()
    page.keyboard.press("ArrowRight")
    expect(loop.first).to_have_attribute("aria-expanded", "true")
    expect(body).to_have_attribute("aria-rowcount", "106")
    page.keyboard.press("e")
    expect(page.locator(SELECTED)).to_contain_text("⚠ error")
    expect(page.get_by_role("status").filter(has_text="other submission_loop, error")).to_have_count(1)
    expect(page.locator(".axis")).not_to_contain_text(":")
    page.keyboard.press("z")
    expect(page.locator(".axis")).to_contain_text(re.compile(r"\d\d:\d\d:\d\d\.\d\d\d"))
    expect(page).to_have_url(re.compile("times=clock"))
    page.get_by_text("view ▾").click()
    page.get_by_role("checkbox", name="cost").uncheck()
    expect(page.locator(".head .cost")).to_have_css("visibility", "hidden")
    expect(page).to_have_url(re.compile("columns=tokens%2Cduration"))
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    page.get_by_role("dialog", name="Keys").get_by_text("critical path").wait_for()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keys")).to_have_count(0)
    page.reload()
    expect(page.locator(".head .cost")).to_have_css("visibility", "hidden")


def test_50000_spans_open_and_scroll(page: Any, invented_url: str) -> None:
    """The longest run holds no more rows than fit, and its last step is one key away."""
    open_run(page, invented_url, LONGEST, "&loops=open")
    tree = page.get_by_role("treegrid", name="Spans of the run")
    expect(tree).to_have_attribute("aria-rowcount", re.compile(r"^5[012]\d{3}$"))
    tree.focus()
    page.keyboard.press("End")
    page.locator(f'{SELECTED}[aria-rowindex="{tree.get_attribute("aria-rowcount")}"]').wait_for()
    assert page.locator(".row").count() < 60


def test_codex_opens_at_its_steps(page: Any, serve_lake: Any, test_data: Path, tmp_path: Path) -> None:
    """Six hundred spans of a client's inner works and three model calls: the calls are what is seen."""
    spotlight("load", str(test_data / "captures" / "codex-grpc"), "--data", str(tmp_path / "data"))
    runs = open_lake(tmp_path / "data").runs(RunFilters()).to_pylist()
    longest = max(runs, key=lambda run: run["spans"])
    with serve_lake(tmp_path / "data") as url:
        open_run(page, url, longest["run_id"])
        expect(page.locator(".hidden-rows:not(.later-bad)")).to_contain_text("are no steps of the agent")
        page.locator('.row:has(.glyph[title="llm"])').first.wait_for()
        page.keyboard.press("a")
        expect(page.locator(".hidden-rows:not(.later-bad)")).to_be_hidden()
        page.goto("about:blank")  # a page must not miss its server


def test_what_was_searched_for_is_marked_in_the_tree(page: Any, lake_url: str) -> None:
    """What a search found is marked at the steps that say it, not only in names; n goes on to the next."""
    open_run(page, lake_url, HANDOFF, "&find=SMTP+550")
    page.get_by_text(re.compile(r"“SMTP 550” is said in \d steps?")).wait_for()
    expect(page.locator(".row.hit").first).to_be_visible()
    page.get_by_role("treegrid").focus()
    page.keyboard.press("Home")
    page.keyboard.press("n")
    expect(page.locator(f"{SELECTED}.hit")).to_have_count(1)
