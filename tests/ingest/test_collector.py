"""The collector as a process: starting, stopping, clients that misbehave, and what it tells about itself."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import grpc
import httpx
import pytest

from ingest.collector import run_collector
from ingest.http import http_app
from ingest.journal import Journal, end_position, read
from ingest.limits import Limits
from ingest.requests import SIGNALS
from ingest.service import Outcome, Service
from spotlight.errors import PartFailed

PB = {"content-type": "application/x-protobuf"}
PROGRAM = """
import logging, sys
from pathlib import Path
from ingest.collector import run_collector
from ingest.limits import Limits
logging.basicConfig(level=logging.INFO, format="%(message)s")
run_collector(Path(sys.argv[1]), http_port=0, grpc_port=0, limits=Limits(drain_seconds=1.0))
"""


def request_of(name: str, size: int = 0) -> bytes:
    """A protobuf request with one span."""
    request: Any = SIGNALS["traces"].request()
    scope = request.resource_spans.add().scope_spans.add()
    span = scope.spans.add(trace_id=b"t" * 16, span_id=b"s" * 8, name=name)
    if size:
        span.attributes.add(key="k").value.string_value = "x" * size
    return bytes(request.SerializeToString())


def names(folder: Path) -> list[str]:
    """Names of all spans in the journal of a data folder."""
    found: list[str] = []
    for record in read(folder / "journal", 0, 1 << 30).records:
        if record.signal == "traces":
            request: Any = SIGNALS["traces"].request()
            request.ParseFromString(record.body)
            found += [s.name for r in request.resource_spans for c in r.scope_spans for s in c.spans]
    return found


def receipts(folder: Path) -> list[dict[str, Any]]:
    """The receipts in the journal of a data folder."""
    records = read(folder / "journal", 0, 1 << 30).records
    return [json.loads(record.body) for record in records if record.signal == "receipt"]


class Process:
    """A collector in a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.popen = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(folder)], stderr=subprocess.PIPE, text=True
        )
        assert self.popen.stderr is not None
        for line in self.popen.stderr:
            if line.startswith("collector listens"):
                break
        self.told = json.loads((folder / "run" / "collector.json").read_text())
        self.address = (urlsplit(self.told["http"]).hostname, urlsplit(self.told["http"]).port)

    def end(self, number: int) -> int:
        """Send a signal; return the exit code."""
        self.popen.send_signal(number)
        code = self.popen.wait(60)
        assert self.popen.stderr is not None
        self.popen.stderr.close()
        return code


@pytest.fixture
def start_process(tmp_path: Path) -> Iterator[Callable[[], Process]]:
    """Start collectors as processes; those still running at the end are killed."""
    started: list[Process] = []

    def start() -> Process:
        started.append(Process(tmp_path))
        return started[-1]

    yield start
    for process in started:
        if process.popen.poll() is None:
            process.end(signal.SIGKILL)


def half_sent(address: tuple[str, int]) -> socket.socket:
    """A connection whose request lacks the end of its body."""
    sock = socket.create_connection(address, 60)
    head = "POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-protobuf\r\n"
    sock.sendall(f"{head}Content-Length: 500\r\n\r\n".encode() + b"\x0a" * 100)
    return sock


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_answers_everything_in_flight(start_process: Any, number: int) -> None:
    """Each request has its acknowledgement or 503 before the process ends; what was acknowledged is there."""
    process = start_process()
    waiting = [half_sent(process.address) for _ in range(20)]
    with httpx.Client(base_url=process.told["http"], headers=PB, timeout=60) as client:
        codes = [client.post("/v1/traces", content=request_of(f"span {i}")).status_code for i in range(20)]
    assert 0 == process.end(number)
    assert [b"503"] * 20 == [sock.recv(4096).split()[1] for sock in waiting]
    for sock in waiting:
        sock.close()
    assert [200] * 20 == codes
    assert [f"span {i}" for i in range(20)] == names(process.folder)
    assert not (process.folder / "run" / "collector.json").exists()


