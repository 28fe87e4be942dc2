"""Dashboards in processes of their own: one for a test, or one that all test workers use."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from tests.command import ROOT
from tests.sharing import locked

START_SECONDS = 180
# How long the tests of another worker may go on with a server that this one has started.
END_SECONDS = 3600


@contextmanager
def serving(data: Path, *words: str) -> Iterator[str]:
    """Run a dashboards process; yield its address once it answers, end it afterwards."""
    process, url = _started(data, *words)
    try:
        yield url
    finally:
        process.terminate()
        process.wait(START_SECONDS)


class Servers:
    """The servers that this worker uses together with the others."""

    def __init__(self) -> None:
        self._used = ExitStack()
        self._started: list[subprocess.Popen[bytes]] = []
        self._hosts: set[str] = set()

    def url(self, data: Path, *words: str) -> str:
        """Return the address of the server over a folder; the first worker that asks starts it."""
        users = data.with_name(f"{data.name}.users")
        with locked(users):
            users.touch()
            held = self._used.enter_context(users.open())
            fcntl.flock(held, fcntl.LOCK_SH)  # waits until a server that has lost its users has gone
            url = _announced(data)
            if url is None:
                process, url = _started(data, *words, "--users", str(users))
                self._started.append(process)
        self._hosts.add(urlsplit(url).netloc)
        return url

    def lasts(self, url: str) -> bool:
        """Return whether an address is of a server that stays until the last test."""
        return urlsplit(url).netloc in self._hosts

    def close(self) -> None:
        """Use none any more, and wait until those that this worker started have ended."""
        self._used.close()
        for process in self._started:
            process.wait(END_SECONDS)


def _announced(data: Path) -> str | None:
    """Return the address that a server over a folder has written down, None where there is none."""
    address = data / "run" / "dashboards.json"
    return str(json.loads(address.read_bytes())["url"]) if address.exists() else None


def _started(data: Path, *words: str) -> tuple[subprocess.Popen[bytes], str]:
    """Return a new dashboards process and its address, once it answers."""
    log = data / "dashboards.log"
    data.mkdir(parents=True, exist_ok=True)
    home = {"HOME": str(data), "PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "tests.dashboards.serve", str(data), *words]
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=home, stdout=output, stderr=subprocess.STDOUT)
    until = time.monotonic() + START_SECONDS
    while (url := _announced(data)) is None and process.poll() is None and time.monotonic() < until:
        try:
            process.wait(0.05)
        except subprocess.TimeoutExpired:
            continue
    try:
        assert url is not None, log.read_text(encoding="utf-8")
        with httpx.Client(transport=httpx.HTTPTransport(retries=5), timeout=START_SECONDS) as client:
            client.get(url + "/healthz").raise_for_status()
    except BaseException:
        process.kill()
        process.wait(START_SECONDS)
        raise
    return process, url
