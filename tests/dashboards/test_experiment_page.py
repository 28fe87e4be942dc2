"""The page of an experiment in a real browser: from figures to cases, to steps, to runs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from dashboards.components.experiment.component import ASSETS, assets
from tests.dashboards.servers import Servers
from tests.dashboards.test_component_assets import FORBIDDEN
from tests.replay.experiments import OTHER, experiment_lake, replay_id
from tests.sharing import common_folder, made_once


def test_text_cannot_become_markup() -> None:
    """No module names an API that parses markup or code, or another host; what they import is served."""
    own = sorted(ASSETS.glob("*.js"))
    assert [] == [found for path in own for found in FORBIDDEN.findall(path.read_text(encoding="utf-8"))]
    named = {name for path in own for name in re.findall(r'from "\./([^"]+)"', path.read_text("utf-8"))}
    assert named <= set(assets().bodies)


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data folder with an experiment."""
    return made_once(common_folder(tmp_path_factory) / "experiment", experiment_lake)


@pytest.mark.browser
def test_from_the_list_of_replays_to_a_step(data: Path, page: Any, servers: Servers) -> None:
    """What changed, the matrix, a case side by side with its first divergence, and the run behind a cell."""
    url = servers.url(data)
    page.goto(f"{url}/replays")
    page.get_by_role("link", name="Compare results").click()
    page.wait_for_url(re.compile(f"/experiment\\?id={replay_id(data)}"))
    changes = page.get_by_role("table", name="What changed")
    expect(changes.locator("th.variant")).to_have_text(["as recorded", OTHER, "recording"])
    expect(changes.locator(".track .noise").first).to_be_attached()
    matrix = page.get_by_role("table", name="Cases and variants")
    expect(matrix.locator("tbody tr")).to_have_count(3)
    expect(matrix.locator("tbody tr").first.locator("td").last.get_by_role("link")).to_have_count(2)
    page.get_by_role("button", name=re.compile("Case 1, side by side")).click()
    sides = page.get_by_role("treegrid", name="Steps of the case, side by side")
    expect(sides.get_by_role("columnheader")).to_have_count(4)
    expect(sides.get_by_text("first divergence")).to_have_count(2)
    expect(page).to_have_url(re.compile("case=0"))
    line = sides.locator(".line:not(.head)").first
    line.focus()
    page.keyboard.press("Enter")
    expect(sides.get_by_text(f"as recorded → {OTHER}")).to_be_visible()
    expect(sides.locator("del").first).to_be_visible()
    expect(page.locator(".experiment b > b")).to_have_count(0)
    page.set_viewport_size({"width": 390, "height": 800})
    expect(line).to_be_visible()
    assert not page.evaluate("() => document.documentElement.scrollWidth > window.innerWidth")
    page.get_by_label("What variants are held against").select_option("recording")
    expect(changes.locator("th.variant")).to_have_text(["baseline", OTHER])
    matrix.get_by_role("link", name=re.compile("as recorded")).first.click()
    page.wait_for_url(re.compile("/run\\?run=[0-9a-f]{32}"))
