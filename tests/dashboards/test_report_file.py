"""The HTML file of `spotlight report` in a browser: offline, light and dark, narrow, printed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from spotlight.reports import RunFilters, open_lake
from spotlight.reports.export import html_page
from spotlight.reports.export.subjects import SUBJECTS, all_reports
from spotlight.reports.moments import moment_ns

pytestmark = pytest.mark.browser
NOW_NS = moment_ns("2026-07-01", 0)


@pytest.fixture(scope="module")
def report_file(tmp_path_factory: pytest.TempPathFactory, hostile_data: Path) -> str:
    """Return the address of a file with all reports of a lake in which every text is an attack."""
    file: Path = tmp_path_factory.mktemp("report") / "report.html"
    made = all_reports(open_lake(hostile_data), RunFilters(), now_ns=NOW_NS)
    file.write_text(html_page(made, "Spotlight report"), encoding="utf-8")
    return file.as_uri()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_opens_without_asking_anybody(page: Any, report_file: str, scheme: str) -> None:
    """Its own style is let in, nothing else is loaded or run, and nothing is complained about."""
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda request: said.append(request.url))
    page.emulate_media(color_scheme=scheme)
    page.goto(report_file)
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert {"light": "rgb(255, 255, 255)", "dark": "rgb(15, 18, 23)"}[scheme] == ground
    assert ([report_file], 0) == (said, page.locator("script, img, iframe, link, object").count())


def test_every_report_is_in_it(page: Any, report_file: str) -> None:
    """The contents lead to each report, in their order."""
    page.goto(report_file)
    assert [made.title for made in SUBJECTS.values()] == page.locator("nav a").all_inner_texts()
    assert [made.title for made in SUBJECTS.values()] == page.locator("h2.part").all_inner_texts()


@pytest.mark.parametrize("width", [390, 1400])
def test_nothing_is_wider_than_the_window(page: Any, report_file: str, width: int) -> None:
    """Wide tables and charts scroll in their own box; the page does not."""
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(report_file)
    assert width == page.evaluate("document.documentElement.scrollWidth")


def test_printed_tables_are_whole(page: Any, report_file: str) -> None:
    """On paper no table is cut or scrolled: it is as high as its rows, and within the sheet."""
    page.set_viewport_size({"width": 1032, "height": 700})  # A4 landscape less its margins, at 96 dpi
    page.emulate_media(media="print")
    page.goto(report_file)
    cut = """[...document.querySelectorAll('.rows')].filter(
        box => box.scrollHeight > box.clientHeight + 1 || box.scrollWidth > 1032 + 1).length"""
    assert 0 == page.evaluate(cut)
