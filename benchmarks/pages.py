"""How soon the pages of the dashboards show something useful, in a real browser."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from spotlight.reports import RunFilters, open_lake

PATHS: Final = ("", "cost", "latency", "quality", "reliability", "sessions", "versions", "runs", "sources")
TRIES: Final = 3
WAIT_MS: Final = 60_000
_SERVE: Final = (
    "import sys, pathlib, dashboards.server as s; s.run_dashboards(pathlib.Path(sys.argv[1]), port=0)"
)
# What a page is opened for: a figure, a chart or a table, beside the frame of the page.
_FIGURE: Final = ", ".join(
    f'[data-testid="stMain"] {inner}'
    for inner in ('[data-testid="stMetric"]', '[data-testid="stVegaLiteChart"] canvas',
                  '[data-testid="stVegaLiteChart"] svg', '[data-testid="stDataFrame"]', ".tile", "table",
                  '[data-testid^="stBidiComponent"]')
)  # fmt: skip
_DRAWN: Final = '[data-test-connection-state="CONNECTED"][data-test-script-state="notRunning"]'


class Paint(NamedTuple):
    """How long a page took from its address until its first figure, and until all of it was drawn, ms."""

    page: str
    figure_ms: float
    drawn_ms: float


def paints(data: Path) -> list[Paint]:
    """Return the best of some tries for every page over a data folder; the browser knows the scripts."""
    from playwright.sync_api import sync_playwright

    newest = open_lake(data).runs(RunFilters(), limit=1).column("run_id")[0].as_py()
    with served(data) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1500, "height": 900})
        page.goto(url, timeout=WAIT_MS)
        page.wait_for_selector(_DRAWN, timeout=WAIT_MS, state="attached")
        found = [_painted(page, url, path) for path in (*PATHS, f"run?run={newest}")]
        browser.close()
    return found


@contextmanager
def served(data: Path) -> Iterator[str]:
    """Serve the dashboards over a data folder; yield their address."""
    process = subprocess.Popen([sys.executable, "-c", _SERVE, str(data)], stderr=subprocess.DEVNULL)
    try:
        yield _address(data, process)
    finally:
        process.terminate()
        process.wait(60)


def chromium() -> str | None:
    """Return the browser that is installed, None for the one playwright brings."""
    return os.environ.get("SPOTLIGHT_BROWSER") or shutil.which("chromium")


def _painted(page: object, url: str, path: str) -> Paint:
    figures, drawn = [], []
    for _ in range(TRIES):
        started = time.perf_counter()
        page.goto(f"{url}/{path}", timeout=WAIT_MS)  # type: ignore[attr-defined]
        page.wait_for_selector(_FIGURE, timeout=WAIT_MS)  # type: ignore[attr-defined]
        figures.append((time.perf_counter() - started) * 1e3)
        page.wait_for_selector(_DRAWN, timeout=WAIT_MS, state="attached")  # type: ignore[attr-defined]
        drawn.append((time.perf_counter() - started) * 1e3)
    return Paint(path.partition("?")[0] or "overview", min(figures), min(drawn))


def _address(data: Path, process: subprocess.Popen[bytes]) -> str:
    place = data / "run" / "dashboards.json"
    while process.poll() is None:
        if place.exists() and (said := json.loads(place.read_bytes()))["pid"] == process.pid:
            return str(said["url"])
        time.sleep(0.05)
    raise SystemExit("the dashboards ended at once: run `spotlight up` to see why")
