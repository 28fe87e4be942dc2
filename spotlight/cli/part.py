"""`spotlight part NAME`: one part in the foreground. `spotlight up` runs its parts with it."""

from __future__ import annotations

import contextlib
import enum
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated

import typer

from spotlight.cli.frames import let_pandas_in
from spotlight.cli.options import DataOption, settings
from spotlight.cli.status import waiting
from spotlight.cli.supervisor import read_ready
from spotlight.settings import Settings


class Name(enum.StrEnum):
    """The parts of Spotlight."""

    COLLECTOR = "collector"
    WRITER = "writer"
    DASHBOARDS = "dashboards"


def part(
    name: Annotated[Name, typer.Argument(help="Which part.")],
    http_port: Annotated[int | None, typer.Option(help="OTLP over HTTP; 0 chooses a free port.")] = None,
    grpc_port: Annotated[int | None, typer.Option(help="OTLP over gRPC; 0 chooses a free port.")] = None,
    port: Annotated[int | None, typer.Option(help="Dashboards; 0 chooses a free port.")] = None,
    host: Annotated[str | None, typer.Option(help="Address to bind to.")] = None,
    supervised: Annotated[bool, typer.Option(hidden=True, help="End when stdin ends.")] = False,
    data: DataOption = None,
) -> None:
    """Run one part in the foreground; `spotlight up` runs all.

    For process managers and containers. It prints nothing on stdout and logs to stderr; where it listens
    stands in the folder `run` of the data folder once it is ready.

    Example: spotlight part collector --data /var/lib/spotlight
    """
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    chosen = settings(data=data, host=host, http_port=http_port, grpc_port=grpc_port, port=port)
    if supervised:
        threading.Thread(target=_end_with_stdin, daemon=True).start()
    _RUN[name](chosen)


def _collector(chosen: Settings) -> None:
    from ingest.collector import run_collector

    run_collector(
        chosen.data, http_host=chosen.host, http_port=chosen.http_port, grpc_host=chosen.host,
        grpc_port=chosen.grpc_port, allowed_hosts=tuple(chosen.allowed_hosts),
    )  # fmt: skip


def _writer(chosen: Settings) -> None:
    from ingest.writer import Pace, run_writer

    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    pace = Pace(batch_bytes=chosen.batch_bytes, wait_s=chosen.batch_wait_s)
    run_writer(chosen.data, stop, pace, ready=lambda: _announce(chosen.data, Name.WRITER))


def _dashboards(chosen: Settings) -> None:
    let_pandas_in()
    from dashboards.server import run_dashboards
    from dashboards.source import Intake

    def otlp_endpoint() -> str:
        said = read_ready(chosen.data, Name.COLLECTOR)
        return str(said["http"]) if said else f"http://127.0.0.1:{chosen.http_port}"

    def intake() -> Intake:
        parts = (Name.COLLECTOR, Name.WRITER)
        return Intake(*waiting(chosen.data), {p.value: read_ready(chosen.data, p) is not None for p in parts})

    run_dashboards(
        chosen.data,
        host=chosen.host,
        port=chosen.port,
        allowed_hosts=tuple(chosen.allowed_hosts),
        otlp_endpoint=otlp_endpoint,
        user_header=chosen.user_header,
        intake=intake,
        run_budget_usd=chosen.run_budget_usd,
    )


_RUN: dict[Name, Callable[[Settings], None]] = {
    Name.COLLECTOR: _collector,
    Name.WRITER: _writer,
    Name.DASHBOARDS: _dashboards,
}


def _announce(data: Path, name: Name) -> None:
    """Say that the part is up, for `spotlight up` and `spotlight status`."""
    folder = data / "run"
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f"{name}.json.tmp"
    draft.write_text(json.dumps({"pid": os.getpid()}))
    os.replace(draft, folder / f"{name}.json")


def _end_with_stdin() -> None:
    """Stop this process when the supervisor that holds our stdin is gone."""
    with contextlib.suppress(OSError):
        while os.read(0, 1024):
            pass
    os.kill(os.getpid(), signal.SIGTERM)


def parts_of_up(chosen: Settings) -> Iterator[tuple[str, list[str]]]:
    """Yield (name, argv) of every part that `spotlight up` runs, in the order they are to be stopped."""
    common = ["--supervised", "--data", str(chosen.data), "--host", chosen.host]
    ports = {
        Name.COLLECTOR: ["--http-port", str(chosen.http_port), "--grpc-port", str(chosen.grpc_port)],
        Name.WRITER: [],
        Name.DASHBOARDS: ["--port", str(chosen.port)],
    }
    for name, own in ports.items():
        yield name.value, [sys.executable, "-m", "spotlight.cli", "part", name.value, *common, *own]
