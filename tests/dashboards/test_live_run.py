"""A run's time in a real browser: in flight it goes on in place; where nothing is at work it is cut."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.dashboards.conftest import Serve, open_run
from tests.loading import load
from tests.rows import span_id, trace_id

pytestmark = pytest.mark.browser
RUN, IDLE = trace_id("in flight"), trace_id("idle")
SELECTED = '.row[aria-selected="true"]'
SECOND = 10**9


def sent(
    name: str, started_ns: int, seconds: int | None = 1, *, parent: str | None = "root", trace: str = RUN
) -> dict[str, Any]:
    """Return a span as OTLP JSON; `seconds` None: it has not ended."""
    operation = "invoke_agent" if parent is None else "execute_tool"
    attributes = {"gen_ai.operation.name": operation, "gen_ai.tool.name": name}
    found = {
        "traceId": trace, "spanId": span_id(name), "name": name, "startTimeUnixNano": str(started_ns),
        "attributes": [{"key": key, "value": {"stringValue": value}} for key, value in attributes.items()],
    }  # fmt: skip
    if seconds is not None:
        found["endTimeUnixNano"] = str(started_ns + seconds * SECOND)
    return found if parent is None else found | {"parentSpanId": span_id(parent)}


def arrive(folder: Path, name: str, *spans: dict[str, Any]) -> None:
    """Have spans come in, and the runs they belong to assembled."""
    request = {"resourceSpans": [{"scopeSpans": [{"spans": list(spans)}]}]}
    of = folder / name
    of.mkdir(parents=True)
    (of / "traces.json").write_text(json.dumps(request), encoding="utf-8")
    load([of], folder / "data")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, serve_lake: Serve) -> Iterator[tuple[Path, str]]:
    """Return the folder in which requests arrive, and the address of dashboards over their runs."""
    folder = tmp_path_factory.mktemp("live")
    with serve_lake(folder / "data") as url:
        yield folder, url


def test_run_in_flight_goes_on_in_place(page: Any, served: tuple[Path, str]) -> None:
    """New steps appear below a selection that stays; what is paused waits; the end ends it all."""
    folder, url = served
    start = time.time_ns() - 20 * SECOND
    arrive(folder, "1", *(sent(f"look_{at}", start + at * SECOND) for at in range(3)))
    arrive(folder, "2", sent("waits", start + 4 * SECOND, None))
    open_run(page, url, RUN)
    body = page.locator(".body")
    expect(body).to_have_attribute("aria-rowcount", "4")
    expect(page.locator(".row", has_text="waits").locator(".bar.open")).to_be_visible()
    page.locator(".row", has_text="look_1").click()
    page.get_by_role("button", name="follow").click()
    arrive(folder, "3", sent("look_9", start + 9 * SECOND))
    expect(body).to_have_attribute("aria-rowcount", "5")
    expect(page.locator(SELECTED)).to_contain_text("look_1")
    page.get_by_role("button", name="pause").click()
    arrive(folder, "4", sent("look_10", start + 10 * SECOND))
    more = page.get_by_role("button", name="paused · more has arrived")
    more.wait_for()
    expect(body).to_have_attribute("aria-rowcount", "5")
    more.click()
    expect(body).to_have_attribute("aria-rowcount", "6")
    arrive(folder, "5", sent("root", start, parent=None))
    expect(body).to_have_attribute("aria-rowcount", "7")
    expect(page.get_by_role("button", name="pause")).to_have_count(0)
    expect(page.locator(SELECTED)).to_contain_text("look_1")


def test_idle_time_is_offered_to_be_cut(page: Any, served: tuple[Path, str]) -> None:
    """A minute without work is said, cut at a press, marked on the axis, and kept in the address."""
    folder, url = served
    start = time.time_ns() - 3600 * SECOND
    of = {"trace": IDLE}
    arrive(
        folder, "idle", sent("root", start, 60, parent=None, **of),
        sent("first", start, 2, **of), sent("second", start + 56 * SECOND, 4, **of),
    )  # fmt: skip
    open_run(page, url, IDLE)
    page.get_by_text("1 min, 90% idle").wait_for()
    expect(page.locator(".mix .rest")).to_have_text("unaccounted 90% · 54 s")
    expect(page.locator(".axis .cut")).to_have_count(0)
    page.get_by_role("button", name="compress").click()
    expect(page.locator(".axis .cut")).to_have_attribute("title", re.compile("^54 s in which nothing"))
    expect(page).to_have_url(re.compile("idle=cut"))
    page.reload()
    expect(page.locator(".axis .cut")).to_have_count(1)
    page.get_by_role("treegrid").focus()
    page.keyboard.press("i")
    expect(page.locator(".axis .cut")).to_have_count(0)
    expect(page).not_to_have_url(re.compile("idle="))
