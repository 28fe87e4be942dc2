"""The live page in a browser: runs at work with what they have open, new ones as they come, and pause."""

from __future__ import annotations

import datetime as dt
import re
import time
from pathlib import Path
from typing import Any

import pytest

from spotlight.lake import Lake
from spotlight.model import TABLES
from tests.dashboards.conftest import Serve
from tests.made_lake import SECOND, Row, run, step
from tests.rows import span, table

sync_api = pytest.importorskip("playwright.sync_api")
expect = sync_api.expect
HOSTILE = "<img src=x onerror=alert(1)>![x](http://evil.example/x.png)"


def at_work(data: Path, name: str, tool: str) -> None:
    """Put a run into the lake that began a minute ago and has a tool call open."""
    began = time.time_ns() - 60 * SECOND
    day = {
        "date": dt.datetime.fromtimestamp(began / 1e9, dt.UTC).date(),
        "started_ns": began,
        "ended_ns": None,
    }
    row = run(name, status="incomplete", duration_ms=None, agent_name=name, **day)
    tables: dict[str, Row] = {
        "spans": span(name, trace=name, received_ns=time.time_ns(), **day),
        "runs": row,
        "steps": step(row, tool, duration_ms=None, step=1, depth=1, **day),
    }
    for of, said in tables.items():
        Lake(data / "lake").append(of, table([said], TABLES[of]))


def test_runs_at_work_appear_and_wait_while_paused(page: Any, serve_lake: Serve, tmp_path: Path) -> None:
    """A run shows what it has open as plain text; the next comes by itself, but not into a paused page."""
    at_work(tmp_path, "first", HOSTILE)
    with serve_lake(tmp_path) as url:
        page.goto(f"{url}/live")
        rows = page.locator("table[aria-label='Runs now'] tbody tr")
        expect(rows).to_have_count(1)
        expect(rows.locator(".of-status")).to_have_text("◌ at work")
        expect(rows.locator(".of-now")).to_contain_text("<img src=x onerror=alert(1)>")
        at_work(tmp_path, "second", "fetch")
        expect(rows).to_have_count(2)
        page.get_by_text("Pause", exact=True).click()
        expect(page.get_by_text("Paused at")).to_be_visible()
        at_work(tmp_path, "third", "fetch")
        expect(page.get_by_text("1 run was heard of since")).to_be_visible()
        expect(rows).to_have_count(2)
        page.get_by_text("Pause", exact=True).click()
        expect(rows).to_have_count(3)
        rows.first.click()
        expect(page).to_have_url(re.compile(r"/run\?run="))
