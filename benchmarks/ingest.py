"""How fast spans get in: acknowledged durable, and queryable, against a plain baseline of the same run.

    python -m benchmarks.ingest [--requests 400] [--kind light --kind heavy] [--json]

Starts the real collector and writer on a temporary folder and sends 512-span requests over HTTP
from this process, so client, collector and writer share the machine. The baseline turns the same
bytes into the same kind of table with the official protobuf classes and Python loops, on one core,
without storing anything.
"""

from __future__ import annotations

import argparse
import http.client
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from benchmarks.spans import requests
from ingest.progress import read_progress
from spotlight.cli.supervisor import read_ready
from spotlight.reports import RunFilters, open_lake

SPANS = 512
EXPORTERS = (1, 8, 64)
TARGET = {"light": 60_000, "heavy": 15_000}


class Sustained(NamedTuple):
    """One sustained load: spans per second, and what the processes used."""

    kind: str
    bytes_per_span: float
    acknowledged: float
    queryable: float
    baseline: float
    collector_mb: float
    writer_mb: float


class Acks(NamedTuple):
    """Acknowledgement times at one number of exporters, ms."""

    kind: str
    exporters: int
    p50_ms: float
    p99_ms: float
    spans_per_s: float


class Visible(NamedTuple):
    """Sent until visible in the list of runs, ms."""

    traces: int
    p50_ms: float
    max_ms: float


class Servers:
    """Collector and writer as processes on a data folder."""

    def __init__(self, data: Path) -> None:
        self.data = data
        common = ["--data", str(data), "--http-port", "0", "--grpc-port", "0"]
        self.processes = {
            name: subprocess.Popen(
                [sys.executable, "-m", "spotlight.cli", "part", name, *common], stderr=subprocess.DEVNULL
            )
            for name in ("collector", "writer")
        }
        for name, process in self.processes.items():
            while (said := read_ready(data, name)) is None or said["pid"] != process.pid:
                if process.poll() is not None:
                    raise SystemExit(f"the {name} ended at once: run `spotlight part {name}` to see why")
                time.sleep(0.01)
        self.port = int(str(read_ready(data, "collector")["http"]).rsplit(":", 1)[1])  # type: ignore[index]

    def peak_mb(self, name: str) -> float:
        """Return the highest resident memory of a process so far, MB (Linux; 0 elsewhere)."""
        try:
            status = Path(f"/proc/{self.processes[name].pid}/status").read_text()
        except OSError:
            return 0.0
        return int(status.split("VmHWM:")[1].split()[0]) / 1024

    def stop(self) -> None:
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            process.wait(60)


def baseline(bodies: Sequence[bytes]) -> float:
    """Return spans per second of protobuf classes and Python loops, one core."""
    started = time.perf_counter()
    columns: dict[str, list[Any]] = {
        name: [] for name in ("trace", "span", "parent", "name", "start", "end", "attributes")
    }
    for body in bodies:
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            for scope in resource.scope_spans:
                for span in scope.spans:
                    columns["trace"].append(span.trace_id.hex())
                    columns["span"].append(span.span_id.hex())
                    columns["parent"].append(span.parent_span_id.hex())
                    columns["name"].append(span.name)
                    columns["start"].append(span.start_time_unix_nano)
                    columns["end"].append(span.end_time_unix_nano)
                    columns["attributes"].append(
                        json.dumps({a.key: _plain(a.value) for a in span.attributes})
                    )
    pa.table(columns)
    return len(bodies) * SPANS / (time.perf_counter() - started)


def _plain(value: Any) -> object:
    which = value.WhichOneof("value")
    if which == "array_value":
        return [_plain(v) for v in value.array_value.values]
    if which == "kvlist_value":
        return {v.key: _plain(v.value) for v in value.kvlist_value.values}
    if which == "bytes_value":
        return value.bytes_value.hex()
    return getattr(value, which) if which else None


