"""`spotlight load`: telemetry from files, through the collector or straight through the same pipeline."""

from __future__ import annotations

import contextlib
import http.client
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final
from urllib.parse import urlsplit

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from spotlight.cli.options import DataOption, JsonOption, settings
from spotlight.cli.output import err, print_json, say
from spotlight.cli.supervisor import read_ready
from spotlight.errors import SpotlightError, Unavailable, UnreadableFile

if TYPE_CHECKING:
    from ingest.files import FileRequest

# How long a load waits for the writer after its last request was taken.
_VISIBLE_S: Final = 120.0
_TRIES: Final = 20
# Takes one request, returns (journal position after it, items taken, items rejected).
Send = Callable[["FileRequest"], tuple[int, int, int]]


def load(
    paths: Annotated[list[Path], typer.Argument(help="OTLP files, or folders of them.")],
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Load OTLP files: protobuf, JSON or JSON lines, gzipped or not; returns when the runs can be queried.

    Goes through the collector of the data folder where one is running, else straight through the
    same pipeline.

    Example: spotlight load sample_traces
    """
    from ingest.files import find_files
    from spotlight.reports import RunFilters, open_lake

    folder = settings(data=data).data
    found = find_files(paths)
    if not found.files:
        raise UnreadableFile(
            f"no telemetry in {', '.join(map(str, paths))}",
            hint="OTLP files end in .binpb, .pb, .json, .jsonl or .gz",
        )
    collector = read_ready(folder, "collector")
    counts: Counter[str] = Counter()
    with _into_collector(collector, folder) if collector else _into_pipeline(folder) as send:
        failures = _send_all(found.files, send, counts)
    summary = open_lake(folder).runs_summary(RunFilters())
    said: dict[str, Any] = {
        "files": len(found.files) - len(failures), "requests": counts["requests"], "spans": counts["traces"],
        "log_records": counts["logs"], "metric_points": counts["metrics"], "rejected": counts["rejected"],
        "skipped_files": [str(p) for p in found.skipped], "unreadable": failures,
        "runs": summary.runs, "failed_runs": summary.failed, "incomplete_runs": summary.incomplete,
    }  # fmt: skip
    if as_json:
        print_json(said)
    else:
        _report(said)
    if failures:
        raise SpotlightError(
            f"{len(failures)} of {len(found.files)} files were not loaded", hint="they are named above"
        )


def _send_all(files: list[tuple[Path, str | None]], send: Send, counts: Counter[str]) -> dict[str, str]:
    """Send every request of every file; return the files that could not be loaded, with the reason."""
    from ingest.files import read_requests

    failures: dict[str, str] = {}
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    with Progress(*columns, console=err, transient=True) as progress:
        for path, signal in progress.track(files, description="loading"):
            try:
                for request in read_requests(path, signal):
                    _, taken, rejected = send(request)
                    counts.update({"requests": 1, request.signal: taken, "rejected": rejected})
            except SpotlightError as exc:
                if isinstance(exc, Unavailable):
                    raise
                failures[str(path)] = str(exc)
    return failures


@contextlib.contextmanager
def _into_pipeline(folder: Path) -> Iterator[Send]:
    """Yield a sender that writes the journal itself and, at the end, has the writer drain it."""
    from ingest.journal import Journal
    from ingest.limits import Limits
    from ingest.requests import accept
    from ingest.writer import run_writer

    limits = Limits()
    with contextlib.closing(Journal.open(folder / "journal")) as journal:

        def send(request: FileRequest) -> tuple[int, int, int]:
            taken = accept(request.signal, request.body, request.encoding, limits)
            if not taken.items:
                return journal.end, 0, taken.rejected
            position = journal.append(request.signal, "default", time.time_ns(), taken.body).result()
            return position, taken.items, taken.rejected

        yield send
        run_writer(folder, threading.Event(), drain=True)


@contextlib.contextmanager
def _into_collector(collector: dict[str, object], folder: Path) -> Iterator[Send]:
    """Yield a sender that posts to the running collector and, at the end, waits for its writer."""
    address = urlsplit(str(collector["http"]))
    connection = http.client.HTTPConnection(address.hostname or "127.0.0.1", address.port, timeout=120)
    last = 0

    def send(request: FileRequest) -> tuple[int, int, int]:
        nonlocal last
        last, taken, rejected = _post(connection, request)
        return last, taken, rejected

    with contextlib.closing(connection):
        yield send
    _wait_until_visible(folder, last)


def _post(connection: http.client.HTTPConnection, request: FileRequest) -> tuple[int, int, int]:
    """Post one request, again where the collector asks for patience.

    Raises: Unavailable when it stays unavailable; UnreadableFile when it refuses the request.
    """
    kind = "application/json" if request.encoding == "json" else "application/x-protobuf"
    for attempt in range(_TRIES):
        connection.request("POST", f"/v1/{request.signal}", request.body, {"content-type": kind})
        response = connection.getresponse()
        answer = response.read()
        if response.status == 200:
            position = int(response.headers["x-spotlight-position"])
            taken = int(response.headers["x-spotlight-items"])
            return position, taken, int(response.headers["x-spotlight-rejected"])
        if response.status not in (429, 503):
            raise UnreadableFile(
                f"the collector refused a request of {str(request.path)!r} with {response.status}: "
                f"{_status_message(answer, request)}",
                hint="the file is not what its name says, or it is damaged",
            )
        threading.Event().wait(float(response.headers.get("retry-after", "1")) if attempt < _TRIES - 1 else 0)
    raise Unavailable(
        f"the collector refused {_TRIES} times in a row", hint="see `spotlight status` and its log"
    )


def _status_message(answer: bytes, request: FileRequest) -> str:
    """Return the message of the google.rpc.Status that an OTLP error carries."""
    import orjson
    from google.rpc.status_pb2 import Status

    if request.encoding == "json":
        return str(orjson.loads(answer).get("message", ""))
    return str(Status.FromString(answer).message)


def _wait_until_visible(folder: Path, position: int) -> None:
    """Wait until the writer has assembled the runs up to a journal position.

    Raises: Unavailable after two minutes without it.
    """
    from ingest.progress import read_progress

    deadline = time.monotonic() + _VISIBLE_S
    waiting = threading.Event()
    while time.monotonic() < deadline:
        progress = read_progress(folder / "journal")
        if progress is not None and progress.assembled >= position:
            return
        waiting.wait(0.02)
    raise Unavailable(
        f"everything was taken in, but the writer has not shown it within {_VISIBLE_S:.0f} s",
        hint="it is safe in the journal; see `spotlight status`",
    )


def _report(said: dict[str, Any]) -> None:
    say(
        f"{said['files']} files: {said['spans']:,} spans, {said['log_records']:,} log records, "
        f"{said['metric_points']:,} metric points"
    )
    if said["rejected"]:
        say(f"{said['rejected']:,} were rejected; `spotlight status` says why")
    for path, why in said["unreadable"].items():
        say(f"not loaded: {path}: {why}")
    if said["skipped_files"]:
        say(f"left out, no OTLP: {', '.join(said['skipped_files'])}")
    say(
        f"the lake holds {said['runs']:,} runs, {said['failed_runs']:,} of them failed; "
        "list them with `spotlight runs`"
    )
