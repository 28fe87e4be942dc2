"""The run page in a real browser: tree, panel, keyboard, addresses, and what is odd or hostile."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from spotlight.reports import RunFilters
from tests.dashboards.conftest import open_run, painted, visit
from tests.dashboards.invented import BIG, HOSTILE

pytestmark = pytest.mark.browser
ADK_RUN, ADK_CALL = "8da9aa5a455f46d5f24ca2086ec6fa50", "75ecc67861b9789c"
SELECTED = '.row[aria-selected="true"]'


@pytest.fixture
def failed_run(sample_lake: Any) -> dict[str, Any]:
    """Return the newest failed sample run with a failed tool."""
    rows = sample_lake.reports.runs(RunFilters(status=("error",))).to_pylist()
    return next(r for r in rows if r["failed_tool_calls"])


def test_run_opens_at_its_first_failure(page: Any, lake_url: str, failed_run: dict[str, Any]) -> None:
    """The failed tool is selected, its error shown, and the reason said; above it stands who and when."""
    open_run(page, lake_url, failed_run["run_id"])
    page.get_by_text(re.compile("Opened at the first (failed tool|error): ")).wait_for()
    expect(page.locator(SELECTED)).to_contain_text(re.compile("error|failed"))
    expect(page.get_by_role("alert").locator("strong")).not_to_be_empty()
    expect(page.get_by_role("tab", name="Tool")).to_have_attribute("aria-selected", "true")
    expect(page.locator(".tool h4")).to_have_text(["Arguments", "Result"])
    for said in (failed_run["run_id"][:8], "failed", failed_run["session_id"], failed_run["user_id"], " UTC"):
        expect(page.locator(".st-key-run-header")).to_contain_text(said)


def test_selection_is_in_the_address(page: Any, lake_url: str, failed_run: dict[str, Any]) -> None:
    """A selected span is in the address; the address opens at it again."""
    open_run(page, lake_url, failed_run["run_id"])
    page.wait_for_url(re.compile("span=[0-9a-f]{16}"))
    opened, steps = page.url, page.evaluate("history.length")
    clicked = page.locator(".row", has_text="L").last
    clicked.click()
    expect(clicked).to_have_attribute("aria-selected", "true")
    page.wait_for_url(lambda url: url != opened)
    assert steps == page.evaluate("history.length")  # Back leaves the run
    place, said = clicked.get_attribute("aria-rowindex"), clicked.text_content()
    page.reload()
    expect(page.locator(SELECTED)).to_have_text(said)
    expect(page.locator(SELECTED)).to_have_attribute("aria-rowindex", place)
    page.get_by_role("tab", name="Raw").wait_for()
    expect(page.get_by_text("Opened at the first")).to_have_count(0)


def test_keyboard_reaches_everything(page: Any, lake_url: str, failed_run: dict[str, Any]) -> None:
    """Home, End, j, k, folding, errors, search and zoom work without a mouse."""
    open_run(page, lake_url, failed_run["run_id"])
    tree = page.get_by_role("treegrid", name="Spans of the run")
    tree.focus()
    rows = tree.get_attribute("aria-rowcount")
    for key, at in (("Home", "1"), ("j", "2"), ("ArrowDown", "3"), ("k", "2"), ("End", rows)):
        page.keyboard.press(key)
        expect(page.locator(SELECTED)).to_have_attribute("aria-rowindex", at)
    page.keyboard.press("Home")
    page.keyboard.press("ArrowLeft")
    page.locator('.body[aria-rowcount="1"]').wait_for()
    page.keyboard.press("e")
    page.locator(f"{SELECTED} .error-word").wait_for()
    expect(tree).to_have_attribute("aria-rowcount", rows)
    axis = page.locator(".axis").inner_text()
    page.keyboard.press("f")
    page.locator(".axis").filter(has_not_text=axis.split("\n")[-1]).wait_for()
    page.keyboard.press("0")
    page.keyboard.press("/")
    page.keyboard.type("zzz-nothing")
    page.get_by_text("No span matches.").wait_for()
    page.keyboard.press("Escape")
    page.locator(f'.body[aria-rowcount="{rows}"]').wait_for()


def test_keys_work_without_a_click(page: Any, lake_url: str) -> None:
    """A run that was just opened listens to the keyboard; Escape in the tree takes filters away."""
    open_run(page, lake_url, ADK_RUN)
    page.wait_for_url(re.compile("span=[0-9a-f]{16}"))  # where it opened is in the address
    failed = page.locator(SELECTED).get_attribute("aria-rowindex")
    page.keyboard.press("ArrowUp")
    page.locator(f'{SELECTED}[aria-rowindex="{int(failed) - 1}"]').wait_for()
    page.keyboard.press("e")
    page.locator(f'{SELECTED}[aria-rowindex="{failed}"]').wait_for()
    page.keyboard.press("e")  # two containers report the same error; it began once
    painted(page)
    expect(page.locator(SELECTED)).to_have_attribute("aria-rowindex", failed)
    expect(page.locator("button.errors")).to_contain_text("errors 1")
    page.locator("button.errors").click()
    page.locator('.body[aria-rowcount="3"]').wait_for()
    page.get_by_role("treegrid", name="Spans of the run").focus()
    page.keyboard.press("Escape")
    page.locator('.body[aria-rowcount="8"]').wait_for()


def test_panel_asks_again_when_nothing_answers(page: Any, lake_url: str) -> None:
    """A server that is away is said, and asked again until it answers."""
    open_run(page, lake_url, ADK_RUN)
    page.route("**/spans/*", lambda route: route.abort())
    page.keyboard.press("ArrowUp")
    page.get_by_text("Spotlight does not answer; trying again").wait_for()
    expect(page.get_by_role("button", name="retry")).to_be_visible()
    page.unroute("**/spans/*")
    page.get_by_role("tab", name="Raw").wait_for()


def test_tabs_of_a_step_tell_what_was_sent(page: Any, lake_url: str, failed_run: dict[str, Any]) -> None:
    """A model call opens as a conversation; attributes narrow to what is typed, or nothing matches."""
    open_run(page, lake_url, failed_run["run_id"])
    call = page.locator('.row:has(.glyph[title="llm"])').last
    call.click()
    expect(call).to_have_attribute("aria-selected", "true")
    page.get_by_role("tab", name="Conversation").wait_for()
    page.locator(".card.role-assistant").first.wait_for()
    expect(page.locator(".divider")).to_have_text("answer")
    expect(page.get_by_text("Finish")).to_be_visible()
    page.get_by_role("tab", name="Attributes").click()
    search = page.get_by_role("searchbox", name="Search attributes")
    search.fill("service.name")
    expect(page.locator(".pair").filter(has_not_text="service.name")).to_have_count(0)
    page.locator(".pair-key").filter(has_text=re.compile(r"^service\.name$")).first.wait_for()
    search.fill("no-such-attribute")
    page.get_by_text("nothing matches").wait_for()


def test_system_instructions_sent_apart_are_shown_first(page: Any, lake_url: str) -> None:
    """Instructions that are no message (gen_ai.system_instructions) open the conversation."""
    open_run(page, lake_url, ADK_RUN, f"&span={ADK_CALL}")
    page.get_by_role("tab", name="Conversation").wait_for()
    expect(page.locator(".card").first).to_contain_text("You are a renewal assistant.")
    expect(page.locator(".card").first).to_have_text(re.compile("^system"))
    # JSON that a tool returned as text opens as a tree
    page.get_by_text("in text").first.wait_for(state="attached")


def test_tool_that_raised_says_there_is_no_result(page: Any, lake_url: str) -> None:
    """The panel is headed by the tool's name; no result is no riddle; kinds are words, times also UTC."""
    open_run(page, lake_url, ADK_RUN)
    expect(page.locator(".detail-name")).to_have_text("send_email")
    expect(page.locator(".tool h4")).to_have_text(["Arguments", "Result"])
    page.get_by_text("none: the tool raised").wait_for()
    expect(page.get_by_role("button", name="Copy the address of this span")).to_be_visible()
    page.get_by_role("tab", name="Attributes").click()
    row = page.locator(".pair")
    expect(row.filter(has_text="otel_kind")).to_contain_text("internal")
    expect(row.filter(has_text="started_ns")).to_contain_text("2026-11-20 23:51:30")


