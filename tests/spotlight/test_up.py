"""`spotlight up` keeps its parts running and stops them cleanly."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from spotlight.cli.supervisor import Part, Supervisor, _ending, read_ready
from tests.command import COMMAND, ROOT, spotlight, spotlight_json
from tests.conftest import SAMPLES

PORTS = ["--http-port", "0", "--grpc-port", "0", "--port", "0"]


class Up:
    """A running `spotlight up`, its addresses and its log."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.log = data.parent / "up.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*COMMAND, "up", "--json", "--data", str(data), *PORTS],
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=ROOT,
            )
        assert self.process.stdout is not None
        said = b""
        while not said.rstrip().endswith(b"}"):
            line = self.process.stdout.readline()
            assert line, self.log.read_text()
            said += line
        self.process.stdout.close()
        self.addresses: dict[str, Any] = json.loads(said)

    def pid(self, part: str) -> int | None:
        """Return the process id of a part, None while it is down."""
        said = read_ready(self.data, part)
        return int(str(said["pid"])) if said else None


def eventually(holds: Callable[[], object], what: str, seconds: float = 180.0) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}"
        threading.Event().wait(0.02)


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """Return Spotlight running on an empty folder; after all that happened to it, SIGTERM ends it cleanly."""
    running = Up(tmp_path_factory.mktemp("up") / "data")
    yield running
    assert_clean_stop(running, signal.SIGTERM)


def test_everything_answers(up: Up) -> None:
    """Dashboards and collector answer at the addresses that were said, on loopback."""
    pages = [up.addresses["dashboards"] + "/_stcore/health", up.addresses["otlp_http"] + "/healthz"]
    assert [200, 200] == [httpx.get(page, timeout=60).status_code for page in pages]
    assert all("127.0.0.1" in up.addresses[name] for name in ("dashboards", "otlp_http", "otlp_grpc"))


def test_load_goes_through_the_running_collector(up: Up) -> None:
    """`load` uses the collector of the folder and returns when the runs can be listed."""
    said = spotlight_json("load", SAMPLES / "multi-openai-agents", "--data", up.data)
    runs = spotlight_json("runs", "--data", up.data)
    assert (17, 1, 1) == (said["spans"], said["runs"], len(runs))


def test_a_resent_request_is_stored_once_and_counted(up: Up) -> None:
    """The same file again changes no run, and the status says what became of its spans."""
    spotlight("load", SAMPLES / "openai-openinference", "--data", up.data)
    before = spotlight_json("query", "select count(*) as n from stored_spans", "--data", up.data)
    for _ in range(2):
        spotlight("load", SAMPLES / "openai-openinference", "--data", up.data)
    after = spotlight_json("query", "select count(*) as n from stored_spans", "--data", up.data)
    said = spotlight_json("status", "--data", up.data)
    dropped = [r["items"] for r in said["received"] if r["outcome"] == "duplicate"]
    assert (before, [36]) == (after, dropped)


def test_refusals_are_counted(up: Up) -> None:
    """A request that was refused shows up in the status, with the reason."""
    headers = {"content-type": "application/x-protobuf"}
    address = up.addresses["otlp_http"] + "/v1/traces"
    refused = httpx.post(address, content=b"\xff" * 9, headers=headers, timeout=60)

    def counted() -> bool:
        said = spotlight_json("status", "--data", up.data)["received"]
        return ("refused", "malformed") in {(r["outcome"], r["reason"]) for r in said}

    assert 400 == refused.status_code
    eventually(counted, "the refusal in the status")


@pytest.mark.parametrize("part", ["writer", "collector", "dashboards"])
def test_a_part_that_dies_is_started_again(up: Up, part: str) -> None:
    """A killed part comes back by itself, and the log says so."""
    eventually(lambda: up.pid(part), f"a {part}")
    old = up.pid(part)
    assert old is not None
    os.kill(old, signal.SIGKILL)
    eventually(lambda: up.pid(part) not in (None, old), f"a new {part}")
    assert f"{part:<11}ended with signal SIGKILL" in up.log.read_text()


def test_a_second_up_on_the_same_folder_says_who_has_it(up: Up) -> None:
    """Two collectors cannot share a journal; the second says which process has it."""
    done = spotlight("up", "--data", up.data, *PORTS, check=False)
    assert (1, True) == (done.returncode, f"process {up.pid('collector')}" in done.stderr)


