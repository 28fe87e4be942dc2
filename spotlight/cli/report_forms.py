"""How reports are written: tables on a terminal, JSON, CSV, Parquet, or an HTML file that opens offline."""

from __future__ import annotations

import enum
import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from spotlight.cli.output import out, say, table
from spotlight.errors import SpotlightError

if TYPE_CHECKING:
    from spotlight.reports.export import Report, Section

_TERMINAL_ROWS: Final = 40


class Form(enum.StrEnum):
    """How a report is written."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    PARQUET = "parquet"
    HTML = "html"


def form_of(form: Form, output: Path | None) -> Form:
    """Return the form asked for; where none was, the one that the file's name ends with."""
    if form is not Form.TABLE or output is None:
        return form
    ending = output.suffix.removeprefix(".")
    if ending not in (Form.JSON, Form.CSV, Form.PARQUET, Form.HTML):
        raise SpotlightError(
            f"{output} says no form", hint="name one with --format, or end it in .html or .csv"
        )
    return Form(ending)


def print_section(section: Section) -> None:
    """Print a table for a person, its notes on stderr."""
    from spotlight.reports.export.figures import cell, heading, is_number
    from spotlight.reports.export.section import for_people

    names, read = for_people(section)
    rows = read.slice(0, _TERMINAL_ROWS).to_pylist()
    out.print()
    out.print(section.title, style="bold", soft_wrap=True)
    if rows:
        headings = [heading(name) for name in names]
        numbers = [heading(name) for name in names if is_number(read.schema.field(name).type)]
        out.print(table(headings, ([cell(n, row) for n in names] for row in rows), numbers=numbers))
    else:
        say("nothing to show: no such rows in this window")
    if section.n is not None:
        say(f"n = {section.n:,} {section.of}")
    for note in section.notes:
        say(note)
    if section.table.num_rows > len(rows):
        say(
            f"the first {len(rows)} of {section.table.num_rows:,} rows; all of them with --format json or csv"
        )


def report_bytes(reports: list[Report], form: Form, name: str | None) -> bytes:
    """Return the reports in the form asked for."""
    from spotlight.reports.export import html_page, write_csv, write_json, write_parquet

    stream = io.BytesIO()
    if form is Form.HTML:
        title = reports[0].title if len(reports) == 1 else "Spotlight report"
        return html_page(reports, title).encode()
    if form is Form.JSON:
        write_json(reports, stream)
        return stream.getvalue()
    part = section_of(reports[0], name)
    others = [other.name for other in reports[0].sections if other.name != part.name]
    if others and not name:
        say(f"this is the table {part.name!r}; others with --section: {', '.join(others)}")
    (write_csv if form is Form.CSV else write_parquet)(part.table, stream)
    return stream.getvalue()


def section_of(report: Report, name: str | None) -> Section:
    """Return the section of that name, else the first. Raises: SpotlightError where there is none."""
    if name is None:
        return report.sections[0]
    for section in report.sections:
        if section.name == name:
            return section
    known = ", ".join(section.name for section in report.sections)
    raise SpotlightError(f"the report {report.subject!r} has no table {name!r}", hint=f"one of {known}")


def deliver(content: bytes, form: Form, output: Path | None) -> None:
    """Write bytes to a file or to stdout; raises SpotlightError for binary ones on a terminal."""
    if output is not None:
        output.write_bytes(content)
        say(f"wrote {output}")
        return
    if form is Form.PARQUET and sys.stdout.isatty():
        raise SpotlightError("Parquet is not for a terminal", hint="name a file with -o FILE, or pipe it")
    sys.stdout.flush()
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()