def send_all(port: int, bodies: Sequence[bytes], exporters: int) -> list[float]:
    """Send every body over so many connections at once; return each acknowledgement time in seconds.

    A collector that asks for patience (503) gets the request again, as an exporter would.
    """
    turns = iter(bodies)
    lock = threading.Lock()
    times: list[float] = []

    def export() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        while True:
            with lock:
                body = next(turns, None)
            if body is None:
                return
            started = time.perf_counter()
            while True:
                connection.request("POST", "/v1/traces", body, {"content-type": "application/x-protobuf"})
                answer = connection.getresponse()
                answer.read()
                if answer.status == 200:
                    break
                time.sleep(float(answer.headers.get("retry-after", "1")))
            times.append(time.perf_counter() - started)

    threads = [threading.Thread(target=export) for _ in range(exporters)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times


def until_queryable(data: Path, end: int) -> None:
    """Wait until the runs of everything up to a journal position can be queried."""
    while (progress := read_progress(data / "journal")) is None or progress.assembled < end:
        time.sleep(0.005)


def sustained(kind: str, bodies: Sequence[bytes]) -> Sustained:
    """Return the rates of one sustained load from 8 exporters."""
    from ingest.segments import end_position

    with tempfile.TemporaryDirectory() as folder:
        servers = Servers(Path(folder))
        started = time.perf_counter()
        send_all(servers.port, bodies, 8)
        acknowledged = time.perf_counter() - started
        until_queryable(servers.data, end_position(servers.data / "journal"))
        queryable = time.perf_counter() - started
        memory = servers.peak_mb("collector"), servers.peak_mb("writer")
        servers.stop()
        stored = open_lake(servers.data).lake_size()["spans"].rows
        assert stored == len(bodies) * SPANS, f"{stored} spans stored of {len(bodies) * SPANS}"
        assert open_lake(servers.data).run_count(RunFilters()) > 0
    count = len(bodies) * SPANS
    size = sum(map(len, bodies)) / count
    plain = baseline(bodies[: max(4, len(bodies) // 20)])
    return Sustained(kind, size, count / acknowledged, count / queryable, plain, *memory)


def acknowledgements(kind: str, bodies: Sequence[bytes]) -> list[Acks]:
    """Return acknowledgement times at 1, 8 and 64 exporters, the writer working beside."""
    found = []
    for exporters in EXPORTERS:
        with tempfile.TemporaryDirectory() as folder:
            servers = Servers(Path(folder))
            send_all(servers.port, bodies[:8], 1)  # a first request pays for imports
            started = time.perf_counter()
            times = send_all(servers.port, bodies, exporters)
            rate = len(bodies) * SPANS / (time.perf_counter() - started)
            servers.stop()
        cuts = statistics.quantiles(times, n=100)
        found.append(Acks(kind, exporters, cuts[49] * 1e3, cuts[98] * 1e3, rate))
    return found


def visibility(times: int = 30) -> Visible:
    """Return how long one small trace takes from being sent until its run is in the list, at a low rate."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        servers = Servers(Path(folder))
        reports = open_lake(servers.data)
        for number in range(times):
            span = {"traceId": f"{number + 1:032x}", "spanId": f"{number + 1:016x}", "name": "run",
                    "startTimeUnixNano": time.time_ns(), "endTimeUnixNano": time.time_ns()}  # fmt: skip
            body = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]})
            connection = http.client.HTTPConnection("127.0.0.1", servers.port, timeout=60)
            started = time.perf_counter()
            connection.request("POST", "/v1/traces", body, {"content-type": "application/json"})
            connection.getresponse().read()
            while reports.run_count(RunFilters()) <= number:
                time.sleep(0.005)
            found.append(time.perf_counter() - started)
            connection.close()
            time.sleep(0.2)
        servers.stop()
    return Visible(times, statistics.median(found) * 1e3, max(found) * 1e3)


def main() -> None:
    """Run the benchmark and print its tables."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument(
        "--requests", type=int, default=400, help="512-span requests per load (heavy: a fifth)"
    )
    options.add_argument("--kind", action="append", choices=["light", "heavy"], help="default: both")
    options.add_argument("--json", action="store_true", help="print one JSON object")
    chosen = options.parse_args()
    loads, acks = [], []
    for kind in chosen.kind or ["light", "heavy"]:
        bodies = requests(kind, chosen.requests if kind == "light" else max(40, chosen.requests // 5), 7)
        loads.append(sustained(kind, bodies))
        acks += acknowledgements(kind, bodies[: max(40, len(bodies) // 2)])
    seen = visibility()
    if chosen.json:
        print(json.dumps({"sustained": [r._asdict() for r in loads], "acks": [r._asdict() for r in acks],
                          "visible": seen._asdict()}))  # fmt: skip
        return
    rates = ((r.kind, r.bytes_per_span, r.acknowledged, r.queryable, TARGET[r.kind], r.baseline,
              r.queryable / r.baseline, r.collector_mb, r.writer_mb) for r in loads)  # fmt: skip
    print_table(
        "load, B/span, acked/s, queryable/s, floor/s, baseline/s, ratio, collector MB, writer MB", rates
    )
    print()
    print_table("load, exporters, ack p50 ms, ack p99 ms, acked spans/s", (tuple(a) for a in acks))
    print()
    print_table("traces one by one, sent to visible p50 ms, max ms", [tuple(seen)])


def print_table(headings: str, rows: Iterable[tuple[object, ...]]) -> None:
    """Print right-aligned columns as wide as their headings ask."""
    names = headings.split(", ")
    print("  ".join(f"{name:>9}" for name in names))
    for row in rows:
        cells = [_cell(value) for value in row]
        print("  ".join(f"{cell:>{max(9, len(name))}}" for cell, name in zip(cells, names, strict=True)))


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.1f}" if value < 100 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


if __name__ == "__main__":
    main()
