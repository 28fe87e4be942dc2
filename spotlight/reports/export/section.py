"""What a report is made of, as data: every way to show it reads the same."""

from __future__ import annotations

from typing import Literal, NamedTuple

import pyarrow as pa

from spotlight.reports.filters import RunFilters

ChartKind = Literal["bars", "stacked", "lines", "dumbbells", "heatmap", "waterfall", "flow"]


class Chart(NamedTuple):
    """How the rows of a section are drawn; every name is a column of `rows`, or of the section's table.

    bars       one bar per row: label, values[0]
    stacked    a stack per label, a part per series: values[0]
    lines      a point per label; a line per series, or per column of values
    dumbbells  from values[0] to values[1], a row per label, a colour per series
    heatmap    a cell per (label, series), coloured by values[0]
    waterfall  a step per row: label, values[0]; the first and the last row are the totals
    flow       a link from label to series, as wide as values[0]; nodes are "level:name"
    """

    kind: ChartKind
    label: str
    values: tuple[str, ...]
    series: str | None = None
    wide: bool = False
    rows: pa.Table | None = None  # what is drawn, where it is not the table itself


class Section(NamedTuple):
    """One question and its answer."""

    name: str  # for programs and file names
    title: str
    question: str
    table: pa.Table
    chart: Chart | None = None
    notes: tuple[str, ...] = ()
    n: int | None = None  # what the figures count, in the words of `of`
    of: str = "runs"
    shown: tuple[str, ...] = ()  # the columns that people see; empty: all
    reading: pa.Table | None = None  # what people see instead of `table`, where another shape reads better


class Reading(NamedTuple):
    """What people see of a section: rows may hold more columns, such as the unit, than are shown."""

    names: tuple[str, ...]
    rows: pa.Table


def for_people(section: Section) -> Reading:
    """Return the table that people see, and which columns of it."""
    rows = section.table if section.reading is None else section.reading
    shown = section.shown if section.reading is None else ()
    return Reading(shown or tuple(rows.column_names), rows)


class Report(NamedTuple):
    """Sections that answer one subject, and what they were asked about."""

    subject: str
    title: str
    question: str
    filters: RunFilters
    by: tuple[str, ...]
    runs: int
    first_ns: int | None  # start of the first and the last run that matched
    last_ns: int | None
    price_books: tuple[str, ...]
    generated_ns: int
    sections: tuple[Section, ...]
