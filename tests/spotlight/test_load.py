"""`spotlight load` while collectors and writers come and go."""

from __future__ import annotations

import fcntl
import http.client
import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from ingest.files import FileRequest, read_requests
from ingest.journal import read
from spotlight.cli import senders
from spotlight.cli.supervisor import read_ready
from spotlight.errors import Unavailable, UnreadableFile
from tests.command import COMMAND, ROOT, spotlight, spotlight_json
from tests.conftest import SAMPLES

SAMPLE = SAMPLES / "openai-openinference"


def start_part(name: str, data: Path) -> subprocess.Popen[bytes]:
    """Return a part that is ready, as a process."""
    data.mkdir(exist_ok=True)
    words = ["part", name, "--data", str(data), "--http-port", "0", "--grpc-port", "0"]
    process = subprocess.Popen([*COMMAND, *words], stderr=subprocess.DEVNULL, cwd=ROOT)
    deadline = time.monotonic() + 180
    while (said := read_ready(data, name)) is None or said["pid"] != process.pid:
        assert process.poll() is None
        assert time.monotonic() < deadline
        threading.Event().wait(0.01)
    return process


def requests() -> list[FileRequest]:
    """Return the requests of one sample."""
    return [r for path in sorted(SAMPLE.glob("*.binpb*")) for r in read_requests(path, "traces")]


def test_the_collector_may_be_started_again_meanwhile(tmp_path: Path) -> None:
    """A load goes on with the collector's successor, on whatever port that listens."""
    writer, collector = start_part("writer", tmp_path), start_part("collector", tmp_path)
    try:
        with senders.into_collector(tmp_path) as send:
            first = send(requests()[0])
            collector.kill()
            collector.wait()
            collector = start_part("collector", tmp_path)
            second = send(requests()[0])
        assert (True, first.items) == (second.position > first.position, second.items)
    finally:
        for process in (collector, writer):
            process.terminate()
            process.wait(180)


def test_a_collector_that_stays_away_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After its tries the load says that the collector cannot be reached, and how to look."""
    monkeypatch.setattr(senders, "_PAUSE_S", 0.0)
    with pytest.raises(Unavailable, match="cannot be reached"), senders.into_collector(tmp_path) as send:
        send(requests()[0])


@pytest.mark.parametrize("said", [{}, {"http": None}])
def test_a_ready_file_without_an_address_is_no_collector(tmp_path: Path, said: dict[str, object]) -> None:
    """What names no address cannot be posted to."""
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "collector.json").write_text(json.dumps({"pid": os.getpid(), **said}))
    assert senders.collector_address(tmp_path) is None


def test_load_beside_a_running_writer(tmp_path: Path) -> None:
    """With a writer and no collector, the load leaves the journal to that writer and waits for it."""
    writer = start_part("writer", tmp_path)
    try:
        said = spotlight_json("load", SAMPLE, "--data", tmp_path)
    finally:
        writer.terminate()
        writer.wait(180)
    assert (18, 3) == (said["spans"], said["runs"])


def test_load_takes_over_from_a_writer_that_goes(tmp_path: Path) -> None:
    """Where another holds the writer's lock and ends without our requests, the load writes them itself."""
    (tmp_path / "journal").mkdir()
    holder = os.open(tmp_path / "journal" / "writer.lock", os.O_CREAT | os.O_RDWR)
    fcntl.flock(holder, fcntl.LOCK_EX)
    threading.Timer(3.0, os.close, (holder,)).start()
    assert 3 == spotlight_json("load", SAMPLE, "--data", tmp_path)["runs"]


def test_load_says_what_was_there_already(tmp_path: Path) -> None:
    """The same files again: nothing changes, and the load says so."""
    first = spotlight_json("load", SAMPLE, "--data", tmp_path)
    done = spotlight("load", SAMPLE, "--data", tmp_path)
    again = spotlight_json("load", SAMPLE, "--data", tmp_path)
    assert (0, 18) == (first["duplicates"], again["duplicates"])
    assert "18 of them were there already" in done.stderr


def test_a_file_without_telemetry_is_named_once(tmp_path: Path) -> None:
    """The message says which file, one time."""
    path = tmp_path / "notes.json"
    path.write_text('{"hello": 1}')
    done = spotlight("load", path, "--data", tmp_path / "data", check=False)
    line = next(line for line in done.stderr.splitlines() if line.startswith("not loaded"))
    assert (1, 1) == (done.returncode, line.count(path.name))


class Refusing(BaseHTTPRequestHandler):
    """Answers what the test wants said."""

    status = 200

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(self.status)
        self.send_header("content-length", "5")
        self.end_headers()
        self.wfile.write(b"<html")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], Callable[[], object]]:
    """Return a maker of: send one request to a server that is no collector and answers with a status."""

    def made(status: int) -> Callable[[], object]:
        handler = type("Handler", (Refusing,), {"status": status})
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        monkeypatch.setattr(senders, "collector_address", lambda _: address)
        return lambda: senders._post(senders._Connection(Path()), requests()[0])

    return made


def test_an_answer_that_is_not_the_collectors(answering: Callable[[int], Callable[[], object]]) -> None:
    """A 200 without a receipt means that something else listens there."""
    with pytest.raises(Unavailable, match="not a Spotlight collector"):
        answering(200)()


def test_a_request_that_is_too_large_is_told_so(answering: Callable[[int], Callable[[], object]]) -> None:
    """A 413 is about size, not about what the file holds."""
    with pytest.raises(UnreadableFile) as raised:
        answering(413)()
    assert "too large" in raised.value.hint


def test_a_broken_connection_is_not_a_broken_pipe(
    monkeypatch: pytest.MonkeyPatch,
    answering: Callable[[int], Callable[[], object]],
) -> None:
    """A connection that breaks is tried again and then told, never passed over in silence."""

    def broken(*_: object) -> None:
        raise BrokenPipeError(32, "Broken pipe")

    send = answering(200)
    monkeypatch.setattr(senders, "_PAUSE_S", 0.0)
    monkeypatch.setattr(http.client.HTTPConnection, "request", broken)
    with pytest.raises(Unavailable, match="Broken pipe"):
        send()


def test_ctrl_c_ends_a_load_quietly(tmp_path: Path) -> None:
    """Ctrl-C while waiting for a collector: exit code 130 to a shell, no traceback.

    Where it meets a module on its way in, Python itself ends by the signal, which shells call 130, too.
    """
    (tmp_path / "journal").mkdir()
    holder = os.open(tmp_path / "journal" / "writer.lock", os.O_CREAT | os.O_RDWR)
    fcntl.flock(holder, fcntl.LOCK_EX)
    words = [*COMMAND, "load", str(SAMPLE), "--data", str(tmp_path)]
    process = subprocess.Popen(words, stderr=subprocess.PIPE, cwd=ROOT)
    while len(read(tmp_path / "journal", 0, 1 << 30).records) < len(requests()):  # then it only waits
        assert process.poll() is None
        threading.Event().wait(0.02)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=180)
    os.close(holder)
    assert process.returncode in (130, -signal.SIGINT)
    assert b"" == said


def test_a_reader_that_goes_is_passed_over(tmp_path: Path) -> None:
    """`spotlight ... | head -0` says nothing and fails with exit code 1."""
    words = [*COMMAND, "doctor", "--data", str(tmp_path)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT)
    assert process.stdout is not None
    process.stdout.close()
    process.stdout = None
    _, said = process.communicate(timeout=180)
    assert (1, b"") == (process.returncode, said)
