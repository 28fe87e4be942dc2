"""Telemetry in files: OTLP requests as protobuf or JSON, one a file or one a line, gzipped or not."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import orjson
from google.protobuf.message import DecodeError, Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from ingest.requests import Encoding
from spotlight.errors import UnreadableFile

INDEX: Final = "index.jsonl"
SUFFIXES: Final = frozenset([".binpb", ".pb", ".bin", ".json", ".jsonl", ".ndjson", ".otlp"])
_GZIP: Final = b"\x1f\x8b"
_JSON_KEYS: Final = {"resourceSpans": "traces", "resourceLogs": "logs", "resourceMetrics": "metrics"}
_CLASSES: Final[dict[str, type[Message]]] = {
    "traces": ExportTraceServiceRequest,
    "logs": ExportLogsServiceRequest,
    "metrics": ExportMetricsServiceRequest,
}
_MAX_INFLATED: Final = 1 << 30


class FileRequest(NamedTuple):
    """One OTLP request found in a file."""

    path: Path
    signal: str
    encoding: Encoding
    body: bytes


class Found(NamedTuple):
    """Files to read, and those in the folders that hold no telemetry we know."""

    files: list[tuple[Path, str | None]]  # the signal where an index says it
    skipped: list[Path]


def find_files(paths: list[Path]) -> Found:
    """Return the telemetry files below some paths, in the order they should be sent.

    A folder with an index.jsonl is a capture: its index says which files and in what order.
    Raises: UnreadableFile for a path that does not exist.
    """
    files: list[tuple[Path, str | None]] = []
    skipped: list[Path] = []
    for path in paths:
        if path.is_file():
            files.append((path, None))
        elif path.is_dir():
            found = _in_folder(path)
            files += found.files
            skipped += found.skipped
        else:
            raise UnreadableFile(
                f"no such file or folder: {str(path)!r}", hint="name an OTLP file or a folder of them"
            )
    return Found(files, skipped)


def read_requests(path: Path, signal: str | None = None) -> Iterator[FileRequest]:
    """Yield the OTLP requests of one file; `signal` where it is known already.

    Raises: UnreadableFile saying why the file holds no telemetry.
    """
    body = _content(path)
    if body.lstrip()[:1] == b"{":
        yield from _json_requests(path, body)
        return
    found = signal or _signal_in_name(path) or _signal_by_parsing(body)
    if found is None:
        raise UnreadableFile(
            f"{str(path)!r} is neither OTLP JSON nor an OTLP protobuf request",
            hint="put traces, logs or metrics into the file's name if it is one of those",
        )
    yield FileRequest(path, found, "protobuf", body)


def _in_folder(folder: Path) -> Found:
    index = folder / INDEX
    if index.is_file():
        return _by_index(folder, index)
    files: list[tuple[Path, str | None]] = []
    skipped: list[Path] = []
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            found = _in_folder(path)
            files += found.files
            skipped += found.skipped
        elif _suffix(path) in SUFFIXES:
            files.append((path, None))
        elif path.suffix != ".md":
            skipped.append(path)
    return Found(files, skipped)


def _by_index(folder: Path, index: Path) -> Found:
    """Read a capture's index: JSON lines with `file` and `signal`."""
    files: list[tuple[Path, str | None]] = []
    skipped: list[Path] = []
    for number, line in enumerate(index.read_bytes().splitlines(), 1):
        try:
            entry = orjson.loads(line)
            path, signal = folder / Path(entry["file"]).name, entry["signal"]
        except (orjson.JSONDecodeError, KeyError, TypeError) as exc:
            raise UnreadableFile(
                f"line {number} of {str(index)!r} is not an entry with file and signal",
                hint="remove or repair the index",
            ) from exc
        if signal in _CLASSES:
            files.append((path, signal))
        else:
            skipped.append(path)
    return Found(files, skipped)


def _suffix(path: Path) -> str:
    return Path(path.stem).suffix if path.suffix == ".gz" else path.suffix


def _content(path: Path) -> bytes:
    try:
        if path.stat().st_size > _MAX_INFLATED:
            raise UnreadableFile(f"{str(path)!r} is over 1 GiB", hint="split it into smaller files")
        body = path.read_bytes()
        if body.startswith(_GZIP):
            with gzip.open(path) as unpacked:
                body = unpacked.read(_MAX_INFLATED + 1)
    except (OSError, EOFError, zlib.error) as exc:
        raise UnreadableFile(f"{str(path)!r} cannot be read: {exc}", hint="is the file whole?") from exc
    if len(body) > _MAX_INFLATED:
        raise UnreadableFile(f"{str(path)!r} inflates to more than 1 GiB", hint="split it into smaller files")
    return body


def _json_requests(path: Path, body: bytes) -> Iterator[FileRequest]:
    """Yield the request of a JSON file, or one per line where the file has JSON lines."""
    whole = _json_signal(body)
    if whole is not None:
        yield FileRequest(path, whole, "json", body)
        return
    found = 0
    for number, line in enumerate(body.splitlines(), 1):
        if not line.strip():
            continue
        signal = _json_signal(line)
        if signal is None:
            raise UnreadableFile(
                f"line {number} of {str(path)!r} is not an OTLP JSON request",
                hint="an OTLP request has resourceSpans, resourceLogs or resourceMetrics",
            )
        found += 1
        yield FileRequest(path, signal, "json", line)


def _json_signal(text: bytes) -> str | None:
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(value, dict):
        return None
    return next((signal for key, signal in _JSON_KEYS.items() if key in value), None)


def _signal_in_name(path: Path) -> str | None:
    name = path.name.lower()
    return next(
        (s for s, word in (("traces", "trace"), ("logs", "log"), ("metrics", "metric")) if word in name), None
    )


def _signal_by_parsing(body: bytes) -> str | None:
    """Return the signal whose message type reads the bytes and writes the same number again."""
    for signal, message_type in _CLASSES.items():
        try:
            message = message_type.FromString(body)
        except DecodeError:
            continue
        message.DiscardUnknownFields()
        if body and message.ByteSize() == len(body):
            return signal
    return None