def test_kill_9_loses_nothing_acknowledged(start_process: Any) -> None:
    """Killed without warning three times over, the collector goes on behind what it had acknowledged."""
    sent = 0
    for _ in range(3):
        process = start_process()
        with httpx.Client(base_url=process.told["http"], headers=PB, timeout=60) as client:
            for _ in range(10):
                answer = client.post("/v1/traces", content=request_of(f"span {sent}"))
                sent += 1
        assert end_position(process.folder / "journal") >= int(answer.headers["x-spotlight-position"])
        assert -signal.SIGKILL == process.end(signal.SIGKILL)
    Journal.open(process.folder / "journal").close()
    assert [f"span {i}" for i in range(sent)] == names(process.folder)


def test_a_stuck_disk_does_not_leave_clients_without_an_answer(start_collector: Any, faults: Any) -> None:
    """Stopping while the disk hangs, requests that wait for it are told to send again."""
    running = start_collector(disk=faults, limits=Limits(drain_seconds=1.0))
    faults.gate.clear()
    sending = threading.Event()

    def over_grpc() -> str:
        with grpc.insecure_channel(running.addresses.grpc) as channel:
            sending.set()
            try:
                channel.unary_unary(f"/{SIGNALS['traces'].service}/Export")(request_of("grpc"), timeout=60)
            except grpc.RpcError as error:
                return str(error.code().name)
        return "OK"

    with ThreadPoolExecutor() as pool:
        http = [pool.submit(running.client.post, "/v1/traces", content=request_of("http"), headers=PB)]
        rpc = pool.submit(over_grpc)
        assert sending.wait(60)
        while running.client.get("/status").json()["in_flight_bytes"] < len(
            request_of("http") + request_of("grpc")
        ):
            pass
        running.ask_to_stop()
        assert [503] == [future.result(60).status_code for future in http]
        assert "UNAVAILABLE" == rpc.result(60)
        faults.gate.set()


def test_it_says_where_it_listens(start_process: Any) -> None:
    """run/collector.json names the process and both addresses, and they answer."""
    process = start_process()
    assert process.popen.pid == process.told["pid"]
    assert {"alive": True} == httpx.get(process.told["http"] + "/healthz", timeout=60).json()
    assert process.told["grpc"].startswith("127.0.0.1:")


def test_a_taken_port_is_said_so(tmp_path: Path, start_collector: Any) -> None:
    """The error names the address, and the journal is free again afterwards."""
    running = start_collector()
    http = urlsplit(running.addresses.http).port
    grpc = int(running.addresses.grpc.rpartition(":")[2])
    with pytest.raises(PartFailed, match=f"HTTP receiver cannot listen on 127.0.0.1:{http}"):
        run_collector(tmp_path / "second", http_port=http, grpc_port=None)
    with pytest.raises(PartFailed, match=f"gRPC receiver cannot listen on 127.0.0.1:{grpc}"):
        run_collector(tmp_path / "second", http_port=0, grpc_port=grpc)
    Journal.open(tmp_path / "second" / "journal").close()
    assert not (tmp_path / "second" / "run").exists()


def test_a_second_collector_on_the_same_data_is_refused(start_collector: Any) -> None:
    """The journal has one writer."""
    running = start_collector()
    with pytest.raises(PartFailed, match="in use by process"):
        run_collector(running.folder, http_port=0, grpc_port=None)
    assert 200 == running.client.get("/readyz").status_code


def test_a_client_that_leaves_stores_nothing(start_collector: Any) -> None:
    """A disconnect in the middle of a body is no request."""
    running = start_collector()
    url = urlsplit(running.addresses.http)
    half_sent((url.hostname, url.port)).close()
    running.client.post("/v1/traces", content=request_of("whole"), headers=PB)
    running.stop()
    assert ["whole"] == names(running.folder)


def test_slow_headers_are_not_waited_for(start_collector: Any) -> None:
    """A connection that does not send its headers in time is closed, at first and after a request."""
    running = start_collector(limits=Limits(header_seconds=0.5))
    url = urlsplit(running.addresses.http)
    address = (url.hostname, url.port)
    for opened in (lambda: socket.create_connection(address, 60), lambda: after_a_request(address)):
        with opened() as sock, contextlib.suppress(ConnectionError):  # closed before all of this was sent
            sock.sendall(b"POST /v1/traces HT")
            assert b"" == sock.recv(4096)


