"""`spotlight report`: who spent what, how fast, how good, and why it changed, on paper and as files."""

from __future__ import annotations

import enum
import io
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from spotlight.cli.narrowing import Narrowing, narrowed
from spotlight.cli.options import DataOption, JsonOption, existing_data
from spotlight.cli.output import out, say, table
from spotlight.errors import SpotlightError

if TYPE_CHECKING:
    from spotlight.reports.export import Report, Section

_MOST: Final = 100_000
_TERMINAL_ROWS: Final = 40
_ALL: Final = "all"

_ALL_ALONE: Final = "all reports together take no --by and no --against, and are neither CSV nor Parquet"


class Form(enum.StrEnum):
    """How a report is written."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    PARQUET = "parquet"
    HTML = "html"


@narrowed
def report(
    subject: Annotated[
        str,
        typer.Argument(
            metavar="SUBJECT",
            help="cost, bridge, forecast, top, waste, latency, quality, reliability, memory, safety, "
            "sessions, versions, or all.",
        ),
    ],
    narrowing: Narrowing,
    by: Annotated[
        str | None,
        typer.Option(help="Divide by these dimensions: pack,version or tenant,model, ... (at most three)."),
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(help="Compare with: previous (the window before), SINCE..UNTIL, or a pack version."),
    ] = None,
    form: Annotated[
        Form,
        typer.Option("--format", help="table, json, csv, parquet, or html: one file that opens offline."),
    ] = Form.TABLE,
    section: Annotated[
        str | None, typer.Option(help="Of a report with several tables, this one (csv, parquet, table).")
    ] = None,
    limit: Annotated[
        int, typer.Option("-n", "--limit", min=1, max=_MOST, help="At most so many rows in lists.")
    ] = 20,
    zone: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="Time zone of days, hours and times, an IANA name such as Europe/Berlin; --since, too.",
        ),
    ] = "UTC",
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Write to this file.")] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Report cost, time, quality and reliability of runs, in figures that say what they leave out.

    Without --since a report is of all times. CSV and Parquet hold one table: the first, or --section.

    Example: spotlight report cost --by pack,model --since 7d

    Example: spotlight report all --since month -o report.html
    """
    chosen = _form(Form.JSON if as_json else form, output)
    if subject == _ALL and (by or against or chosen in (Form.CSV, Form.PARQUET)):
        raise SpotlightError(_ALL_ALONE, hint="name one of them")
    from spotlight.reports.zone import times_in

    dimensions = tuple(name.strip() for name in by.split(",")) if by else ()
    with times_in(zone):
        made = _made(existing_data(data), subject, narrowing, dimensions, against, limit)
        if chosen is Form.TABLE:
            _print(made, section)
        else:
            _deliver(_bytes(made, chosen, section), chosen, output)


def _form(form: Form, output: Path | None) -> Form:
    """Return the form asked for; where none was, the one that the file's name ends with."""
    if form is not Form.TABLE or output is None:
        return form
    ending = output.suffix.removeprefix(".")
    if ending not in (Form.JSON, Form.CSV, Form.PARQUET, Form.HTML):
        raise SpotlightError(
            f"{output} says no form", hint="name one with --format, or end it in .html or .csv"
        )
    return Form(ending)


def _made(
    data: Path, subject: str, narrowing: Narrowing, by: tuple[str, ...], against: str | None, limit: int
) -> list[Report]:
    """Return the report asked for, or all of them."""
    from spotlight.reports import open_lake
    from spotlight.reports.export.subjects import all_reports
    from spotlight.reports.export.subjects import report as ask

    reports, filters, now_ns = open_lake(data), narrowing.run_filters(), time.time_ns()
    if subject == _ALL:
        return all_reports(reports, filters, now_ns=now_ns, limit=limit)
    return [ask(reports, subject, filters, now_ns=now_ns, by=by, held_against=against, limit=limit)]


def _print(reports: list[Report], name: str | None) -> None:
    """Print tables for a person, what they are of on stderr."""
    from spotlight.reports.moments import window_text
    from spotlight.reports.zone import zone

    first = reports[0]
    window = window_text(first.filters.since_ns, first.filters.until_ns)
    books = ", ".join(first.price_books) or "no prices"
    say(f"{first.runs:,} runs, {window}; {books}; times are {zone().key}, – means not reported or not known")
    for made in reports:
        for part in [_chosen(made, name)] if name else made.sections:
            _print_section(part)


def _print_section(section: Section) -> None:
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


def _bytes(reports: list[Report], form: Form, name: str | None) -> bytes:
    """Return the reports in the form asked for."""
    from spotlight.reports.export import html_page, write_csv, write_json, write_parquet

    stream = io.BytesIO()
    if form is Form.HTML:
        title = reports[0].title if len(reports) == 1 else "Spotlight report"
        return html_page(reports, title).encode()
    if form is Form.JSON:
        write_json(reports, stream)
        return stream.getvalue()
    part = _chosen(reports[0], name)
    others = [other.name for other in reports[0].sections if other.name != part.name]
    if others and not name:
        say(f"this is the table {part.name!r}; others with --section: {', '.join(others)}")
    (write_csv if form is Form.CSV else write_parquet)(part.table, stream)
    return stream.getvalue()


def _chosen(report: Report, name: str | None) -> Section:
    """Return the section of that name, else the first. Raises: SpotlightError where there is none."""
    if name is None:
        return report.sections[0]
    for section in report.sections:
        if section.name == name:
            return section
    known = ", ".join(section.name for section in report.sections)
    raise SpotlightError(f"the report {report.subject!r} has no table {name!r}", hint=f"one of {known}")


def _deliver(content: bytes, form: Form, output: Path | None) -> None:
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
