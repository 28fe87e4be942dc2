"""How the page of a run keeps up with its length, in a real browser: paint, selection, scrolling, bytes.

    .venv/bin/python -m benchmarks.ui

Runs of 100, 2,000, 20,000 and 50,000 spans are loaded into a lake of their own and opened as trees: by a
browser that has nothing in its cache, and once more by one that has met the pages' scripts. The baseline is
the same page without a run: what Streamlit takes to show one line.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from statistics import median
from typing import Any, Final, NamedTuple

from benchmarks.ingest import print_table
from benchmarks.long_run import long_run, run_id
from benchmarks.pages import WAIT_MS, chromium, served
from spotlight.cli.load import load
from spotlight.reports import open_lake

SIZES: Final = (100, 2_000, 20_000, 50_000)
FIRST_PAINT_MS: Final = 1_500
_TO_KNOW: Final = 2
FRAME_MS: Final = 17.5  # a frame of a 60 Hz screen, and what a clock of the browser may be off by
_BASELINE: Final = "No run is chosen."

_PAINTED: Final = """(() => {
  const shown = performance.getEntriesByName('spotlight:run-shown')[0];
  return shown.startTime + shown.duration;
})()"""
# Scrolls by ten rows a frame, to the end and back; returns the time between frames, ms.
_SCROLL: Final = """(body) => new Promise((done) => {
  const frames = []; let last = 0, way = 240;
  const next = (now) => {
    if (last) frames.push(now - last);
    last = now;
    if (frames.length >= 180) return done(frames);
    const before = body.scrollTop;
    body.scrollTop += way;
    if (body.scrollTop === before) way = -way;
    requestAnimationFrame(next);
  };
  requestAnimationFrame(next);
})"""
# Presses on rows in sight; returns for each ms until it is marked, and until the panel shows its span.
_SELECT: Final = """async (view) => {
  const frame = () => new Promise(requestAnimationFrame);
  const found = [];
  for (let k = 0; k < 8; k++) {
    const seen = view.querySelector('.body').getBoundingClientRect();
    const rows = [...view.querySelectorAll('.row')].filter((row) => {
      const box = row.getBoundingClientRect();
      return box.top > seen.top && box.bottom < seen.bottom && row.getAttribute('aria-selected') === 'false';
    });
    const row = rows[(k * 7 + 3) % rows.length];
    const began = performance.now();
    row.click();
    while (row.getAttribute('aria-selected') !== 'true') await frame();
    const marked = performance.now() - began;
    while (view.querySelector('.panel .loading') || !view.querySelector('.panel [role="tab"]')) await frame();
    found.push([marked, performance.now() - began]);
  }
  return found;
}"""


class Seen(NamedTuple):
    """What one page took; ms but for the bytes. None where the page has no such thing."""

    spans: int
    first_paint_ms: float
    known_paint_ms: float  # by a browser that has opened pages before
    marked_ms: float | None
    panel_ms: float | None
    frame_p50_ms: float | None
    frame_p95_ms: float | None
    http_bytes: int
    socket_bytes: int


def made_lake(folder: Path) -> Path:
    """Return a data folder with the runs in it; made where it is not there yet."""
    data = folder / "data"
    if not data.exists():
        sent = folder / "requests"
        sent.mkdir(parents=True)
        for count in SIZES:
            for number, body in enumerate(long_run(count)):
                (sent / f"{count:06}-{number:03}.pb").write_bytes(body)
        load([sent], data)
    for count in SIZES:
        assert count == open_lake(data).run(run_id(count))["spans"], f"the run of {count} spans is not whole"
    return data


class _Traffic:
    """What a page has received."""

    def __init__(self, page: Any) -> None:
        self.http = self.socket = 0
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.on("Network.loadingFinished", self._loaded)
        session.on("Network.webSocketFrameReceived", self._received)

    def _loaded(self, event: dict[str, Any]) -> None:
        self.http += int(event["encodedDataLength"])

    def _received(self, event: dict[str, Any]) -> None:
        frame = event["response"]
        text = frame["payloadData"]
        self.socket += len(text) if frame["opcode"] == 1 else len(text) * 3 // 4  # binary comes as base64


def seen(browser: Any, url: str, spans: int, tries: int) -> Seen:
    """Return what a run's page takes, the middle of some tries; `spans` 0 is the page without a run."""
    found = [_once(browser, url, spans) for _ in range(tries)]
    return Seen(spans, *(_middle([once[at] for once in found]) for at in range(1, len(Seen._fields))))


