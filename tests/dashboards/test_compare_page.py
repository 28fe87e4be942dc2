"""The compare page in a real browser: like beside like, differences by key, texts as text."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from dashboards.components.compare.component import ASSETS, SHARED, assets
from tests.dashboards.conftest import visit
from tests.dashboards.test_component_assets import FORBIDDEN
from tests.spotlight.test_run_diff import V1, V2

HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script>"
SCRIPTS = sorted(ASSETS.glob("*.js"))
FACTS = """async (base) => {
  const m = await import(base + "model.js");
  const rows = [..."=====~==+"].map((sign) => ({ op: { "=": "equal", "~": "changed", "+": "added" }[sign] }));
  return {
    lines: m.linesOf(rows),
    differences: m.differencesOf(rows),
    steps: [m.stepTo([5, 8], -1, 1), m.stepTo([5, 8], 5, 1), m.stepTo([5, 8], 8, 1), m.stepTo([5, 8], 5, -1), m.stepTo([], 0, 1)],
    unknown: m.change(null, 2),
    quiet: m.changesOf({ cost_usd: null, duration_ms: 100, output_tokens: 50 }, { cost_usd: 1, duration_ms: 104, output_tokens: 52 }),
    said: m.changesOf({ cost_usd: 1, duration_ms: 100, output_tokens: 50 }, { cost_usd: 3, duration_ms: 50, output_tokens: 100 }),
  };
}"""  # noqa: E501


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_text_cannot_become_markup(path: Path) -> None:
    """No module names an API that parses markup or code, or another host."""
    assert [] == FORBIDDEN.findall(path.read_text(encoding="utf-8"))


def test_every_file_is_served_under_one_digest() -> None:
    """The component's own files and those it shares with the trace view are one bundle."""
    own = {path.name for path in ASSETS.iterdir() if path.suffix in (".js", ".css")}
    assert own | set(SHARED) == set(assets().bodies)


@pytest.mark.browser
def test_pure_functions_answer_right(page: Any, lake_url: str) -> None:
    """More than four equal rows fold; differences go round; what is unknown or noise is no change."""
    page.goto(f"{lake_url}/healthz")
    found = page.evaluate(FACTS, f"/assets/compare/{assets().digest}/")
    assert [{"from": 0, "to": 5}, {"row": 5}, {"row": 6}, {"row": 7}, {"row": 8}] == found["lines"]
    assert [5, 8] == found["differences"]
    assert [5, 8, 5, 8, None] == found["steps"]
    assert (None, []) == (found["unknown"], found["quiet"])
    assert [("cost", 2), ("duration", -50), ("output tokens", 50)] == [
        (change["name"], change["by"]) for change in found["said"]
    ]


@pytest.mark.browser
def test_two_ticked_runs_are_compared(page: Any, lake_url: str) -> None:
    """From the list to the first difference, on by key to the next, and to the step itself."""
    visit(page, f"{lake_url}/runs?q=renewal-agent")
    for run in (V1, V2):
        page.get_by_role("checkbox", name=f"Tick run {run[:8]}").check()
    page.get_by_role("link", name=f"Compare {V1[:8]} with {V2[:8]}").click()
    rows = page.get_by_role("treegrid", name="Steps of the two runs").locator(".row:not(.head)")
    expect(rows).to_have_count(7)
    expect(rows.first).to_have_attribute("aria-expanded", "true")
    expect(rows.first).to_contain_text("first difference")
    expect(page.locator("del").get_by_text("Look", exact=True)).to_be_visible()
    expect(page.locator("ins").get_by_text("GLOBEX-7").first).to_be_visible()
    for at in (1, 2):
        page.keyboard.press("n")
        expect(page.get_by_text(f"difference {at} of 7")).to_be_visible()
    page.keyboard.press("p")
    expect(rows.first).to_be_focused()
    page.keyboard.press("Enter")
    expect(rows.first).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("p")
    expect(rows.last).to_be_focused()
    page.get_by_role("link", name="open the step").last.click()
    page.wait_for_url(re.compile(rf"/run\?run={V2}&span=[0-9a-f]{{16}}"))


@pytest.mark.browser
def test_a_failed_run_is_held_up_to_the_nearest_good_one(page: Any, lake_url: str) -> None:
    """The run page leads to the comparison, which says how the good run was chosen, on any screen."""
    visit(page, f"{lake_url}/run?run={V2}")
    page.get_by_role("link", name="Compare with nearest good run").click()
    expect(page.get_by_text("Left is the nearest good run")).to_contain_text("100 % of the words")
    page.set_viewport_size({"width": 390, "height": 800})
    expect(page.get_by_role("treegrid")).to_be_visible()
    too_wide = page.evaluate("() => document.documentElement.scrollWidth > window.innerWidth")
    assert not too_wide


def hostile_in(value: Any) -> Any:
    """Return an answer of ours with every name and text in it an attack."""
    if isinstance(value, dict):
        return {
            key: HOSTILE
            if key in ("name", "agent", "error", "model", "before", "after")
            else hostile_in(inner)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        if len(value) == 2 and value[0] in ("equal", "added", "removed"):
            return [value[0], HOSTILE]
        return [hostile_in(inner) for inner in value]
    return value


@pytest.mark.browser
def test_hostile_texts_stay_texts(page: Any, lake_url: str) -> None:
    """Names and content that are attacks are shown as they are, and nothing of them runs."""
    failures: list[str] = []
    page.on("dialog", lambda dialog: failures.append(dialog.message) or dialog.dismiss())
    page.route(
        re.compile("/api/compare/"),
        lambda route: route.fulfill(json=hostile_in(route.fetch().json())),
    )
    visit(page, f"{lake_url}/compare?a={V1}&b={V2}")
    rows = page.get_by_role("treegrid").locator(".row:not(.head)")
    expect(rows).to_have_count(7)
    rows.nth(1).focus()
    page.keyboard.press("Enter")
    expect(page.locator("ins").get_by_text(HOSTILE).first).to_be_visible()
    expect(rows.nth(1).locator(".name").first).to_have_text(HOSTILE)
    expect(page.locator(".compare img, .compare script")).to_have_count(0)
    assert [] == failures


@pytest.mark.browser
def test_what_cannot_be_compared_is_said(page: Any, lake_url: str) -> None:
    """Without runs the page asks for them; a run that is not there, and one without a good one, are named."""
    visit(page, f"{lake_url}/compare")
    expect(page.get_by_label("Right run")).to_be_visible()
    visit(page, f"{lake_url}/compare?b=771d22cc")
    expect(page.get_by_text("no other run of pack renewal-voice ended well")).to_be_visible()
    visit(page, f"{lake_url}/compare?a={V1}&b=ffffffff")
    expect(page.get_by_text("no run 'ffffffff'")).to_be_visible()
