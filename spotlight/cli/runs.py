"""`spotlight runs`: which runs there are."""

from __future__ import annotations

import enum
from typing import Annotated, Any, Final

import typer
from rich.table import Table

from spotlight.cli.narrowing import Narrowing, narrowed
from spotlight.cli.options import DataOption, JsonOption, existing_data
from spotlight.cli.output import count, duration, money, out, print_json, say, status, table, when
from spotlight.cli.query import MOST_ROWS

# On a narrower terminal the columns that tell runs apart and say what failed must do.
_WIDE: Final = 150


class Order(enum.StrEnum):
    """How runs can be listed; the words of `spotlight.reports`."""

    NEWEST = "newest"
    FAILED_FIRST = "failed_first"
    SLOWEST = "slowest"
    MOST_TOKENS = "most_tokens"
    MOST_EXPENSIVE = "most_expensive"


@narrowed
def runs(
    narrowing: Narrowing,
    failed: Annotated[bool, typer.Option("--failed", help="Only runs that ended in error.")] = False,
    incomplete: Annotated[
        bool, typer.Option("--incomplete", help="Only runs whose root never arrived.")
    ] = False,
    other: Annotated[
        bool, typer.Option("--other", help="The traces in which no agent was at work, instead of the runs.")
    ] = False,
    order: Annotated[
        Order, typer.Option(help=f"{', '.join(list(Order)[:-1])} or {list(Order)[-1]}.")
    ] = Order.NEWEST,
    limit: Annotated[int, typer.Option("-n", "--limit", min=1, max=MOST_ROWS, help="At most so many.")] = 50,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """List runs, the newest first.

    Example: spotlight runs --failed --pack renewal-agent -n 20
    """
    from spotlight.reports import RunFilters, open_lake

    wanted = tuple(name for name, asked in (("error", failed), ("incomplete", incomplete)) if asked)
    narrowed_to = narrowing.run_filters()
    status = (*wanted, *narrowed_to.status)
    filters = narrowed_to._replace(status=status, order=order.value, other=other)
    reports = open_lake(existing_data(data))
    rows = reports.runs(filters, limit=limit).to_pylist()
    if as_json:
        print_json(rows)
        return
    total = reports.run_count(filters)
    noun = "other traces" if other else "runs"
    if rows:
        shown = (
            other_table(rows, fit=out.is_terminal)
            if other
            else runs_table(rows, out.width, fit=out.is_terminal)
        )
        out.print(shown)
    else:
        asked = filters != RunFilters(order=order.value, other=other)
        say(f"no {noun}" + (" match" if asked else " yet"))
    if total > len(rows):
        say(f"{len(rows)} of {total:,} {noun}; see more with -n")
    beside = 0 if other else reports.run_count(RunFilters(other=True))
    if beside:
        say(f"{beside:,} other trace{'s' if beside > 1 else ''} (no agent at work); see with --other")


def runs_table(rows: list[dict[str, Any]], width: int, *, fit: bool = True) -> Table:
    """Return the table of some runs for a terminal so many columns wide; without `fit`, all of it."""
    if not fit:
        return table(_HEADINGS, map(_cells, rows), numbers=_NUMBERS)
    if width >= _WIDE:
        most = {"pack": 22, "version": 12, "session": 20}
        return table(_HEADINGS, map(_cells, rows), numbers=_NUMBERS, most=most, rest="error")
    most = {"pack": width // 5 - 1, "duration": 8, "tools": 8, "cost": 9}
    return table(_FEW_HEADINGS, map(_few_cells, rows), numbers=_NUMBERS, most=most, rest="error")


def other_table(rows: list[dict[str, Any]], *, fit: bool = True) -> Table:
    """Return the table of traces without an agent: what there is to say of them."""
    cells = (
        (
            str(run["run_id"])[:8],
            status(run["status"]),
            when(run["started_ns"]),
            duration(run["duration_ms"]),
            run["service_name"] or "-",
            count(run["spans"]),
            run["name"] or "-",
            _error(run),
        )
        for run in rows
    )
    most = {"duration": 8, "service": 22} if fit else {}
    return table(_OTHER_HEADINGS, cells, numbers=("duration", "spans"), most=most, rest="name" if fit else "")


_OTHER_HEADINGS: Final = ("trace", "status", "started", "duration", "service", "spans", "name", "error")
_HEADINGS: Final = (
    "run", "status", "started", "duration", "pack", "version", "session", "calls", "tools", "tokens in",
    "out", "cost", "error",
)  # fmt: skip
_FEW_HEADINGS: Final = ("run", "status", "started", "duration", "pack", "tools", "cost", "error")
_NUMBERS: Final = ("duration", "calls", "tools", "tokens in", "out", "cost")


def _few_cells(run: dict[str, Any]) -> list[object]:
    failed = run["failed_tool_calls"]
    return [
        str(run["run_id"])[:8],
        status(run["status"]),
        when(run["started_ns"])[11:16] or "-",
        duration(run["duration_ms"]),
        " ".join(filter(None, (run["pack_name"], run["pack_version"]))) or "-",
        f"{run['tool_calls']} ({failed}✗)" if failed else run["tool_calls"],
        money(run["cost_usd"]),
        _error(run),
    ]


def _cells(run: dict[str, Any]) -> list[object]:
    failed = run["failed_tool_calls"]
    return [
        str(run["run_id"])[:8],
        status(run["status"]),
        when(run["started_ns"]),
        duration(run["duration_ms"]),
        run["pack_name"] or "-",
        run["pack_version"] or "-",
        run["session_id"] or "-",
        run["generations"],
        f"{run['tool_calls']} ({failed} failed)" if failed else run["tool_calls"],
        count(run["input_tokens"]),
        count(run["output_tokens"]),
        money(run["cost_usd"]),
        _error(run),
    ]


def _error(run: dict[str, Any]) -> str:
    error = ": ".join(filter(None, (run["error_type"], run["error_message"])))
    return error or run["status_reason"] or ""
