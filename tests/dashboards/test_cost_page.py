"""The cost page in a real browser: its figures are the reports', and every mark opens the runs behind it."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from dashboards.text import money
from spotlight.reports import Reports
from spotlight.reports.bridge import bridge
from spotlight.reports.cost import cost_by, cost_runs, cost_total, top
from spotlight.reports.waste import waste
from tests.dashboards.conftest import fits_a_phone, settled, visit
from tests.dashboards.lakes import WEEK
from tests.dashboards.test_overview_page import BEFORE, IN_WEEK, rows, tile

pytestmark = pytest.mark.browser
BEHIND = "Runs behind the figure"


def opened(page: Any, url: str) -> None:
    """Open the page and wait until all of it is drawn."""
    visit(page, url)
    expect(page.get_by_text("List prices at the time of the call")).to_be_visible()
    settled(page)


def test_figures_are_the_reports(page: Any, fleet: Any) -> None:
    """Tiles, tables, what has no price, effects and waste are the reports'; the most expensive run opens."""
    opened(page, f"{fleet.url}/cost?{WEEK}")
    total = cost_total(fleet.reports, IN_WEEK)
    expect(tile(page, "Cost")).to_have_text(money(total.cost_usd))
    expect(tile(page, "Cost per run")).to_have_text(money(total.cost_per_run_usd))
    expect(tile(page, "Cost per successful run")).to_have_text(money(total.cost_per_ok_run_usd))
    listed = cost_by(fleet.reports, IN_WEEK, ("pack", "version")).to_pylist()
    shown = rows(page, "Cost by two dimensions")
    expect(shown.locator(".of-usd")).to_have_text([money(row["cost_usd"]) for row in listed])
    expect(shown.locator(".of-runs")).to_have_text([f"{row['runs']:,}" for row in listed])
    said = f"{total.unpriced_generations:,} of {total.generations:,} model calls have no price"
    expect(page.get_by_text(said)).to_be_visible()
    expect_bridge_and_waste(page, fleet.reports)
    fits_a_phone(page)
    run_id = top(fleet.reports, IN_WEEK, "run").rows.column("run")[0].as_py()
    rows(page, "Most expensive").first.locator("a").click()
    page.wait_for_url(re.compile(f"/run\\?run={run_id}"))


def expect_bridge_and_waste(page: Any, reports: Reports) -> None:
    """Expect the effects against the week before, and the causes of waste, to be those of the reports."""
    lines = [line for line in bridge(reports, BEFORE, IN_WEEK).lines if abs(line.cost_usd) > 1e-6]
    effects = rows(page, "Effects")
    expect(effects.locator(".of-effect")).to_have_text([line.label for line in lines])
    expect(effects.locator(".of-usd")).to_have_text(
        [("+" if line.cost_usd > 0 else "") + money(line.cost_usd) for line in lines]
    )
    causes = waste(reports, IN_WEEK).causes
    expect(rows(page, "Waste").locator(".of-usd")).to_have_text([money(c.cost_usd) for c in causes])


def test_bar_opens_the_runs_behind_it(page: Any, fleet: Any) -> None:
    """A click on a bar lists the runs of that local day and model; a row opens its run."""
    opened(page, f"{fleet.url}/cost?{WEEK}&tz=Asia/Tokyo")
    page.locator(".st-key-bars path[aria-roledescription=bar]").first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    expect(page.get_by_role("dialog").get_by_text(re.compile("00:00:00 JST"))).to_be_visible()
    expect(page).to_have_url(re.compile("behind="))
    settled(page)
    run_id = rows(page, BEHIND).first.locator("a")
    short = run_id.inner_text()
    run_id.click()
    page.wait_for_url(re.compile(rf"/run\?run={short}"))
    expect(page.get_by_text(re.compile("JST")).first).to_be_visible()


def test_row_opens_the_runs_behind_it(page: Any, fleet: Any) -> None:
    """A row of the table lists its runs, and leads to the same runs in the list."""
    opened(page, f"{fleet.url}/cost?{WEEK}")
    first = cost_by(fleet.reports, IN_WEEK, ("pack", "version")).to_pylist()[0]
    behind = cost_runs(
        fleet.reports, IN_WEEK, ("pack", "version"), (first["pack"], first["version"]), limit=50
    )
    rows(page, "Cost by two dimensions").first.locator("td").nth(2).click()
    expect(rows(page, BEHIND).locator(".of-cost")).to_have_text(
        [money(usd) for usd in behind.column("cost_usd").to_pylist()]
    )
    settled(page)
    page.get_by_role("link", name="Open in the list of runs").click()
    page.wait_for_url(re.compile(r"/runs\?.*pack="))
    listed = IN_WEEK._replace(pack_name=first["pack"], pack_version=first["version"])
    count = fleet.reports.run_count(listed)
    expect(page.get_by_text(re.compile(rf"{count:,} runs · times in UTC"))).to_be_visible()


def test_closing_the_dialog_takes_it_out_of_the_address(page: Any, fleet: Any) -> None:
    """An address with a dialog opens it; Escape leaves the page without it."""
    opened(page, f"{fleet.url}/cost?{WEEK}&behind=%5B%5B%22tenant%22%2C%22acme%22%5D%5D")
    expect(rows(page, BEHIND).first).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page).not_to_have_url(re.compile("behind="))


def test_garbled_address_is_said(page: Any, fleet: Any) -> None:
    """An address that names no runs says so instead of failing: no JSON, and JSON of another shape."""
    for garbled in ("x", "%5B%5B%22since%22%2C%22soon%22%5D%5D"):
        visit(page, f"{fleet.url}/cost?user=user-00001&behind={garbled}")
        expect(page.get_by_text("the address names no runs")).to_be_visible()


def test_csv_has_every_row(page: Any, fleet: Any, tmp_path: Path) -> None:
    """The file holds the whole table, with the column cost_usd."""
    opened(page, f"{fleet.url}/cost?{WEEK}&by=user&and=model")
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").click()
    download.value.save_as(tmp_path / "cost.csv")
    with (tmp_path / "cost.csv").open(encoding="utf-8", newline="") as file:
        written = list(csv.DictReader(file))
    listed = cost_by(fleet.reports, IN_WEEK, ("user", "model"))
    assert listed.num_rows == len(written)
    assert listed.column("cost_usd")[0].as_py() == float(written[0]["cost_usd"])
