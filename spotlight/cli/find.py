"""`spotlight find`: runs and steps by a search, and where the text it looks for stands."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from spotlight.cli.narrowing import Narrowing, narrowed
from spotlight.cli.options import DataOption, JsonOption, existing_data
from spotlight.cli.output import count, duration, money, one_line, out, print_json, say, table, when
from spotlight.cli.query import MOST_ROWS
from spotlight.cli.runs import runs_table
from spotlight.errors import SpotlightError, UnreadableSearch

if TYPE_CHECKING:
    from spotlight.reports import Reports, RunFilters
    from spotlight.reports.find.passages import Passages


@narrowed
def find(
    narrowing: Narrowing,
    query: Annotated[
        list[str] | None, typer.Argument(metavar="SEARCH", help="What to find, best in single quotes.")
    ] = None,
    spans: Annotated[bool, typer.Option("--spans", help="List the steps found, not their runs.")] = False,
    view: Annotated[
        str | None, typer.Option("--view", metavar="NAME", help="Start from a view saved in the browser.")
    ] = None,
    limit: Annotated[int, typer.Option("-n", "--limit", min=1, max=MOST_ROWS, help="At most so many.")] = 20,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Find runs by fields, words and structure, the newest first; docs/find.md has the whole language.

    Example: spotlight find 'status:error cost>0.05 tool:search* "connection reset"'
    """
    from spotlight.reports import open_lake
    from spotlight.reports.find.completion import Values, notes

    folder = existing_data(data)
    filters = _filters(narrowing, " ".join(query or ()), view, folder)
    reports = open_lake(folder)
    try:
        said = notes(Values(reports), filters.query or "")
        if spans:
            _spans(reports, filters, limit, as_json=as_json)
        else:
            _runs(reports, filters, limit, as_json=as_json)
    except UnreadableSearch as exc:
        text = filters.query or ""
        say(f"  {one_line(text)}\n  {' ' * exc.at}{'^' * max(1, min(exc.end, len(text)) - exc.at)}")
        raise
    for note in said:
        say(note.text)


def _filters(narrowing: Narrowing, query: str, view: str | None, folder: Path) -> RunFilters:
    """Return the filters that were typed, over those of a view."""
    given = narrowing.run_filters()._replace(query=query or narrowing.query)
    if view is None:
        if not given.query:
            raise SpotlightError("nothing to search for", hint="for example spotlight find status:error")
        return given
    import time

    from dashboards.addresses import filters_of
    from spotlight.reports.find.saved import view_named

    kept = filters_of(view_named(folder, view).query, time.time_ns())
    both = " ".join(f"({text})" for text in (kept.query, given.query) if text)
    typed = {
        name: value for name, value in given._asdict().items() if value and name not in ("query", "order")
    }
    return kept._replace(**typed, query=both or None)


def _runs(reports: Reports, filters: RunFilters, limit: int, *, as_json: bool) -> None:
    from spotlight.reports.find.passages import passages

    rows = reports.runs(filters, limit=limit).to_pylist()
    said = passages(reports, filters, limit)
    total = reports.run_count(filters)
    if as_json:
        print_json({"runs": rows, "total": total, "passages": [row._asdict() for row in said.rows]})
        return
    if not rows:
        say("no runs match")
        return
    out.print(runs_table(rows, out.width, fit=out.is_terminal))
    if total > len(rows):
        say(f"{len(rows)} of {total:,} runs; see more with -n")
    _print_passages(said)


def _print_passages(said: Passages) -> None:
    for row in said.rows:
        where = f"{row.run_id[:8]} {row.span_id} {row.part}"
        words = (one_line(row.before), one_line(row.found), one_line(row.after))
        out.print(Text.assemble((where + "  ", "dim"), words[0], (words[1], "bold reverse"), words[2]))
    if said.steps > len(said.rows):
        say(f"{len(said.rows)} of {said.steps:,} steps that say it")


def _spans(reports: Reports, filters: RunFilters, limit: int, *, as_json: bool) -> None:
    from spotlight.reports.find.passages import found_steps

    rows, total = found_steps(reports, filters, limit)
    if as_json:
        print_json({"steps": rows, "total": total})
        return
    if not rows:
        say("no steps match")
        return
    out.print(table(_HEADINGS, map(_cells, rows), numbers=("duration", "tokens in", "out", "cost")))
    if total > len(rows):
        say(f"{len(rows)} of {total:,} steps; see more with -n")


def _error(row: dict[str, Any]) -> str:
    said = ": ".join(filter(None, (row["error_type"], row["error_message"])))
    return said or ("failed" if row["failed"] else "")


_HEADINGS = (
    "run", "span", "step", "kind", "name", "started", "duration", "model", "tokens in", "out", "cost",
    "error",
)  # fmt: skip


def _cells(row: dict[str, Any]) -> list[object]:
    return [
        str(row["run_id"])[:8], row["span_id"], row["step"], row["kind"], row["name"] or "-",
        when(row["started_ns"]), duration(row["duration_ms"]), row["model"] or "-",
        count(row["input_tokens"]), count(row["output_tokens"]), money(row["cost_usd"]), _error(row),
    ]  # fmt: skip
