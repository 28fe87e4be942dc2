"""The writer over restarts: late spans, resent spans, bodies that nothing can read."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from ingest.journal import Journal
from ingest.writer import run_writer
from spotlight.lake import Reader, Scope
from spotlight.reports import RunFilters, open_lake

START = 1_795_000_000_000_000_000
DAY = 86_400 * 10**9


def spans(*places: int, trace: int = 1, start: int = START, status: int = 0) -> bytes:
    """Return a request with spans of a trace; place 1 is the root, the others hang below it."""
    request = ExportTraceServiceRequest()
    made = request.resource_spans.add().scope_spans.add().spans
    for place in places:
        span = made.add(name=f"step {place}", trace_id=trace.to_bytes(16, "big"))
        span.span_id = place.to_bytes(8, "big")
        span.start_time_unix_nano, span.end_time_unix_nano = start + place, start + place + 1000
        span.status.code = status
        if place > 1:
            span.parent_span_id = (1).to_bytes(8, "big")
    return request.SerializeToString()


def logs(text: str) -> bytes:
    """Return a request with one log record."""
    request = ExportLogsServiceRequest()
    request.resource_logs.add().scope_logs.add().log_records.add().body.string_value = text
    return request.SerializeToString()


def write(data: Path, *requests: tuple[str, bytes]) -> None:
    """Journal requests and have a writer of its own drain them, as after a restart."""
    journal = Journal.open(data / "journal")
    for number, (signal, body) in enumerate(requests):
        journal.append(signal, "default", START + number, body).result()
    journal.close()
    run_writer(data, threading.Event(), drain=True)


def runs(data: Path) -> list[dict[str, Any]]:
    """Return all runs."""
    rows: list[dict[str, Any]] = open_lake(data).runs(RunFilters()).to_pylist()
    return rows


def outcomes(data: Path) -> dict[tuple[str, str], int]:
    """Return how many items had each (signal, outcome)."""
    return {
        (str(r["signal"]), str(r["outcome"])): int(str(r["items"])) for r in open_lake(data).ingest_totals()
    }


def test_a_late_root_completes_its_run_after_a_restart(tmp_path: Path) -> None:
    """A run without its root is incomplete; the root, in a later life of the writer, completes it."""
    write(tmp_path, ("traces", spans(2, 3)))
    before = runs(tmp_path)
    write(tmp_path, ("traces", spans(1)))
    after = runs(tmp_path)
    assert [("incomplete", 2), ("ok", 3)] == [(r["status"], r["spans"]) for r in before + after]


def test_a_span_sent_again_is_stored_once_however_late(tmp_path: Path) -> None:
    """Over restarts, with newer days stored in between, the same spans stay one row each."""
    old, new = ("traces", spans(1, 2, trace=7, start=START - 9 * DAY)), ("traces", spans(1, 2, trace=8))
    for request in (old, new, old, new, old):
        write(tmp_path, request)
    stored = Reader(tmp_path / "lake", Scope()).query("select count(*) as n from stored_spans").to_pylist()
    assert ([{"n": 4}], 6) == (stored, outcomes(tmp_path)["traces", "duplicate"])


def test_a_changed_span_counts_in_its_newest_version(tmp_path: Path) -> None:
    """Both versions are stored, the view and the run have the newer, and the receipt says so."""
    write(tmp_path, ("traces", spans(1, 2)))
    write(tmp_path, ("traces", spans(1, status=2)))
    reader = Reader(tmp_path / "lake", Scope())
    seen = reader.query("select status from spans where parent_span_id is null").to_pylist()
    stored = reader.query("select count(*) as n from stored_spans").to_pylist()
    assert ([{"status": "error"}], [{"n": 3}]) == (seen, stored)
    assert ("error", 2, 1) == (
        runs(tmp_path)[0]["status"], runs(tmp_path)[0]["spans"], outcomes(tmp_path)["traces", "replaced"],
    )  # fmt: skip


def test_what_nothing_can_read_is_kept_and_counted(tmp_path: Path) -> None:
    """A journaled body that cannot be decoded goes to dead/, its neighbours into the lake."""
    garbage = b"\xff" * 40
    write(tmp_path, ("traces", spans(1)), ("traces", garbage), ("logs", logs("hello")))
    assert [garbage] == [path.read_bytes() for path in (tmp_path / "dead").iterdir()]
    assert (1, 1) == (outcomes(tmp_path)["traces", "accepted"], outcomes(tmp_path)["logs", "accepted"])
    assert ("traces", "dead") in outcomes(tmp_path)


def test_the_same_log_request_again_is_stored_once(tmp_path: Path) -> None:
    """Log records have no ids; the same bytes again are the same request, after a restart too."""
    write(tmp_path, ("logs", logs("hello")), ("logs", logs("hello")), ("logs", logs("other")))
    write(tmp_path, ("logs", logs("hello")))
    bodies = Reader(tmp_path / "lake", Scope()).query("select body from logs order by body").to_pylist()
    assert ['"hello"', '"other"'] == [row["body"] for row in bodies]


def test_a_lake_goes_on_with_a_new_journal(tmp_path: Path) -> None:
    """Where only the lake was kept, new spans still become runs, beside the old ones."""
    write(tmp_path, ("traces", spans(1, trace=1)))
    (tmp_path / "journal").rename(tmp_path / "gone")
    write(tmp_path, ("traces", spans(1, trace=2)), ("traces", spans(2, trace=1)))
    assert [1, 2] == sorted(run["spans"] for run in runs(tmp_path))


def test_a_writer_that_is_there_first_does_not_hold_the_journal_up(tmp_path: Path) -> None:
    """A journal that begins after its writer takes requests at once: nothing lies before its start."""
    run_writer(tmp_path, threading.Event(), drain=True)
    write(tmp_path, ("traces", spans(1)))
    assert 1 == len(runs(tmp_path))


def test_extreme_times_do_not_stop_the_writer(tmp_path: Path) -> None:
    """A clock at 1970 and one in 2262 make odd runs, and the next trace is as good as ever."""
    write(tmp_path, ("traces", spans(1, trace=1, start=1)), ("traces", spans(2, trace=1, start=2**63 - 9000)))
    write(tmp_path, ("traces", spans(1, trace=2)))
    assert 2 == len(runs(tmp_path))
