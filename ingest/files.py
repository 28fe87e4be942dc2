"""Telemetry in files: OTLP requests as protobuf or JSON, one a file or one a line, gzipped or not.

Files of other products are turned into such requests by `ingest.importers`, case files into requests of
recorded rows by `ingest.cases`.
"""

from __future__ import annotations

import gzip
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson
from google.protobuf.message import DecodeError, Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from ingest.cases import case_requests
from ingest.importers import importer_of
from ingest.importers.content import Content
from ingest.importers.encoding import encode
from ingest.requests import ROWS, Encoding
from spotlight.errors import UnreadableFile
from spotlight.reports.case import is_case, read_case

INDEX: Final = "index.jsonl"
SUFFIXES: Final = frozenset(
    [".binpb", ".pb", ".bin", ".json", ".jsonl", ".ndjson", ".otlp", ".eval", ".csv", ".parquet", ".zip"]
)
_GZIP: Final = b"\x1f\x8b"
_JSON_KEYS: Final = {"resourceSpans": "traces", "resourceLogs": "logs", "resourceMetrics": "metrics"}
_CLASSES: Final[dict[str, type[Message]]] = {
    "traces": ExportTraceServiceRequest,
    "logs": ExportLogsServiceRequest,
    "metrics": ExportMetricsServiceRequest,
}
_MAX_INFLATED: Final = 1 << 30


class FileRequest(NamedTuple):
    """One request found in a file: of OTLP, or of recorded rows."""

    path: Path
    signal: str
    encoding: Encoding
    body: bytes


class Found(NamedTuple):
    """Files to read, those in the folders that hold no telemetry we know, and what cannot be looked into."""

    files: list[tuple[Path, str | None]]  # the signal where an index says it
    skipped: list[Path]
    unreadable: dict[Path, str]  # folder or index, with the reason


def find_files(paths: list[Path]) -> Found:
    """Return the telemetry files below some paths, in the order they should be sent.

    A folder with an index.jsonl is a capture: its index says which files and in what order. A folder
    that links lead to again is looked into once; pipes, devices and sockets are skipped.
    Raises: UnreadableFile for a path that does not exist.
    """
    found = Found([], [], {})
    seen: set[Path] = set()
    for path in paths:
        if path.is_dir():
            _in_folder(path, found, seen)
        elif path.is_file():
            found.files.append((path, None))
        elif path.exists():
            found.skipped.append(path)
        else:
            raise UnreadableFile(
                f"no such file or folder: {str(path)!r}", hint="name an OTLP file or a folder of them"
            )
    return found


def read_requests(
    path: Path, signal: str | None = None, kept: Counter[str] | None = None
) -> Iterator[FileRequest]:
    """Yield the OTLP requests of one file; `signal` where it is known already.

    `kept` counts what another product's file holds that is neither span nor score, by its sort: such
    things become log records.
    Raises: UnreadableFile saying why the file holds no telemetry.
    """
    body = _content(path)
    content = Content(path, body)
    if not content.text:
        raise UnreadableFile(f"{str(path)!r} is empty", hint="was the recording cut off?")
    if is_case(body):
        yield from (
            FileRequest(path, ROWS, "arrow", made) for made in case_requests(read_case(path).recorded)
        )
        return
    importer = importer_of(content) if signal is None else None
    if importer is not None:
        items = importer.read(content)
        for made in encode(importer.FORMAT, path, items, Counter() if kept is None else kept):
            yield FileRequest(path, made.signal, made.encoding, made.body)
        return
    found = None
    if content.form in ("json", "lines"):
        # A protobuf request begins with a line feed, and with "{" after it where it has 125 bytes.
        found = _signal_by_parsing(body, _signal_in_name(path)) if body[:2] in (b"\n{", b"\n[") else None
        if found is None:
            yield from _json_requests(path, content.text)
            return
    found = signal or found or _signal_by_parsing(body, _signal_in_name(path))
    if found is None:
        raise UnreadableFile(
            f"{str(path)!r} is neither OTLP nor a format that is imported",
            hint="put traces, logs or metrics into the name of an OTLP protobuf file that is one of those",
        )
    yield FileRequest(path, found, "protobuf", body)


def _in_folder(folder: Path, found: Found, seen: set[Path]) -> None:
    """Add what lies in a folder and below; `seen` are the folders that were looked into, resolved."""
    try:
        real = folder.resolve()
        if real in seen:
            return
        seen.add(real)
        if (folder / INDEX).is_file():
            _by_index(folder, found)
            return
        inside = sorted(folder.iterdir())
    except (OSError, RuntimeError) as exc:
        found.unreadable[folder] = _why(exc)
        return
    for path in inside:
        try:
            if path.is_dir():
                _in_folder(path, found, seen)
            elif _suffix(path) in SUFFIXES and path.is_file():
                found.files.append((path, None))
            elif path.suffix != ".md":
                found.skipped.append(path)
        except OSError as exc:
            found.unreadable[path] = _why(exc)


def _by_index(folder: Path, found: Found) -> None:
    """Read a capture's index: JSON lines with `file` and `signal`. Junk makes the whole index unreadable."""
    index = folder / INDEX
    entries: list[tuple[Path, str]] = []
    for number, line in enumerate(index.read_bytes().splitlines(), 1):
        if not line.strip():
            continue
        try:
            entry = orjson.loads(line)
            path, signal = folder / Path(entry["file"]).name, str(entry["signal"])
        except (orjson.JSONDecodeError, KeyError, TypeError):
            found.unreadable[index] = (
                f"line {number} of {str(index)!r} is not an entry with file and signal (remove or repair it)"
            )
            return
        entries.append((path, signal))
    for path, signal in entries:
        if signal in _CLASSES:
            found.files.append((path, signal))
        else:
            found.skipped.append(path)


def _why(exc: Exception) -> str:
    return exc.strerror or str(exc) if isinstance(exc, OSError) else str(exc)


def _suffix(path: Path) -> str:
    return Path(path.stem).suffix if path.suffix == ".gz" else path.suffix


def _content(path: Path) -> bytes:
    try:
        if not path.is_file():  # opening a pipe would wait for a writer, for ever
            kind = "is not a file" if path.exists() else "does not exist"
            raise UnreadableFile(f"{str(path)!r} {kind}", hint="name an OTLP file or a folder of them")
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
                hint="an OTLP request has resourceSpans, resourceLogs or resourceMetrics; docs/importing.md "
                "lists what else is read",
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


def _signal_by_parsing(body: bytes, named: str | None) -> str | None:
    """Return the signal whose message type the bytes are.

    The three types look alike on the wire: what is another's is mostly unknown fields. Where a type reads
    every byte as its own, it is that one. Where several do, or none does and it parses all the same (an
    encoder of a later version), the file's name decides; traces come before logs where it says nothing.
    """
    sizes: dict[str, int] = {}
    for signal, message_type in _CLASSES.items():
        try:
            message = message_type.FromString(body)
        except DecodeError:
            continue
        message.DiscardUnknownFields()
        if signal != "traces" or _has_ids(message):
            sizes[signal] = message.ByteSize()
    whole = [signal for signal, size in sizes.items() if size == len(body)]
    if named in whole or (named in sizes and not whole):
        return named
    return whole[0] if whole else None


def _has_ids(request: Any) -> bool:
    """Return whether some span has a trace id: a metric's name reads as one, but seldom has 16 bytes."""
    spans = [span for r in request.resource_spans for scope in r.scope_spans for span in scope.spans]
    return not spans or any(len(span.trace_id) == 16 for span in spans)
