"""`spotlight report`: who spent what, how fast, how good, and why it changed, on paper and as files."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from spotlight.cli.narrowing import Narrowing, narrowed
from spotlight.cli.options import DataOption, JsonOption, existing_data
from spotlight.cli.output import say
from spotlight.cli.report_forms import Form, deliver, form_of, print_section, report_bytes, section_of
from spotlight.errors import SpotlightError

if TYPE_CHECKING:
    from spotlight.reports.export import Report

_MOST: Final = 100_000
_ALL: Final = "all"

_ALL_ALONE: Final = "all reports together take no --by and no --against, and are neither CSV nor Parquet"


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
    chosen = form_of(Form.JSON if as_json else form, output)
    if subject == _ALL and (by or against or chosen in (Form.CSV, Form.PARQUET)):
        raise SpotlightError(_ALL_ALONE, hint="name one of them")
    from spotlight.reports.zone import times_in

    dimensions = tuple(name.strip() for name in by.split(",")) if by else ()
    with times_in(zone):
        made = _made(existing_data(data), subject, narrowing, dimensions, against, limit)
        if chosen is Form.TABLE:
            _print(made, section)
        else:
            deliver(report_bytes(made, chosen, section), chosen, output)


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
        for part in [section_of(made, name)] if name else made.sections:
            print_section(part)
