"""The latency page in a real browser: its figures are the reports', a brush tells what differs, rows open."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from dashboards.text import duration, part
from dashboards.views.latency_tables import took
from spotlight.reports import Reports, RunFilters
from spotlight.reports.find.writing import bounds_of
from spotlight.reports.latency import critical_path, latency, slowest_steps, step_latency
from spotlight.reports.lift import lift
from tests.dashboards.conftest import fits_a_phone, settled
from tests.dashboards.lakes import WEEK
from tests.dashboards.test_overview_page import IN_WEEK, rows, tile

pytestmark = pytest.mark.browser
BEHIND = "Runs behind the figure"
TILES = (
    ("completion", "to completion"),
    ("first_token", "to first token"),
    ("first_action", "to first action"),
)
HEAT = "[class*='st-key-heat-'] svg.marks"


def opened(page: Any, url: str) -> None:
    """Open the page and wait until all of it is drawn."""
    page.goto(url)
    expect(page.get_by_text(re.compile("runs with a known duration from"))).to_be_visible()
    expect(page.locator(HEAT)).to_be_visible()
    settled(page)


def measured(reports: Any, filters: RunFilters) -> dict[str, dict[str, Any]]:
    """Return what the report says of the tiles' measures."""
    found = latency(reports, filters, measures=[name for name, _ in TILES]).to_pylist()
    return {row["measure"]: row for row in found}


def check_tiles(page: Any, reports: Any, filters: RunFilters) -> None:
    """Hold the tiles to the report: p50, p95, of how many, and of how many it is unknown."""
    for name, words in TILES:
        row = measured(reports, filters)[name]
        expect(tile(page, f"p50 {words}")).to_have_text(took(row["p50_ms"]))
        expect(tile(page, f"p95 {words}")).to_have_text(took(row["p95_ms"]))
        counted = f"{row['n']:,} runs · {row['unknown']:,} unknown"
        expect(page.locator(".st-key-tiles").get_by_text(counted).first).to_be_visible()


def brush(page: Any) -> None:
    """Drag over the middle of the heatmap."""
    chart = page.locator(HEAT)
    chart.hover()  # scrolls to it, and waits until it stands still
    box = chart.bounding_box()
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.05 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.3 * box["height"], steps=5)
    page.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 0.6 * box["height"], steps=5)
    page.mouse.up()
    page.wait_for_url(re.compile("region="))


def test_tables_are_the_reports_figures(page: Any, fleet: Any) -> None:
    """Tools, models, the critical path, parts and slowest steps are the reports'; a step opens its run."""
    opened(page, f"{fleet.url}/latency?{WEEK}&path=model&steps=tool+calls")
    tools = step_latency(fleet.reports, IN_WEEK, ("tool",), steps="tool_calls").to_pylist()
    expect(rows(page, "Tools").locator(".of-p95")).to_have_text([took(row["p95_ms"]) for row in tools])
    models = step_latency(fleet.reports, IN_WEEK).to_pylist()
    expect(rows(page, "Models").locator(".of-p50")).to_have_text([took(row["p50_ms"]) for row in models])
    path = critical_path(fleet.reports, IN_WEEK, ("model",), steps="model_calls").to_pylist()
    expect(rows(page, "Critical path").locator(".of-duration")).to_have_text(
        [part(row["share"]) for row in path]
    )
    parts = latency(fleet.reports, IN_WEEK, measures=("model",)).to_pylist()[0]
    model = rows(page, "Where the time goes").filter(has_text="model")
    expect(model.locator(".of-mean")).to_have_text(duration(parts["mean_ms"]))
    slow = slowest_steps(fleet.reports, IN_WEEK, steps="tool_calls", limit=20).to_pylist()
    listed = rows(page, "Slowest steps")
    expect(listed.locator(".of-duration")).to_have_text([duration(row["duration_ms"]) for row in slow])
    listed.first.locator("a").click()
    page.wait_for_url(re.compile(rf"/run\?run={slow[0]['run_id']}&span={slow[0]['span_id']}"))


def test_brush_tells_what_differs_and_leads_to_its_runs(page: Any, fleet: Any) -> None:
    """A dragged part names its runs, its table and a link to exactly as many runs; × goes back."""
    opened(page, f"{fleet.url}/latency?{WEEK}&tz=Asia/Tokyo")
    brush(page)
    expect(page.get_by_text("the brushed runs")).to_be_visible()
    expect(page.get_by_role("link", name="All that differs")).to_be_visible()
    settled(page)
    said = page.get_by_text(re.compile(r"^[\d,]+ runs: began .* took "))
    expect(said).to_be_visible()
    count = said.inner_text().split(" ")[0]
    address = page.url
    page.get_by_role("link", name=f"Open these {count} runs").click()
    page.wait_for_url(re.compile(r"/runs\?.*since=.*max_ms="))
    expect(page.get_by_text(re.compile(rf"{count} runs · times in Asia/Tokyo"))).to_be_visible()
    opened(page, address)
    expect(page.get_by_text(re.compile(rf"^{count} runs: began"))).to_be_visible()
    page.get_by_role("link", name="All that differs").click()
    page.wait_for_url(re.compile(r"/lift\?.*these=started"))
    expect(page.get_by_text(re.compile(rf"^{count} runs that .* finds, against"))).to_be_visible()
    opened(page, address)
    page.get_by_role("button", name="The slowest 5% again").click()
    expect(page).not_to_have_url(re.compile("region="))
    expect(page.get_by_text("the slowest 5%: brush for others")).to_be_visible()


def test_tile_part_and_dot_open_the_runs_behind_them(page: Any, fleet: Any) -> None:
    """Tiles are the report's; a tile's count, a part of the time and a dot of a line each list runs."""
    opened(page, f"{fleet.url}/latency?{WEEK}")
    check_tiles(page, fleet.reports, IN_WEEK)
    page.locator(".st-key-behind-first_token-p95 button").click()
    expect(rows(page, BEHIND).first).to_be_visible()
    settled(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    rows(page, "Where the time goes").first.locator("td").nth(2).click()
    expect(rows(page, BEHIND)).to_have_count(50)
    settled(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    settled(page)
    page.locator(".st-key-lines path[aria-roledescription=circle]").last.click()
    expect(rows(page, BEHIND).first).to_be_visible()
    settled(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect_slowest(page, fleet.reports)


def expect_slowest(page: Any, reports: Reports) -> None:
    """Without a brush the slowest twentieth is compared with the rest; its link lists those runs."""
    slow = IN_WEEK._replace(min_ms=measured(reports, IN_WEEK)["completion"]["p95_ms"])
    count = reports.run_count(slow)
    told = lift(reports, bounds_of(RunFilters(min_ms=slow.min_ms)) or "", IN_WEEK)
    expect(rows(page, "What differs").locator(".of-value")).to_have_text([f.value for f in told.features])
    settled(page)
    fits_a_phone(page)
    page.get_by_role("link", name=f"Open these {count:,} runs").click()
    page.wait_for_url(re.compile(r"/runs\?.*min_ms="))
    expect(page.get_by_text(re.compile(rf"{count:,} runs · times in UTC"))).to_be_visible()
