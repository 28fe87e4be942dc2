"""Kill -9 at any time: nothing acknowledged is lost, nothing is stored twice."""

from __future__ import annotations

import random
import signal
import subprocess
import threading
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from ingest.progress import read_progress
from spotlight.cli.supervisor import read_ready
from spotlight.lake import Reader, Scope
from spotlight.reports import RunFilters, open_lake
from tests.command import COMMAND, ROOT

SPANS_PER_REQUEST = 8
CLIENTS = 3
KILLS = 4


class PartProcess:
    """One part of Spotlight as a process that can be killed and started again."""

    def __init__(self, name: str, data: Path) -> None:
        self.name, self.data = name, data
        self.start()

    def start(self) -> None:
        words = ["part", self.name, "--data", str(self.data), "--http-port", "0", "--grpc-port", "0"]
        with (self.data / f"{self.name}.log").open("ab") as log:
            self.process = subprocess.Popen([*COMMAND, *words], stderr=log, cwd=ROOT)
        while (said := read_ready(self.data, self.name)) is None or said["pid"] != self.process.pid:
            assert self.process.poll() is None, (self.data / f"{self.name}.log").read_text()
            threading.Event().wait(0.01)
        self.said = said

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        self.process.terminate()
        assert self.process.wait(300) == 0, (self.data / f"{self.name}.log").read_text()


def trace_request(client: int, number: int) -> bytes:
    """Return a trace of some spans whose ids say which client sent it and when."""
    request = ExportTraceServiceRequest()
    spans = request.resource_spans.add().scope_spans.add().spans
    for place in range(SPANS_PER_REQUEST):
        span = spans.add(name=f"step {place}", start_time_unix_nano=1_795_000_000_000_000_000 + place)
        span.trace_id = (client + 1).to_bytes(8, "big") + (number + 1).to_bytes(8, "big")
        span.span_id = (place + 1).to_bytes(8, "big")
        if place:
            span.parent_span_id = (1).to_bytes(8, "big")
        span.end_time_unix_nano = span.start_time_unix_nano + 1_000_000
    return request.SerializeToString()


def log_request(client: int, number: int) -> bytes:
    """Return a log record whose body says which client sent it and when."""
    request = ExportLogsServiceRequest()
    record = (
        request.resource_logs.add().scope_logs.add().log_records.add(time_unix_nano=1_795_000_000_000_000_000)
    )
    record.body.string_value = f"{client}/{number}"
    return request.SerializeToString()


class Client(threading.Thread):
    """Sends requests one after the other and remembers which were acknowledged."""

    def __init__(self, number: int, collector: PartProcess, stop: threading.Event) -> None:
        super().__init__()
        self.number, self.collector, self.stop = number, collector, stop
        self.acknowledged: dict[str, set[int]] = {"traces": set(), "logs": set()}

    def run(self) -> None:
        number = 0
        while not self.stop.is_set():
            for signal_name, make in (("traces", trace_request), ("logs", log_request)):
                if self.send(signal_name, make(self.number, number)):
                    self.acknowledged[signal_name].add(number)
            number += 1

    def send(self, signal_name: str, body: bytes) -> bool:
        """Send until an answer comes, as exporters do: a lost answer means the same request again."""
        while not self.stop.is_set():
            address = f"{self.collector.said['http']}/v1/{signal_name}"
            headers = {"content-type": "application/x-protobuf"}
            try:
                with urllib.request.urlopen(
                    urllib.request.Request(address, body, headers), timeout=60
                ) as answer:
                    return answer.status == 200
            except (urllib.error.URLError, OSError):
                self.stop.wait(0.02)
        return False


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_and_nothing_is_twice(tmp_path: Path) -> None:
    """Collector and writer are killed in turn while clients send; afterwards every ack is there, once."""
    dice = random.Random(11)
    parts = [PartProcess(name, tmp_path) for name in ("collector", "writer")]
    collector, writer = parts
    stop = threading.Event()
    clients = [Client(number, collector, stop) for number in range(CLIENTS)]
    for client in clients:
        client.start()
    for kill in range(KILLS):
        stop.wait(dice.uniform(0.3, 1.2))
        victim = parts[kill % 2]
        victim.kill()
        victim.start()
    while sum(len(c.acknowledged["traces"]) for c in clients) <= 50:  # however slow the machine is
        stop.wait(0.05)
    stop.set()
    for client in clients:
        client.join()
    collector.stop()
    writer.stop()
    check_traces(tmp_path, clients)
    check_logs(tmp_path, clients)


def check_traces(data: Path, clients: list[Client]) -> None:
    """Every acknowledged trace is stored whole, no span twice, and each has its run."""
    reader = Reader(data / "lake", Scope())
    rows = reader.query(
        "select trace_id, count(*) as n, count(distinct span_id) as d from stored_spans group by all"
    )
    stored = {row["trace_id"]: (row["n"], row["d"]) for row in rows.to_pylist()}
    wanted = {f"{c.number + 1:016x}{n + 1:016x}" for c in clients for n in c.acknowledged["traces"]}
    assert set() == wanted - set(stored), "acknowledged traces are missing"
    assert {(SPANS_PER_REQUEST, SPANS_PER_REQUEST)} == set(stored.values()), "a span is missing or twice"
    runs = open_lake(data).runs(RunFilters(), limit=100_000).to_pylist()
    assert set(stored) == {run["trace_id"] for run in runs}
    assert {SPANS_PER_REQUEST} == {run["spans"] for run in runs}


def check_logs(data: Path, clients: list[Client]) -> None:
    """Every acknowledged log record is stored, none twice."""
    bodies = Reader(data / "lake", Scope()).query("select body from stored_logs").column("body").to_pylist()
    wanted = {f'"{c.number}/{n}"' for c in clients for n in c.acknowledged["logs"]}
    assert (set(), len(set(bodies))) == (wanted - set(bodies), len(bodies))


def test_the_writer_goes_on_from_where_it_was_killed(tmp_path: Path) -> None:
    """A writer killed at every stage of its first commits ends with the same lake as one left alone."""
    collector = PartProcess("collector", tmp_path)
    client = Client(0, collector, threading.Event())
    for number in range(40):
        client.send("traces", trace_request(0, number))
        client.send("logs", log_request(0, number))
        client.acknowledged["traces"].add(number)
        client.acknowledged["logs"].add(number)
    collector.stop()
    for delay in (0.0, 0.05, 0.15, 0.4):
        writer = PartProcess("writer", tmp_path)
        threading.Event().wait(delay)  # the moment of the kill, not a wait for anything
        writer.kill()
    PartProcess("writer", tmp_path).stop()
    progress = read_progress(tmp_path / "journal")
    assert progress is not None
    assert progress.committed == progress.assembled
    check_traces(tmp_path, [client])
    check_logs(tmp_path, [client])
