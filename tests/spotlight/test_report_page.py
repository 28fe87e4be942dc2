"""The HTML page of a report: charts, hostile text, nothing from outside."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from itertools import pairwise

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spotlight.reports import RunFilters
from spotlight.reports.export import Chart, Report, Section, html_page
from spotlight.reports.export.charts import draw
from spotlight.reports.export.section import ChartKind
from spotlight.reports.export.svg import element, fitted, join, scale
from tests.spotlight.report_lakes import HOSTILE

KINDS: tuple[ChartKind, ...] = ("bars", "stacked", "lines", "dumbbells", "heatmap", "waterfall", "flow")
ALLOWED = {
    "html", "head", "meta", "title", "style", "body", "header", "main", "footer", "section", "nav", "a",
    "h1", "h2", "p", "div", "dl", "dt", "dd", "ul", "li", "figure", "table", "thead", "tbody", "tr", "th",
    "td", "svg", "desc", "text", "line", "rect", "circle", "path",
}  # fmt: skip


class Seen(HTMLParser):
    """Every tag, attribute and text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag and its attributes."""
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        """Note a text."""
        self.texts.append(data)


def section(kind: ChartKind | None, label: str = "a", other: str = "b") -> Section:
    """Return a section with three rows and the chart asked for."""
    rows = pa.table(
        {
            "what": [f"level:{label}", f"level:{other}", None],
            "to": [f"next:{other}", f"next:{label}", "next:c"],
            "cost_usd": [1.0, 2.5, None],
            "high_usd": [2.0, 3.0, 4.0],
        }
    )
    values = ("cost_usd", "high_usd") if kind == "dumbbells" else ("cost_usd",)
    series = None if kind in ("bars", "waterfall", None) else "to"
    chart = Chart(kind, "what", values, series) if kind else None
    return Section("s", f"Title {label}", f"Question {label}?", rows, chart, (f"Note {label}",), 3)


def report(*sections: Section, text: str = "x") -> Report:
    """Return a report of these sections, asked with a text."""
    filters = RunFilters(pack_name=text, since_ns=0)
    return Report(
        "cost", "Cost", "Who?", filters, ("pack",), 3, 0, 1, (f"book {text}",), 60_000_000_000, sections
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_chart_says_what_it_shows(kind: ChartKind) -> None:
    """A picture has a title, a description and a label for those who do not see it."""
    seen = Seen(str(draw(section(kind))))
    assert ["svg", "title", "desc"] == seen.tags[:3]
    assert ("role", "img") in seen.attributes
    assert next(v for n, v in seen.attributes if n == "aria-label").startswith("Title a. ")


@pytest.mark.parametrize("kind", KINDS)
def test_a_chart_without_values_is_no_chart(kind: ChartKind) -> None:
    """Nothing is drawn of no rows, nor of rows whose values are all unknown."""
    whole = section(kind)
    unknown = pa.nulls(3, pa.float64())
    bare = whole.table.set_column(2, "cost_usd", unknown).set_column(3, "high_usd", unknown)
    assert (None, None) == (
        draw(whole._replace(table=whole.table.slice(0, 0))),
        draw(whole._replace(table=bare)),
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("value", [0.0, -3.0, 1e-12, 1e15])
def test_odd_values_are_drawn(kind: ChartKind, value: float) -> None:
    """Zero, negative, tiny and huge values give pictures whose numbers are numbers."""
    whole = section(kind)
    odd = whole.table.set_column(2, "cost_usd", pa.array([value, 0.0, None]))
    drawn = draw(whole._replace(table=odd))
    assert drawn is not None
    assert not re.search(r"\bnan\b|\binf\b", drawn)


def test_what_is_unknown_has_a_name_and_no_bar() -> None:
    """A NULL is drawn neither as 0 nor left out: its name stands there with a dash."""
    seen = Seen(str(draw(section("bars"))))
    assert (2, True, True) == (seen.tags.count("rect"), "unknown" in seen.texts, "–" in seen.texts)


@pytest.mark.parametrize("kind", [*KINDS, None])
def test_hostile_text_is_text(kind: ChartKind | None) -> None:
    """Names, notes, titles and filters from telemetry make no tag, no attribute and no direction change."""
    made = section(kind, HOSTILE, HOSTILE + "2")
    seen = Seen(html_page([report(made, text=HOSTILE)], HOSTILE))
    assert set() == set(seen.tags) - ALLOWED
    assert [] == [name for name, _ in seen.attributes if name.startswith("on") or name in ("src", "style")]
    shown = " ".join(seen.texts)
    assert ("<script>alert(1)</script>" in shown, "\u202e" in shown, "\x1b" in shown) == (True, False, False)


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_text_leaves_its_place(label: str, other: str) -> None:
    """Whatever text stands in the rows, the page has the same tags."""
    made = html_page([report(section(None, label, other), text="x")], "t")
    assert Seen(html_page([report(section(None))], "t")).tags == Seen(made).tags


def test_the_page_asks_nobody() -> None:
    """There is no address in it, no script, and a policy that lets only its own style in."""
    page = html_page([report(*map(section, KINDS))], "Cost")
    seen = Seen(page)
    assert [] == re.findall(r"(?:https?:)?//[a-z]|@import|url\(", page)
    assert {"#" + value for name, value in seen.attributes if name == "id"} >= {
        value for name, value in seen.attributes if name == "href"
    }
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    policy = next(value for name, value in seen.attributes if value.startswith("default-src"))
    assert f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'" == policy


def test_the_page_says_what_it_is_of() -> None:
    """Window, runs, filters, price book and the time it was made stand at its head."""
    texts = Seen(html_page([report(section("bars"), text="renewal")], "Cost")).texts
    facts = dict(reversed(list(pairwise(texts))))
    assert ("since 1970-01-01 00:00 UTC", "3", "renewal", "pack", "book renewal", "1970-01-01 00:01 UTC") == (
        facts["window"], facts["runs"], facts["pack"], facts["by"], facts["price book"], facts["generated"],
    )  # fmt: skip


def test_long_tables_say_what_they_leave_out() -> None:
    """A page holds the first rows, and says how many there are."""
    rows = pa.table({"run": [f"r{at}" for at in range(500)], "cost_usd": [float(at) for at in range(500)]})
    page = html_page([report(Section("s", "T", "Q?", rows))], "Cost")
    assert "The first 40 of 500 rows; CSV, JSON and Parquet have all." in page
    assert 41 == page.count("<tr>")


def test_several_reports_have_contents() -> None:
    """A page of several reports begins with links to each."""
    second = report(section("bars"))._replace(subject="latency", title="Latency")
    seen = Seen(html_page([report(section("bars")), second], "All"))
    assert ["#cost", "#latency"] == [value for name, value in seen.attributes if name == "href"]


def test_only_markup_is_taken_for_markup() -> None:
    """Plain text is escaped wherever it stands: as a child, in an attribute, in a join."""
    assert '<a b="&lt;&quot;&#x27;">&lt;i&gt;</a>&amp;' == join([element("a", "<i>", b="<\"'"), "&"])


@given(st.lists(st.floats(-1e12, 1e12), min_size=1, max_size=20), st.sampled_from(["x", "a_ms", "b_usd"]))
def test_a_scale_holds_all_values(values: list[float], column: str) -> None:
    """Every value lies between the ends of the axis, which has few marks and 0 on it."""
    found = scale(values, 0, 100, column)
    assert all(-0.001 <= found.at(value) <= 100.001 for value in values)
    assert 2 <= len(found.ticks) <= 8
    assert any(abs(tick) < 1e-9 for tick in found.ticks)


def test_long_names_are_cut_in_the_middle() -> None:
    """Names of one family differ at their ends, which stay."""
    assert "customer-su…-version-42" == fitted("customer-support-agent-version-42", 170)
