"""`spotlight doctor`: is everything as it should be, and what to do where it is not."""

from __future__ import annotations

import contextlib
import http.client
import os
import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated, Final, NamedTuple

import typer
from rich.text import Text

from spotlight.cli.options import DataOption, JsonOption, settings
from spotlight.cli.output import harmless, out, print_json
from spotlight.cli.supervisor import read_ready
from spotlight.errors import SpotlightError
from spotlight.figures import size
from spotlight.settings import Settings

_LOW_DISK_BYTES: Final = 2 << 30
# Addresses that a server binds to and nobody can connect to, and what to ask instead.
_REACHABLE: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104
# What /healthz of a collector and of the dashboards says.
_ANSWERS: Final = (b'{"alive":true}', b'{"status":"ok"}')
_PACKAGES: Final = ("duckdb", "pyarrow", "deltalake", "ptars", "grpcio", "protobuf", "streamlit")


class Finding(NamedTuple):
    """One thing looked at; `hint` says what to do where `ok` is false."""

    check: str
    ok: bool
    found: str
    hint: str = ""


def doctor(
    deep: Annotated[
        bool, typer.Option("--deep", help="Read every file of the lake and check its checksums.")
    ] = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check installation, data and ports.

    Looks at packages, the data folder, the journal, the lake and the ports; changes nothing.

    Example: spotlight doctor --deep
    """
    chosen = settings(data=data)
    checks: list[Callable[[Settings], Iterator[Finding]]] = [_installation, _folder, _journal, _lake, _ports]
    if deep:
        checks.append(_lake_files)
    findings = [finding for check in checks for finding in check(chosen)]
    if as_json:
        print_json([finding._asdict() for finding in findings])
    else:
        for finding in findings:
            mark = Text("ok   ", "green") if finding.ok else Text("FAIL ", "bold red")
            out.print(Text.assemble(mark, f"{finding.check}: ", harmless(finding.found)))
            if not finding.ok and finding.hint:
                out.print(f"     {finding.hint}")
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)


def _installation(_: Settings) -> Iterator[Finding]:
    here = ".".join(map(str, sys.version_info[:3]))
    yield Finding("Python", sys.version_info >= (3, 11), here, "install Python 3.11 or newer")
    for name in _PACKAGES:
        try:
            yield Finding(name, True, version(name))
        except PackageNotFoundError:
            yield Finding(name, False, "not installed", "install from the lock file, see the README")


def _folder(chosen: Settings) -> Iterator[Finding]:
    data = chosen.data.absolute()
    existing = next(path for path in (data, *data.parents) if path.exists())
    hint = f"{existing} must be a folder that can be written to, or choose --data"
    if not existing.is_dir():
        yield Finding("data folder", False, f"{existing} is not a folder", hint)
        return
    found = str(chosen.data) if existing == data else f"{chosen.data} will be made"
    yield Finding("data folder", os.access(existing, os.W_OK | os.X_OK), found, hint)
    free = shutil.disk_usage(existing).free
    yield Finding(
        "disk space", free > _LOW_DISK_BYTES, f"{size(free)} free", "make room, or move the data folder"
    )


def _journal(chosen: Settings) -> Iterator[Finding]:
    from ingest.progress import read_progress
    from ingest.segments import end_position, first_position, read

    folder = chosen.data / "journal"
    if not folder.is_dir():
        yield Finding("journal", True, "none yet")
        return
    first, end = first_position(folder), end_position(folder)
    records, position = 0, first
    try:
        while (batch := read(folder, position, 32 << 20)).next_position > position:
            records, position = records + len(batch.records), batch.next_position
    except SpotlightError as exc:
        yield Finding("journal", False, str(exc), "keep a copy of the folder; the rest of it is still read")
        return
    progress = read_progress(folder)
    waiting = end - (progress.committed if progress else first)
    yield Finding(
        "journal", True, f"{records:,} requests readable, {size(max(0, waiting))} not yet in the lake"
    )
    running = read_ready(chosen.data, "writer") is not None
    stuck = waiting > 0 and not running
    yield Finding(
        "writer", not stuck, "running" if running else "not running", "start it with `spotlight up`"
    )
    dead = len(list((chosen.data / "dead").glob("*.binpb")))
    yield Finding(
        "unreadable requests", dead == 0, f"{dead:,}", f"kept in {chosen.data / 'dead'}: please report them"
    )


def _lake(chosen: Settings) -> Iterator[Finding]:
    from spotlight.reports import open_lake

    if not (chosen.data / "lake").is_dir():
        yield Finding("lake", True, "none yet")
        return
    try:
        sizes = open_lake(chosen.data).lake_size()
    except SpotlightError as exc:
        yield Finding("lake", False, exc.message, exc.hint)
        return
    rows = ", ".join(f"{s.rows:,} {name}" for name, s in sizes.items())
    yield Finding("lake", True, rows)
    missing = sum(s.missing_files for s in sizes.values())
    yield Finding("lake files", missing == 0, f"{missing:,} missing", "restore the lake folder from a backup")


def _lake_files(chosen: Settings) -> Iterator[Finding]:
    from spotlight.lake.integrity import damaged_files

    damaged = damaged_files(chosen.data / "lake")
    found = (
        "all readable, checksums right"
        if not damaged
        else "; ".join(f"{p}: {why}" for p, why in damaged.items())
    )
    yield Finding("lake checksums", not damaged, found, "restore these files from a backup")


def _ports(chosen: Settings) -> Iterator[Finding]:
    running = {name: read_ready(chosen.data, name) is not None for name in ("collector", "dashboards")}
    ports = (
        ("OTLP/HTTP port", chosen.http_port, "collector", "--http-port"),
        ("OTLP/gRPC port", chosen.grpc_port, "collector", "--grpc-port"),
        ("dashboards port", chosen.port, "dashboards", "--port"),
    )
    for check, port, part, flag in ports:
        if running[part]:
            yield Finding(check, True, f"{part} of this folder is running")
            continue
        free = _is_free(chosen.host, port)
        found = f"{port} is {'free' if free else 'taken' + _by_whom(chosen.host, port)}"
        yield Finding(check, free, found, f"choose another with {flag}")


def _is_free(host: str, port: int) -> bool:
    host = host.strip("[]")
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _by_whom(host: str, port: int) -> str:
    """Return " by another Spotlight" where one answers on the port, else nothing."""
    connection = http.client.HTTPConnection(_REACHABLE.get(host, host.strip("[]")), port, timeout=2)
    with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
        connection.request("GET", "/healthz")
        response = connection.getresponse()
        if response.status == 200 and response.read(1000) in _ANSWERS:
            return " by another Spotlight"
    return ""
