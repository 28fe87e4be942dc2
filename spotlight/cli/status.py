"""`spotlight status`: what came in, what became of it, what waits."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer

from spotlight.cli.options import DataOption, JsonOption, existing_data, read_folder
from spotlight.cli.output import UNKNOWN, count, out, print_json, table, when
from spotlight.cli.sources import print_sources
from spotlight.cli.supervisor import read_ready
from spotlight.figures import size


def status(
    data: DataOption = None,
    as_json: JsonOption = False,
    sources: Annotated[
        bool, typer.Option("--sources", help="Who sent what, what is odd about it, and what to do.")
    ] = False,
) -> None:
    """Say what came in and what became of it.

    How much was accepted, refused, deduplicated, what still waits, and how large the lake is. With
    `--sources`: per service, instrumentation scope and signal.

    Example: spotlight status --sources
    """
    if sources:
        print_sources(existing_data(data), as_json=as_json)
        return
    folder = read_folder(data)
    said = _status(folder)
    if as_json:
        print_json(said)
        return
    out.print(f"data folder  {folder}")
    for name, part in said["parts"].items():
        out.print(f"{name:<12} {_running(part)}")
    out.print(f"waiting      {size(said['waiting_bytes'])} in the journal not yet in the lake")
    out.print(
        f"lake         {size(said['lake_bytes'])} in {said['lake_files']:,} files, {said['runs']:,} runs"
    )
    if said["dead_requests"]:
        out.print(
            f"dead         {said['dead_requests']:,} requests nothing could read, kept in {folder / 'dead'}"
        )
    if not said["received"]:
        out.print("nothing has come in yet")
        return
    rows = [
        [r["signal"], r["outcome"], r["reason"] or "", count(r["requests"]), count(r["items"]),
         size(r["bytes"] or 0), when(r["last_received_ns"])]
        for r in said["received"]
    ]  # fmt: skip
    out.print(table(_HEADINGS, rows, numbers=("requests", "items", "size")))
    if said["metric_usage"]:
        out.print("\nusage that only metrics tell: send logs or traces too, to see runs")
        out.print(
            table(
                _METRIC_HEADINGS, [_metric_row(r) for r in said["metric_usage"]], numbers=_METRIC_HEADINGS[3:]
            )
        )


_METRIC_HEADINGS = ("service", "session", "model", "input", "output", "cache read", "reported USD")


def _metric_row(row: dict[str, Any]) -> list[Any]:
    cost = row["cost_reported_usd"]
    dollars = UNKNOWN if cost is None else f"{cost:.4f}"
    return [
        row["service_name"], row["session_id"], row["model"], count(row["input_tokens"]),
        count(row["output_tokens"]), count(row["cache_read_tokens"]), dollars,
    ]  # fmt: skip


def _running(part: dict[str, object] | None) -> str:
    if part is None:
        return "not running"
    address = next((part[key] for key in ("http", "url") if key in part), "")
    return f"running, process {part['pid']} {address}".rstrip()


_HEADINGS = ("signal", "outcome", "why", "requests", "items", "size", "last (UTC)")


class Waiting(NamedTuple):
    """What stands between an acknowledgement and the lake."""

    journal_bytes: int  # acknowledged, not yet in the lake
    dead_requests: int  # nothing could read them; they are kept


def waiting(folder: Path) -> Waiting:
    """Return what of a data folder is not in its lake."""
    from ingest.progress import read_progress
    from ingest.segments import end_position, first_position

    journal, dead = folder / "journal", folder / "dead"
    progress = read_progress(journal)
    done = progress.committed if progress else first_position(journal)
    left = max(0, end_position(journal) - done)
    return Waiting(left, len(list(dead.glob("*.binpb"))) if dead.is_dir() else 0)


def _status(folder: Path) -> dict[str, Any]:
    from spotlight.reports import RunFilters, open_lake

    reports = open_lake(folder)
    left = waiting(folder)
    sizes = reports.lake_size()
    summary = reports.runs_summary(RunFilters())
    return {
        "data": str(folder),
        "parts": {name: read_ready(folder, name) for name in ("collector", "writer", "dashboards")},
        "waiting_bytes": left.journal_bytes,
        "lake_bytes": sum(s.bytes for s in sizes.values()),
        "lake_files": sum(s.files for s in sizes.values()),
        "tables": {name: s._asdict() for name, s in sizes.items()},
        "runs": summary.runs,
        "failed_runs": summary.failed,
        "incomplete_runs": summary.incomplete,
        "dead_requests": left.dead_requests,
        "received": reports.ingest_totals(),
        "metric_usage": reports.metric_usage(),
    }
