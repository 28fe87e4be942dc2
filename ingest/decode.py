"""OTLP request bodies -> one nested Arrow batch, without a Python object per span.

The fast reader is ptars (Rust). It refuses a whole list for one bad body, and can panic:
then every body goes through the official protobuf class by itself, which tells good from
bad and writes the good ones in canonical form.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, Final, NamedTuple

import ptars
import pyarrow as pa
from google.protobuf.message import DecodeError, EncodeError, Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from ingest.arrow import array
from ingest.descriptors import descriptor

_OFFICIAL: Final[dict[str, type[Message]]] = {
    "traces": ExportTraceServiceRequest,
    "logs": ExportLogsServiceRequest,
}


class Decoded(NamedTuple):
    """Row i of `batch` is the i-th body that is not in `dead` (indexes into the given bodies)."""

    batch: pa.RecordBatch
    dead: list[int]


def decode(signal: str, bodies: Sequence[bytes], *, canonical: bool = False) -> Decoded:
    """Return the requests of one signal ("traces" or "logs") as a nested Arrow batch.

    `canonical` takes every body through the official class first: for callers that found
    an encoding they cannot read. Bodies must be `bytes`: pyarrow leaks on memoryviews.
    """
    batch = None if canonical else _read_or_none(signal, list(bodies))
    if batch is not None:
        return Decoded(batch, [])
    return _decode_carefully(signal, bodies)


def _decode_carefully(signal: str, bodies: Sequence[bytes]) -> Decoded:
    living = {i: text for i, body in enumerate(bodies) if (text := _canonical(signal, body)) is not None}
    batch = _read_or_none(signal, list(living.values()))
    if batch is None:
        living = {i: text for i, text in living.items() if _read_or_none(signal, [text]) is not None}
        batch = _read(signal, list(living.values()))
    return Decoded(batch, [i for i in range(len(bodies)) if i not in living])


def _canonical(signal: str, body: bytes) -> bytes | None:
    """Return the request as the official class writes it, or None where that class refuses it."""
    request = _OFFICIAL[signal]()
    try:
        request.ParseFromString(body)
        request.DiscardUnknownFields()
        return request.SerializeToString()
    except (DecodeError, EncodeError, ValueError):
        return None


def _read_or_none(signal: str, bodies: list[bytes]) -> pa.RecordBatch | None:
    try:
        return _read(signal, bodies)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # a Rust panic is no Exception
        return None


def _read(signal: str, bodies: list[bytes]) -> pa.RecordBatch:
    """Return the batch; raises whatever ptars raises, Rust panics (BaseException) included."""
    batch: pa.RecordBatch = _handler(signal).array_to_record_batch(array(bodies, pa.binary()))
    return batch


@cache
def _handler(signal: str) -> Any:
    described = descriptor(signal)
    return ptars.HandlerPool([described.file]).get_for_message(described)