def _middle(values: list[Any]) -> Any:
    return None if values[0] is None else median(values)


def _once(browser: Any, url: str, spans: int) -> Seen:
    context = browser.new_context(viewport={"width": 1500, "height": 900})
    context.set_default_timeout(WAIT_MS)
    page = context.new_page()
    traffic = _Traffic(page)
    try:
        painted = _painted(page, url, spans)
        received = traffic.http, traffic.socket
        for _ in range(_TO_KNOW):  # a browser keeps what it made of a script when it has met it twice
            _painted(page, url, 0)
        known = _painted(page, url, spans)
        if not spans:
            return Seen(0, painted, known, None, None, None, None, *received)
        frames = sorted(page.locator(".body").evaluate(_SCROLL))
        picked = page.locator(".view").evaluate(_SELECT)
        marked, panel = (median(times) for times in zip(*picked, strict=True))
        p50, p95 = (frames[int(len(frames) * share)] for share in (0.5, 0.95))
        return Seen(spans, painted, known, marked, panel, p50, p95, *received)
    finally:
        context.close()


def _painted(page: Any, url: str, spans: int) -> float:
    """Return after how many ms of the page's opening its run was to be seen, or that there is none."""
    if not spans:
        page.goto(f"{url}/run")
        page.get_by_text(_BASELINE).wait_for()
        return float(page.evaluate("performance.now()"))
    page.goto(f"{url}/run?run={run_id(spans)}&view=tree")
    page.locator(".row").first.wait_for()
    page.get_by_role("tab", name="Raw").wait_for()
    return float(page.evaluate(_PAINTED))


def rows(found: list[Seen]) -> list[tuple[str, ...]]:
    """Return the lines of the table; the first page is the baseline."""
    base = found[0].first_paint_ms
    told = []
    for page in found:
        figures = (f"{page.first_paint_ms:,.0f}", f"{page.first_paint_ms / base:.2f}")
        known = (f"{page.known_paint_ms:,.0f}", f"{page.known_paint_ms / found[0].known_paint_ms:.2f}")
        held = "" if not page.spans else "met" if page.known_paint_ms <= FIRST_PAINT_MS else "missed"
        smooth = "" if page.frame_p95_ms is None else "met" if page.frame_p95_ms <= FRAME_MS else "missed"
        rest = (page.marked_ms, page.panel_ms, page.frame_p50_ms, page.frame_p95_ms)
        times = ("-" if ms is None else f"{ms:.1f}" for ms in rest)
        sizes = (f"{page.http_bytes / 1024:,.0f}", f"{page.socket_bytes / 1024:,.0f}")
        told.append(
            (f"{page.spans:,}" if page.spans else "no run", *figures, *known, held, *times, smooth, *sizes)
        )
    return told


HEAD: Final = (
    "spans, first paint ms, of baseline, scripts known ms, of baseline, 1.5 s, marked ms, panel ms, "
    "frame p50 ms, p95 ms, 60 Hz, HTTP KB, socket KB"
)


def main() -> None:
    """Run the benchmark and print its table."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--folder", type=Path, help="where the lake is, or shall be; default: a new one")
    options.add_argument("--tries", type=int, default=3, help="of which the middle one counts")
    options.add_argument("--json", action="store_true", help="print one JSON object")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as made:
        found = _measured(made_lake(chosen.folder or Path(made)), chosen.tries)
    if chosen.json:
        print(json.dumps([page._asdict() for page in found]))
        return
    print_table(HEAD, rows(found))


def _measured(data: Path, tries: int) -> list[Seen]:
    from playwright.sync_api import sync_playwright

    with served(data) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        for spans in (0, SIZES[0]):
            _once(browser, url, spans)  # the server's first pages load its libraries
        found = [seen(browser, url, spans, tries) for spans in (0, *SIZES)]
        browser.close()
    return found


if __name__ == "__main__":
    main()
