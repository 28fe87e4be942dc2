"""Fixtures of the ingest tests: a real collector on free ports, and a disk that fails on demand."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from ingest.collector import JOURNAL_FOLDER, Addresses, serve
from ingest.disk import Disk
from ingest.journal import Record, end_position, read
from ingest.limits import Limits
from ingest.requests import SIGNALS


class Faults(Disk):
    """The real disk without the wait for it, failing as told.

    `write_left` is how many more bytes a write may put down before ENOSPC;
    `sync_fails` how many syncs fail; `gate` holds syncs back while it is cleared.
    """

    def __init__(self) -> None:
        self.write_left: int | None = None
        self.sync_fails = 0
        self.truncate_fails = 0
        self.syncs: list[int] = []
        self.gate = threading.Event()
        self.gate.set()

    def write(self, fd: int, buffers: Sequence[bytes], offset: int) -> int:
        """Write what fits."""
        if self.write_left is None:
            return super().write(fd, buffers, offset)
        if self.write_left == 0:
            raise OSError(28, "No space left on device")
        part = b"".join(buffers)[: self.write_left]
        self.write_left -= len(part)
        return super().write(fd, [part], offset)

    def sync(self, fd: int) -> None:
        """Note the call; fail or wait if told so."""
        self.gate.wait()
        self.syncs.append(fd)
        if self.sync_fails:
            self.sync_fails -= 1
            raise OSError(5, "Input/output error")

    def truncate(self, fd: int, size: int) -> None:
        """Cut the file, or fail."""
        if self.truncate_fails:
            self.truncate_fails -= 1
            raise OSError(5, "Input/output error")
        super().truncate(fd, size)

    def sync_folder(self, folder: Path) -> None:
        """Do nothing: these tests do not cut the power."""


@pytest.fixture
def faults() -> Faults:
    """A disk that fails on demand."""
    return Faults()


class Running:
    """A collector in a thread of this process, and what its journal holds."""

    def __init__(self, folder: Path, **options: Any) -> None:
        self.folder = folder
        self.journal = folder / JOURNAL_FOLDER
        self._started = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, kwargs=options)
        self._thread.start()
        assert self._started.wait(180)
        if self._failure:
            raise self._failure
        self.client = httpx.Client(base_url=self.addresses.http, timeout=60)

    def _run(self, **options: Any) -> None:
        async def main() -> None:
            self._stop, self._loop = asyncio.Event(), asyncio.get_running_loop()
            local = ("127.0.0.1", 0)
            await serve(self.folder, self._stop, http=local, grpc=local, ready=self._ready, **options)

        try:
            asyncio.run(main())
        except BaseException as error:
            self._failure = error
            self._started.set()

    def _ready(self, addresses: Addresses) -> None:
        self.addresses = addresses
        self._started.set()

    def ask_to_stop(self) -> None:
        """Ask as SIGTERM does."""
        self._loop.call_soon_threadsafe(self._stop.set)

    def stop(self) -> None:
        """Stop, and wait for it."""
        self.client.close()
        if self._thread.is_alive():
            self.ask_to_stop()
        self._thread.join(180)
        assert not self._thread.is_alive()

    def end(self) -> int:
        """Position at which the journal's durable part ends."""
        return end_position(self.journal)

    def records(self, since: int = 0) -> list[Record]:
        """Requests in the journal, receipts left out."""
        return [r for r in read(self.journal, since, 1 << 30).records if r.signal != "receipt"]


@pytest.fixture
def start_collector(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """Start collectors with options of one's own; they are stopped at the end."""
    started: list[Running] = []

    def start(**options: Any) -> Running:
        started.append(Running(tmp_path / f"data{len(started)}", **options))
        return started[-1]

    yield start
    for running in started:
        running.stop()


@pytest.fixture(scope="session")
def collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One collector with small limits on size, shared by all tests that only send to it."""
    limits = Limits(http_body_bytes=1 << 20, http_wire_bytes=1 << 20, grpc_message_bytes=1 << 20, items=2000)
    running = Running(
        tmp_path_factory.mktemp("collector"), limits=limits, cors_origins=["https://listed.example"]
    )
    yield running
    running.stop()


@pytest.fixture
def stored(collector: Running) -> Iterator[Callable[[], list[Any]]]:
    """Requests that the journal has got since the test began, parsed."""
    start = collector.end()

    def requests() -> list[Any]:
        found = []
        for record in collector.records(start):
            message = SIGNALS[record.signal].request()
            message.ParseFromString(record.body)
            found.append(message)
        return found

    return requests
