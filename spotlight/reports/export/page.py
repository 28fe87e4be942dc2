"""Reports as one HTML file: it opens offline, runs nothing, asks nobody, and prints."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from importlib import resources
from typing import Final, NamedTuple

from spotlight.reports.export.charts import draw
from spotlight.reports.export.figures import UNKNOWN, cell, heading, is_number, plain_text
from spotlight.reports.export.section import Report, Section, for_people
from spotlight.reports.export.svg import Markup, element, join
from spotlight.reports.moments import time_text, window_text
from spotlight.reports.zone import zone

_ROWS: Final = 40
_FEW: Final = 6  # columns that fit into half the width
_SHORT: Final = 12  # rows that fit beside a chart
_CHARACTERS: Final = 400
# Text of so many characters and more gets a column at least as wide as the class says.
_ROOM: Final = ((80, "xl"), (24, "l"), (9, "m"))
_FILTER_WORDS: Final = {
    "pack_name": "pack", "pack_version": "version", "user_id": "user", "session_id": "session",
    "tenant_claimed": "tenant", "agent_name": "agent",
}  # fmt: skip
_MARKS: Final = f"{UNKNOWN} means: not reported, or not known. It is never 0."


class _Fact(NamedTuple):
    name: str
    value: str


def html_page(reports: Sequence[Report], title: str) -> str:
    """Return a whole page with these reports, one after another.

    No script, no address, no image: the policy in its head forbids all of them, and lets only the page's own
    style in, by its digest. Whatever comes from telemetry is text.
    """
    style = resources.files("spotlight.reports.export").joinpath("page.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    several = len(reports) > 1
    head = element(
        "head",
        _void("meta", charset="utf-8"),
        _void("meta", http_equiv="Content-Security-Policy", content=policy),
        _void("meta", name="viewport", content="width=device-width, initial-scale=1"),
        _void("meta", name="color-scheme", content="light dark"),
        element("title", title),
        Markup(f"<style>{style}</style>"),
    )
    first = reports[0]
    question = "One page per question, all of the same runs." if several else first.question
    body = element(
        "body",
        element(
            "header",
            element("h1", title),
            element("p", question, class_="soft"),
            _facts(first),
            _contents(reports) if several else Markup(""),
        ),
        element("main", *(part for at, report in enumerate(reports) for part in _parts(report, several, at))),
        element("footer", element("p", _MARKS), element("p", _made(first))),
    )
    return f'<!doctype html>\n<html lang="en">{head}{body}</html>\n'


def _void(name: str, /, **attributes: object) -> Markup:
    """Return an element that has no end tag."""
    return Markup(element(name, **attributes).removesuffix(f"</{name}>"))


def _facts(report: Report) -> Markup:
    filters = report.filters
    kept = {"status", "other", "order", "since_ns", "until_ns"}
    narrowed = [
        _Fact(_FILTER_WORDS.get(name, name.replace("_", " ")), str(value))
        for name, value in filters._asdict().items()
        if value and name not in kept
    ]
    if filters.status:
        narrowed.append(_Fact("status", ", ".join(filters.status)))
    seen = (
        f"{time_text(report.first_ns)} to {time_text(report.last_ns)}"
        if report.first_ns is not None and report.last_ns is not None
        else UNKNOWN
    )
    facts = [
        _Fact("window", window_text(filters.since_ns, filters.until_ns)),
        _Fact("runs", f"{report.runs:,}"),
        _Fact("runs started", seen),
        *narrowed,
        *([_Fact("by", ", ".join(report.by))] if report.by else []),
        _Fact("price book", ", ".join(report.price_books) or "none: nothing was priced"),
        _Fact("generated", time_text(report.generated_ns)),
    ]
    return element(
        "dl",
        *(element("div", element("dt", fact.name), element("dd", fact.value)) for fact in facts),
        class_="facts",
    )


def _contents(reports: Iterable[Report]) -> Markup:
    return element(
        "nav", *(element("a", r.title, href=f"#{r.subject}") for r in reports), aria_label="Reports"
    )


def _parts(report: Report, several: bool, at: int) -> Iterable[Markup]:
    if several:
        style = "part first" if at == 0 else "part"
        yield element("h2", report.title, id=report.subject, class_=style)
    sections = report.sections
    narrow = 0
    for place, section in enumerate(sections):
        follows = sections[place + 1] if place + 1 < len(sections) else None
        alone = narrow % 2 == 0 and (follows is None or _is_wide(follows))
        wide = _is_wide(section) or alone
        narrow = 0 if wide else narrow + 1
        yield _section(section, wide)


def _is_wide(section: Section) -> bool:
    """Whether a section needs the whole width: for its chart, or for a table of many columns or rows."""
    names, table = for_people(section)
    return _wide_chart(section) or len(names) > _FEW or (len(names) > _FEW // 2 and table.num_rows > _SHORT)


def _section(section: Section, wide: bool) -> Markup:
    names, table = for_people(section)
    beside = wide and len(names) <= _FEW + 1 and not _wide_chart(section)
    drawn = draw(section, wide=wide and not beside)
    count = [f"n = {section.n:,} {section.of}"] if section.n is not None else []
    notes = [*count, *section.notes]
    traits = {
        "wide": wide,
        "beside": beside and drawn is not None,
        "short": table.num_rows <= _SHORT,
        "few": len(names) <= _FEW // 2,
    }
    return element(
        "section",
        element("h2", section.title),
        element("p", section.question, class_="soft"),
        element("div", element("figure", drawn) if drawn else Markup(""), _table(section), class_="answer"),
        element("ul", *(element("li", note) for note in notes), class_="notes") if notes else Markup(""),
        class_=" ".join(name for name, holds in traits.items() if holds) or None,
    )


def _wide_chart(section: Section) -> bool:
    return section.chart is not None and section.chart.wide


def _table(section: Section) -> Markup:
    names, table = for_people(section)
    rows = table.slice(0, _ROWS).to_pylist()
    if not rows:
        return element("p", "Nothing to show: no such rows in this window.", class_="soft")
    cells = {name: [_cut(cell(name, row)) for row in rows] for name in names}
    styles = {n: _style(cells[n], number=is_number(table.schema.field(n).type)) for n in names}
    head = element("tr", *(element("th", heading(n), class_=styles[n], scope="col") for n in names))
    lines = [
        element("tr", *(element("td", cells[n][at], class_=styles[n]) for n in names))
        for at in range(len(rows))
    ]
    grid = element("table", element("thead", head), element("tbody", *lines))
    left_out = f"The first {_ROWS} of {table.num_rows:,} rows; CSV, JSON and Parquet have all."
    return join(
        [
            element("div", grid, class_="rows", tabindex="0", role="region", aria_label=section.title),
            element("p", left_out, class_="soft") if table.num_rows > len(rows) else "",
        ]
    )


def _style(cells: Sequence[str], *, number: bool) -> str | None:
    """Return the class of a column: numbers stand at the right, longer text is given room."""
    longest = max(map(len, cells))
    return "n" if number else next((name for least, name in _ROOM if longest >= least), None)


def _cut(words: str) -> str:
    return words if len(words) <= _CHARACTERS else words[: _CHARACTERS - 1] + "…"


def _made(report: Report) -> str:
    books = ", ".join(report.price_books)
    prices = f"Prices: {books}." if books else "No prices were used."
    return plain_text(
        f"Made by Spotlight on {time_text(report.generated_ns)}. Times are {zone().key}. {prices}"
    )
