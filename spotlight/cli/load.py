"""`spotlight load`: telemetry from files, through the collector or straight through the same pipeline."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from spotlight.cli.options import DataOption, JsonOption, read_folder
from spotlight.cli.output import err, print_json, say
from spotlight.cli.senders import Send, collector_address, into_collector, into_pipeline
from spotlight.errors import SpotlightError, Unavailable, UnreadableFile


def load(
    paths: Annotated[list[Path], typer.Argument(help="Files, or folders of them.")],
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Load files of OTLP, case files, and exports of other products, into the lake.

    OTLP as protobuf, JSON or JSON lines, gzipped or not; case files of `spotlight export`; which other files
    are read: docs/importing.md.
    Goes through the collector of the data folder where one is running, else straight through the same
    pipeline; returns when the runs can be queried.

    Example: spotlight load sample_traces
    """
    from ingest.files import find_files
    from spotlight.reports import RunFilters, open_lake

    folder = read_folder(data)
    found = find_files(paths)
    if not found.files:
        reasons = "".join(f"; {path}: {why}" for path, why in found.unreadable.items())
        raise UnreadableFile(
            f"no telemetry in {', '.join(map(str, paths))}{reasons}",
            hint="telemetry ends in .binpb, .pb, .json, .jsonl, .csv, .parquet or .eval, maybe with .gz",
        )
    counts: Counter[str] = Counter()
    kept: Counter[str] = Counter()
    before = _duplicates(folder)
    with into_collector(folder) if collector_address(folder) else into_pipeline(folder) as send:
        failures = _send_all(found.files, send, counts, kept)
    loaded = len(found.files) - len(failures)
    failures |= {str(path): why for path, why in found.unreadable.items()}
    taken = sum(counts[signal] for signal in ("traces", "logs", "metrics", "rows"))
    summary = open_lake(folder).runs_summary(RunFilters())
    said: dict[str, Any] = {
        "files": loaded, "requests": counts["requests"], "spans": counts["traces"],
        "log_records": counts["logs"], "metric_points": counts["metrics"], "case_rows": counts["rows"],
        "rejected": counts["rejected"],
        "duplicates": max(0, min(taken, _duplicates(folder) - before)),
        "skipped_files": [str(p) for p in found.skipped], "unreadable": failures,
        "kept_as_logs": dict(kept.most_common()),
        "runs": summary.runs, "failed_runs": summary.failed, "incomplete_runs": summary.incomplete,
    }  # fmt: skip
    if as_json:
        print_json(said)
    else:
        _report(said)
    if failures:
        raise SpotlightError(
            f"{len(failures)} of {loaded + len(failures)} files were not loaded", hint="they are named above"
        )


def _send_all(
    files: list[tuple[Path, str | None]], send: Send, counts: Counter[str], kept: Counter[str]
) -> dict[str, str]:
    """Send every request of every file; return the files that could not be loaded, with the reason."""
    from ingest.files import read_requests

    failures: dict[str, str] = {}
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as progress:
        for path, signal in progress.track(files, description="loading"):
            try:
                for request in read_requests(path, signal, kept):
                    sent = send(request)
                    counts.update({"requests": 1, request.signal: sent.items, "rejected": sent.rejected})
            except SpotlightError as exc:
                if isinstance(exc, Unavailable):
                    raise
                failures[str(path)] = str(exc)
    return failures


def _duplicates(folder: Path) -> int:
    """Return how many items the lake's receipts say were sent again.

    Of what others send to a running collector meanwhile, duplicates count too: receipts name no sender.
    """
    from spotlight.reports import open_lake

    rows = open_lake(folder).ingest_totals()
    return sum(int(str(row["items"] or 0)) for row in rows if row["outcome"] == "duplicate")


def _report(said: dict[str, Any]) -> None:
    say(
        f"{said['files']} files: {said['spans']:,} spans, {said['log_records']:,} log records, "
        f"{said['metric_points']:,} metric points"
    )
    if said["case_rows"]:
        say(f"{said['case_rows']:,} recorded rows of case files")
    if said["duplicates"]:
        say(f"{said['duplicates']:,} of them were there already")
    if said["rejected"]:
        say(f"{said['rejected']:,} were rejected; `spotlight status` says why")
    for path, why in said["unreadable"].items():
        say(f"not loaded: {why}" if path in why else f"not loaded: {path}: {why}")
    if said["skipped_files"]:
        say(f"left out, no telemetry by their names: {', '.join(said['skipped_files'])}")
    if said["kept_as_logs"]:
        sorts = ", ".join(f"{count:,} {reason}" for reason, count in said["kept_as_logs"].items())
        say(f"neither span nor score, kept as log records: {sorts}")
    say(
        f"the lake holds {said['runs']:,} runs, {said['failed_runs']:,} of them failed; "
        "list them with `spotlight runs`"
    )