def after_a_request(address: tuple[str, int]) -> socket.socket:
    """A connection that has got the answer to a request; one that was itself too slow is tried again."""
    while True:
        sock = socket.create_connection(address, 60)
        said = b""
        with contextlib.suppress(ConnectionError):
            sock.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            while not said.endswith(b"}") and (more := sock.recv(4096)):
                said += more
        if said.endswith(b"}"):
            return sock
        sock.close()


def test_slow_bodies_are_not_waited_for(start_collector: Any) -> None:
    """A body that does not arrive in time is answered 503 and not stored."""
    running = start_collector(limits=Limits(request_seconds=0.2))
    url = urlsplit(running.addresses.http)
    with half_sent((url.hostname, url.port)) as sock:
        assert b"503" == sock.recv(4096).split()[1]
    assert [] == running.records()


def test_large_requests_take_the_same_way(start_collector: Any) -> None:
    """Bodies that are checked in a thread are stored like others."""
    running = start_collector(limits=Limits(thread_bytes=100_000))
    body = request_of("large", 400_000)
    as_json = {"traceId": "aa" * 16, "spanId": "bb" * 8, "name": "x" * 400_000}
    document = {"resourceSpans": [{"scopeSpans": [{"spans": [as_json]}]}]}
    assert 200 == running.client.post("/v1/traces", content=body, headers=PB).status_code
    assert 200 == running.client.post("/v1/traces", json=document).status_code
    assert [body] == [record.body for record in running.records()][:1]
    assert ["large", "x" * 400_000] == names(running.folder)


def test_refusals_become_receipts(start_collector: Any) -> None:
    """What did not get in is journaled in sums per signal, outcome and reason, never with its text."""
    running = start_collector()
    for _ in range(3):
        running.client.post("/v1/traces", content=b"\xffsecret", headers=PB)
    running.client.post("/v1/logs", content=b"secret", headers={"content-type": "text/secret"})
    request: Any = SIGNALS["traces"].request()
    request.ParseFromString(request_of("good"))
    request.resource_spans[0].scope_spans[0].spans.add(name="bad")
    rejected = request.SerializeToString()
    running.client.post("/v1/traces", content=rejected, headers=PB)
    running.stop()
    said = {(r["signal"], r["outcome"], r["reason"]): r for r in receipts(running.folder)}
    assert {
        ("traces", "refused", "malformed"),
        ("logs", "refused", "bad_media"),
        ("traces", "rejected", "bad_id"),
    } == set(said)
    assert (1, len(rejected)) == (
        said["traces", "rejected", "bad_id"]["items"],
        said["traces", "rejected", "bad_id"]["bytes"],
    )
    assert said["traces", "refused", "malformed"]["items"] is None
    assert sum(r["requests"] for r in receipts(running.folder)) == 5
    journal = b"".join(path.read_bytes() for path in (running.folder / "journal").glob("*.journal"))
    assert b"secret" not in journal


def test_receipts_wait_for_a_disk_that_works(start_collector: Any, faults: Any) -> None:
    """Requests refused for a full disk are counted once it has space again."""
    running = start_collector(disk=faults)
    faults.write_left = 0
    assert 503 == running.client.post("/v1/traces", content=request_of("x"), headers=PB).status_code
    faults.write_left = None
    running.stop()
    assert [("refused", "unavailable", 1)] == [
        (r["outcome"], r["reason"], r["requests"]) for r in receipts(running.folder)
    ]


def test_a_bug_of_ours_is_answered_503(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """An exception nobody foresaw must not make the client drop its data, nor put payload in the log."""

    class Broken(Service):
        async def export(self, signal: str, body: bytes, encoding: Any) -> Outcome:
            raise KeyError(body)

    async def ask() -> httpx.Response:
        journal = Journal.open(tmp_path)
        transport = httpx.ASGITransport(http_app(Broken(journal, Limits())))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            answer = await client.post("/v1/traces", content=b"secret", headers=PB)
        journal.close()
        return answer

    answer = asyncio.run(ask())
    assert (503, "1") == (answer.status_code, answer.headers["retry-after"])
    assert "unexpected KeyError" in caplog.text
    assert "secret" not in caplog.text
