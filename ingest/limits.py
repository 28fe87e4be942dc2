"""Every bound of the receivers, with its default and what happens beyond it."""

from __future__ import annotations

from typing import NamedTuple

MIB = 1 << 20


class Limits(NamedTuple):
    """Bounds of one collector; sizes in bytes, times in seconds.

    Source of the size defaults: OTLP 1.11 (64 MiB recommended for HTTP after
    decompression, a bound is a must for gRPC).
    """

    http_body_bytes: int = 64 * MIB
    """An HTTP body after inflating; beyond it 413."""
    http_wire_bytes: int = 32 * MIB
    """A compressed HTTP body as sent; beyond it 413."""
    grpc_message_bytes: int = 16 * MIB
    """A gRPC message before and after inflating; beyond it RESOURCE_EXHAUSTED."""
    in_flight_bytes: int = 256 * MIB
    """Request bytes held in memory at once, as sent and inflated; beyond it 503 / UNAVAILABLE."""
    connections: int = 1000
    """HTTP connections at once; beyond it 503."""
    items: int = 50_000
    """Spans, log records or data points in one request; beyond it 413 / RESOURCE_EXHAUSTED."""
    span_attributes: int = 4_096
    """Attributes of one span; beyond it the span is rejected and its siblings are kept."""
    json_values: int = 4_000_000
    """Objects and arrays in one JSON body; beyond it 413."""
    thread_bytes: int = 2 * MIB
    """Bodies from this size on (JSON, ten times as dear per byte: from a tenth of it) are checked in a worker
    thread, so that small requests are not held up. A protobuf parse holds the interpreter lock: with 0.5 MB
    bodies and 8 exporters the thread cost a quarter of the rate and doubled the p99."""
    request_seconds: float = 60.0
    """From a request's headers to its answer; beyond it 503."""
    header_seconds: float = 10.0
    """For an HTTP client to send its headers; beyond it the connection is closed."""
    drain_seconds: float = 3.0
    """On shutdown, for requests in flight; beyond it they are answered 503 / UNAVAILABLE."""
    retry_after_seconds: int = 1
    """What a client is asked to wait before it sends again."""
