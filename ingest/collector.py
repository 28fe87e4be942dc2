"""The collector process: both receivers and the journal in one event loop."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, NamedTuple

from ingest.disk import REAL_DISK, Disk
from ingest.grpc import bind, grpc_server
from ingest.http import http_app
from ingest.http_server import http_server, listen
from ingest.journal import Journal
from ingest.limits import Limits
from ingest.service import Service

JOURNAL_FOLDER: Final = "journal"
RUN_FILE: Final = "run/collector.json"
LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")
_log = logging.getLogger(__name__)


class Addresses(NamedTuple):
    """Where a running collector listens; `grpc` is None where it is off."""

    http: str
    grpc: str | None


def run_collector(
    folder: Path,
    *,
    http_host: str = "127.0.0.1",
    http_port: int = 4318,
    grpc_host: str = "127.0.0.1",
    grpc_port: int | None = 4317,
    limits: Limits = Limits(),
    allowed_hosts: Collection[str] = (),
    cors_origins: Sequence[str] = (),
) -> None:
    """Run the collector of a data folder until SIGTERM or SIGINT, then answer what is in flight and return.

    A port of 0 picks a free one, `grpc_port=None` leaves gRPC off. Where it listens
    stands in `run/collector.json` while it does. `allowed_hosts` are the names clients
    may use beside the loopback's own and `http_host`; "*" allows all.

    Raises: PartFailed where a port is taken or the journal cannot be opened.
    """

    async def main() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, stop.set)
        await serve(
            folder,
            stop,
            http=(http_host, http_port),
            grpc=None if grpc_port is None else (grpc_host, grpc_port),
            limits=limits,
            allowed_hosts=allowed_hosts,
            cors_origins=cors_origins,
        )

    asyncio.run(main())


async def serve(
    folder: Path,
    stop: asyncio.Event,
    *,
    http: tuple[str, int],
    grpc: tuple[str, int] | None,
    limits: Limits = Limits(),
    allowed_hosts: Collection[str] = (),
    cors_origins: Sequence[str] = (),
    disk: Disk = REAL_DISK,
    ready: Callable[[Addresses], None] = lambda _: None,
) -> None:
    """Run the collector until `stop` is set, calling `ready` once it listens; else as `run_collector`."""
    hosts = None if "*" in allowed_hosts else {*LOOPBACK, http[0], *allowed_hosts}
    journal = Journal.open(folder / JOURNAL_FOLDER, disk=disk)
    try:
        sock = listen(*http)
        with sock:
            service = Service(journal, limits)
            web = http_server(http_app(service, allowed_hosts=hosts, cors_origins=cors_origins), limits)
            rpc = grpc_server(service)
            grpc_port = None if grpc is None else bind(rpc, *grpc)
            service.start()
            serving = asyncio.create_task(web.serve(sockets=[sock]))
            if grpc_port is not None:
                await rpc.start()
            addresses = Addresses(
                f"http://{_joined(http[0], sock.getsockname()[1])}",
                None if grpc is None or grpc_port is None else _joined(grpc[0], grpc_port),
            )
            with _announced(folder / RUN_FILE, addresses):
                _log.info("collector listens on %s and %s", addresses.http, addresses.grpc or "no gRPC")
                ready(addresses)
                await stop.wait()
                service.drain()
                web.should_exit = True
                await asyncio.gather(serving, rpc.stop(limits.drain_seconds + 1))
                await service.close()
    finally:
        await asyncio.to_thread(journal.close)
    _log.info("collector stopped; the journal ends at %d", journal.end)


def _joined(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


@contextmanager
def _announced(path: Path, addresses: Addresses) -> Iterator[None]:
    """Keep a file that says where the collector listens, for as long as it does."""
    path.parent.mkdir(parents=True, exist_ok=True)
    own = path.with_name(f"{path.name}.{os.getpid()}")
    own.write_text(json.dumps({"pid": os.getpid(), **addresses._asdict()}))
    own.replace(path)
    try:
        yield
    finally:
        with suppress(FileNotFoundError):
            path.unlink()
