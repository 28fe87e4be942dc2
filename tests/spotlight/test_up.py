"""`spotlight up` keeps its parts running and stops them cleanly."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from spotlight.cli.supervisor import read_ready
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


def eventually(holds: Callable[[], object], what: str, seconds: float = 30.0) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}"
        threading.Event().wait(0.02)


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """Return Spotlight running on an empty folder."""
    running = Up(tmp_path_factory.mktemp("up") / "data")
    yield running
    running.process.terminate()
    running.process.wait(60)


def test_everything_answers(up: Up) -> None:
    """Dashboards and collector answer at the addresses that were said, on loopback."""
    pages = [up.addresses["dashboards"] + "/_stcore/health", up.addresses["otlp_http"] + "/healthz"]
    assert [200, 200] == [httpx.get(page, timeout=10).status_code for page in pages]
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
    refused = httpx.post(up.addresses["otlp_http"] + "/v1/traces", content=b"\xff" * 9, headers=headers)

    def counted() -> bool:
        said = spotlight_json("status", "--data", up.data)["received"]
        return ("refused", "malformed") in {(r["outcome"], r["reason"]) for r in said}

    assert 400 == refused.status_code
    eventually(counted, "the refusal in the status")


@pytest.mark.parametrize("part", ["writer", "collector", "dashboards"])
def test_a_part_that_dies_is_started_again(up: Up, part: str) -> None:
    """A killed part comes back by itself, and the log says so."""
    old = up.pid(part)
    assert old is not None
    os.kill(old, signal.SIGKILL)
    eventually(lambda: up.pid(part) not in (None, old), f"a new {part}")
    assert f"{part:<11}ended with signal SIGKILL" in up.log.read_text()


def test_a_second_up_on_the_same_folder_says_who_has_it(up: Up) -> None:
    """Two collectors cannot share a journal; the second says which process has it."""
    done = spotlight("up", "--data", up.data, *PORTS, check=False)
    assert (1, True) == (done.returncode, f"process {up.pid('collector')}" in done.stderr)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_clean_stop(tmp_path: Path, how: signal.Signals) -> None:
    """SIGTERM and Ctrl-C end all parts with exit code 0; nothing is left running."""
    running = Up(tmp_path / "data")
    pids = [running.pid(part) for part in ("collector", "writer", "dashboards")]
    running.process.send_signal(how)
    assert 0 == running.process.wait(60), running.log.read_text()
    assert [False] * 3 == [is_running(pid) for pid in pids]
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