def test_ctrl_c_is_a_clean_stop(tmp_path: Path) -> None:
    """Ctrl-C ends all parts as SIGTERM does, which ends the one that the other tests share."""
    assert_clean_stop(Up(tmp_path / "data"), signal.SIGINT)


def assert_clean_stop(running: Up, how: signal.Signals) -> None:
    """A signal ends all parts with exit code 0; nothing is left running."""
    pids = [pid for part in ("collector", "writer", "dashboards") if (pid := running.pid(part))]
    running.process.send_signal(how)
    assert 0 == running.process.wait(180), running.log.read_text()
    assert [False] * len(pids) == [is_running(pid) for pid in pids]
    assert "stopped" in running.log.read_text()


def test_parts_end_when_the_supervisor_is_killed(tmp_path: Path) -> None:
    """Even kill -9 of `up` leaves no orphan behind."""
    running = Up(tmp_path / "data")
    pids = [running.pid(part) for part in ("collector", "writer", "dashboards")]
    running.process.kill()
    running.process.wait()
    eventually(lambda: not any(is_running(pid) for pid in pids), "the parts' end")
    assert [False] * 3 == [is_running(pid) for pid in pids]


def is_running(pid: int | None) -> bool:
    """Whether a process exists and is not a zombie."""
    assert pid is not None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return bool(status.stdout.strip()) and not status.stdout.startswith("Z")


class Deaths(threading.Event):
    """A stop signal that lets a supervisor look a number of times; each look is half a minute later."""

    def __init__(self, looks: int, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__()
        self.looks = looks
        self.now = 0.0
        monkeypatch.setattr("spotlight.cli.supervisor.time.monotonic", lambda: self.now)

    def wait(self, timeout: float | None = None) -> bool:
        self.looks -= 1
        self.now += 31
        return self.looks < 0


def watch(argv: list[str], stop: Deaths, data: Path, deaths: int = 0) -> list[str]:
    """Return what a supervisor says about one part that is down, over some looks."""
    said: list[str] = []
    supervisor = Supervisor(data, [Part("writer", argv)], lambda _, message: said.append(message))
    supervisor.stop = stop
    supervisor._children[0].deaths = deaths
    supervisor._watch()
    return said


def test_a_part_that_died_very_often_is_still_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The delay stays at its longest after any number of deaths; a failed start is one more death."""
    said = watch([str(tmp_path / "missing")], Deaths(1, monkeypatch), tmp_path, deaths=2000)
    assert (1, True, True) == (len(said), "cannot be started" in said[0], "again in 30 s" in said[0])


def test_a_start_that_fails_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a process to be had the supervisor goes on, with growing delays."""
    said = watch([str(tmp_path / "missing")], Deaths(3, monkeypatch), tmp_path)
    assert ["0.5 s", "1 s", "2 s"] == [message.split(" again in ")[1] for message in said]


@pytest.mark.parametrize(("code", "ending"), [(3, "exit code 3"), (-9, "signal SIGKILL"), (-40, "signal 40")])
def test_every_ending_has_words(code: int, ending: str) -> None:
    """Real-time signals, which Python has no names for, are told by number."""
    assert ending == _ending(code)


def test_a_process_id_used_again_is_not_a_part(tmp_path: Path) -> None:
    """After a restart of the machine the id in a left-over file may be anybody's."""
    (tmp_path / "run").mkdir()
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as anybody:  # ends with its input
        (tmp_path / "run" / "writer.json").write_text(json.dumps({"pid": anybody.pid}))
        assert read_ready(tmp_path, "writer") is None


@pytest.mark.parametrize("left", [b"[]", b'{"pid": -1}', b'{"pid": 1e300}', b'{"pid": "x"}', b"\xff"])
def test_a_left_over_file_of_junk_is_not_a_part(tmp_path: Path, left: bytes) -> None:
    """Whatever stands in the file, nobody is there."""
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "writer.json").write_bytes(left)
    assert read_ready(tmp_path, "writer") is None


def test_the_command_line_starts_small() -> None:
    """The collector's process starts through it: no library of the lake is loaded before it is needed."""
    heavy = ("pyarrow", "duckdb", "deltalake", "numpy", "pandas", "streamlit")
    code = (
        f"import sys, spotlight.cli.main, ingest.collector; print([m for m in {heavy} if m in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert "[]" == said.stdout.strip()
