"""`spotlight runs`: which runs there are."""

from __future__ import annotations

from typing import Annotated

import typer

from spotlight.cli.options import DataOption, JsonOption, existing_data
from spotlight.cli.output import count, duration, out, print_json, say, status, table, when


def runs(
    failed: Annotated[bool, typer.Option("--failed", help="Only runs that ended in error.")] = False,
    incomplete: Annotated[
        bool, typer.Option("--incomplete", help="Only runs whose root never arrived.")
    ] = False,
    pack: Annotated[str | None, typer.Option(help="Only runs of this pack.")] = None,
    version: Annotated[str | None, typer.Option(help="Only runs of this pack version.")] = None,
    session: Annotated[str | None, typer.Option(help="Only runs of this session.")] = None,
    text: Annotated[
        str | None, typer.Option(help="Only runs whose id, name, user or error contains this.")
    ] = None,
    order: Annotated[str, typer.Option(help="newest, failed_first, slowest or most_tokens.")] = "newest",
    limit: Annotated[int, typer.Option("-n", "--limit", min=1, help="At most so many.")] = 50,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """List runs, the newest first.

    Example: spotlight runs --failed --pack renewal-agent -n 20
    """
    from spotlight.reports import RunFilters, open_lake

    wanted = tuple(name for name, asked in (("error", failed), ("incomplete", incomplete)) if asked)
    filters = RunFilters(
        status=wanted, pack_name=pack, pack_version=version, session_id=session, text=text, order=order
    )
    reports = open_lake(existing_data(data))
    rows = reports.runs(filters, limit=limit).to_pylist()
    if as_json:
        print_json(rows)
        return
    total = reports.run_count(filters)
    if not rows:
        say("no runs" + (" match" if total == 0 and filters != RunFilters(order=order) else " yet"))
        return
    out.print(table(_HEADINGS, map(_cells, rows), numbers=_NUMBERS))
    if total > len(rows):
        say(f"{len(rows)} of {total:,} runs; see more with -n")


_HEADINGS = (
    "run", "status", "started", "duration", "pack", "version", "session", "calls", "tools", "tokens in",
    "out", "error",
)  # fmt: skip
_NUMBERS = ("duration", "calls", "tools", "tokens in", "out")


def _cells(run: dict[str, object]) -> list[object]:
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
        run["error_message"] or run["error_type"] or (run["status_reason"] or ""),
    ]