def test_run_without_its_root_says_so(page: Any, lake_url: str, sample_lake: Any) -> None:
    """A killed run is called incomplete in a sentence, not an error."""
    run_id = sample_lake.reports.runs(RunFilters(status=("incomplete",))).column("run_id")[0].as_py()
    open_run(page, lake_url, run_id)
    page.get_by_text(
        "No root span has arrived: the run was killed, is still running, or its root was not sent."
    ).wait_for()
    page.get_by_text("parent missing").first.wait_for(state="attached")


@pytest.mark.parametrize(
    ("query", "said"), [("?run=nothing", "no run"), ("?run=%3Cb%3E", "not the id"), ("", "No run is chosen")]
)
def test_no_such_run_is_said(page: Any, lake_url: str, query: str, said: str) -> None:
    """An address without a run of this lake says what is wrong, and leads to the list."""
    visit(page, f"{lake_url}/run{query}")
    page.get_by_text(said).wait_for()
    page.get_by_role("link", name="All runs").wait_for()


def test_hostile_run_stays_text(page: Any, invented_url: str) -> None:
    """Markup, links, images, direction marks and NUL in every field of every tab are shown, never obeyed.

    A megabyte of result shows 64 KB at first, and the whole at a press.
    """
    open_run(page, invented_url, HOSTILE)
    for row in range(4):
        page.locator(".row").nth(row).click()
        expect(page.locator(".row").nth(row)).to_have_attribute("aria-selected", "true")
        page.get_by_role("tab", name="Raw").wait_for()
        for tab in page.get_by_role("tab").all_inner_texts():
            page.get_by_role("tab", name=tab).click()
            expect(page.get_by_role("tab", name=tab)).to_have_attribute("aria-selected", "true")
    expect(page.locator(".row .label").first).to_contain_text("<script>")
    assert page.evaluate("window.pwned") is None
    expect(page.locator(".trace-root img, .trace-root script, .stage a, .panel a")).to_have_count(0)
    page.locator(".row").nth(2).click()
    expect(page.locator(".row").nth(2)).to_have_attribute("aria-selected", "true")
    page.get_by_role("tab", name="Tool").click()  # the panel keeps to the tab that was opened last
    result = page.locator(".tool section", has_text="Result")
    text = result.locator(".text").element_handle()
    page.wait_for_function("(text) => text.textContent.length === 64 * 1024", arg=text)
    result.get_by_role("button", name=re.compile("show all")).click()
    page.wait_for_function("(text) => text.textContent.length === 1_000_001", arg=text)


