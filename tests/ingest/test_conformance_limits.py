"""OTLP conformance of a running collector under stress: limits, overload, disk faults, hostile clients.

Numbered on from test_conformance.py.
"""

from __future__ import annotations

import gzip
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from google.rpc import error_details_pb2
from google.rpc.status_pb2 import Status

from ingest.limits import Limits
from tests.ingest.otlp_client import (
    JSON,
    PB,
    TRANSPORTS,
    a_span,
    as_protobuf,
    call,
    field,
    of_spans,
    post,
    send,
    spans,
)

MIB = 1 << 20


def test_27_large_bodies(collector: Any, stored: Any) -> None:
    """Over the limit as sent, by announcement or in chunks, and after inflating: 413 with a Status."""
    large = field(1, b"")[:1] + b"\x80\x80\x80\x01" + bytes(2 * MIB)

    def chunks() -> Iterator[bytes]:
        for at in range(0, len(large), 65536):
            yield large[at : at + 65536]

    chunked = collector.client.post("/v1/traces", content=chunks(), headers={"content-type": PB})
    bomb = gzip.compress(bytes(64 * MIB), 9)
    answers = [post(collector, large), post(collector, bomb, content_encoding="gzip")]
    assert [413, 413, 413] == [chunked.status_code, *[answer.code for answer in answers]]
    assert "larger than 1048576 bytes" in Status.FromString(chunked.content).message
    assert "inflates to more than 1048576 bytes" in answers[1].message.message
    assert [] == stored()


@pytest.mark.parametrize("gzipped", [False, True], ids=["raw", "bomb"])
def test_28_large_grpc_messages(collector: Any, stored: Any, gzipped: bool) -> None:
    """RESOURCE_EXHAUSTED without RetryInfo: the client must not repeat it."""
    answer = call(collector, bytes(2 * MIB), gzipped=gzipped)
    assert ("RESOURCE_EXHAUSTED", None) == (answer.code, answer.message)
    assert [] == stored()


def test_29_too_many(collector: Any, stored: Any) -> None:
    """Too many spans refuse the request, too many attributes reject the span."""
    many = as_protobuf(of_spans(*[a_span()] * 2001))
    assert [413, "RESOURCE_EXHAUSTED"] == [post(collector, many).code, call(collector, many).code]
    wide = a_span(name="wide", attributes=[{"key": "k"}] * 4097)
    for transport in TRANSPORTS:
        partial = send(collector, transport, of_spans(wide, a_span())).message.partial_success
        assert (1, True) == (
            partial.rejected_spans,
            "more attributes than the limit" in partial.error_message,
        )
    assert ["s"] * 3 == [span.name for span in spans(stored())]


def test_30_overload_asks_for_patience(start_collector: Any) -> None:
    """Beyond the budget: 503 with Retry-After, UNAVAILABLE with RetryInfo, and it is used up by nobody."""
    running = start_collector(limits=Limits(in_flight_bytes=1000))
    body = as_protobuf(of_spans(a_span(name="x" * 2000)))
    for answer in (post(running, body), call(running, body)):
        retry = error_details_pb2.RetryInfo()
        assert answer.code in (503, "UNAVAILABLE")
        assert answer.message.details[0].Unpack(retry)
        assert 1 == retry.retry_delay.seconds
    assert "1" == post(running, body).headers["retry-after"]
    assert 503 == post(running, gzip.compress(body), content_encoding="gzip").code
    assert 200 == post(running, as_protobuf(of_spans(a_span()))).code
    assert 0 == running.client.get("/status").json()["in_flight_bytes"]


@pytest.mark.parametrize("fault", ["space", "sync"])
def test_31_a_failing_disk_is_never_fatal(start_collector: Any, faults: Any, fault: str) -> None:
    """503 and UNAVAILABLE while it lasts, /readyz says so, and it heals by itself."""
    running = start_collector(disk=faults)
    body = as_protobuf(of_spans(a_span()))
    faults.write_left, faults.sync_fails = (0, 0) if fault == "space" else (None, 1000)
    assert [503, "UNAVAILABLE"] == [post(running, body).code, call(running, body).code]
    ready = running.client.get("/readyz")
    assert (503, False) == (ready.status_code, ready.json()["ready"])
    assert "journal cannot be written" in ready.json()["reason"]
    faults.write_left, faults.sync_fails = None, 0
    assert [200, 200] == [post(running, body).code, call(running, body).code]
    assert 200 == running.client.get("/readyz").status_code
    assert 2 == len(running.records())


def test_36_cors_is_for_listed_origins_only(collector: Any) -> None:
    """A preflight from an origin that is not listed gets no permission."""
    asked = {"access-control-request-method": "POST", "access-control-request-headers": "content-type"}
    listed = collector.client.options("/v1/traces", headers={"origin": "https://listed.example", **asked})
    other = collector.client.options("/v1/traces", headers={"origin": "https://other.example", **asked})
    assert (200, "https://listed.example") == (
        listed.status_code,
        listed.headers["access-control-allow-origin"],
    )
    assert "access-control-allow-origin" not in other.headers


def test_36_no_cors_unless_configured(start_collector: Any) -> None:
    """Without listed origins no answer carries CORS headers."""
    running = start_collector()
    answer = running.client.post(
        "/v1/traces", content=b"{}", headers={"content-type": JSON, "origin": "https://a.example"}
    )
    assert [] == [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize(
    ("host", "code"),
    [
        ("localhost:4318", 200),
        ("127.0.0.1", 200),
        ("[::1]:4318", 200),
        ("LOCALHOST", 200),
        ("evil.example", 421),
        ("127.0.0.1.evil.example", 421),
    ],
)
def test_dns_rebinding_is_refused(collector: Any, host: str, code: int) -> None:
    """A page that points its own name at 127.0.0.1 is told that this is not it."""
    answer = collector.client.post("/v1/traces", content=b"{}", headers={"content-type": JSON, "host": host})
    assert code == answer.status_code
    assert code == collector.client.get("/status", headers={"host": host}).status_code
    assert 200 == collector.client.get("/healthz", headers={"host": host}).status_code


@pytest.mark.parametrize("lines", [[], ["Host: localhost", "Host: evil.example"]])
def test_a_request_has_one_host(collector: Any, lines: list[str]) -> None:
    """None or two Host headers are refused."""
    url = urlsplit(collector.addresses.http)
    with socket.create_connection((url.hostname, url.port), 5) as sock:
        sock.sendall("\r\n".join(["GET /status HTTP/1.1", *lines, "Connection: close", "", ""]).encode())
        assert sock.recv(4096).split()[1] in (b"421", b"400")