def test_20000_spans_draw_few_rows(page: Any, invented_url: str) -> None:
    """A run of 20,000 spans opens, scrolls to its end and holds no more rows than fit."""
    page.goto("about:blank")  # what was noted of other runs goes with their page
    open_run(page, invented_url, BIG)
    tree = page.get_by_role("treegrid", name="Spans of the run")
    page.keyboard.press("l")  # what loops fold is a part of it
    expect(tree).to_have_attribute("aria-rowcount", re.compile(r"^2[01]\d{3}$"))
    tree.focus()
    page.keyboard.press("End")
    page.locator(f'{SELECTED}[aria-rowindex="{tree.get_attribute("aria-rowcount")}"]').wait_for()
    assert page.locator(".row").count() < 60
    assert 1 == page.evaluate("performance.getEntriesByName('spotlight:run-shown').length")


def test_narrow_screen_puts_the_panel_below(page: Any, lake_url: str, failed_run: dict[str, Any]) -> None:
    """On a phone nothing is cut off: the panel stands under the tree, the page does not scroll sideways."""
    page.set_viewport_size({"width": 390, "height": 844})
    open_run(page, lake_url, failed_run["run_id"])
    view = page.locator(".view.narrow")
    view.wait_for()
    below = """(view) => view.querySelector(".trace").getBoundingClientRect().bottom
        <= view.querySelector(".panel").getBoundingClientRect().top"""
    page.wait_for_function(below, arg=view.element_handle())
    page.wait_for_function("() => document.documentElement.scrollWidth <= 390")
