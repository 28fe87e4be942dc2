"""Checking requests: malformed ones are refused, bad spans taken out, bombs stopped unparsed."""

from __future__ import annotations

import gzip
from typing import Any

import pytest

from ingest.inflate import inflate
from ingest.limits import Limits
from ingest.requests import SIGNALS, accept
from ingest.wire import TooManyItems, guard_counts
from spotlight.errors import BadRequest, TooLarge, Unavailable

LIMITS = Limits(items=100, span_attributes=10)


def spans_request(*spans: dict[str, Any]) -> Any:
    """A request with one span per dict, ids valid unless given."""
    request: Any = SIGNALS["traces"].request()
    scope = request.resource_spans.add().scope_spans.add()
    for i, fields in enumerate(spans):
        scope.spans.add(**{"trace_id": b"t" * 16, "span_id": b"%08d" % i, "name": f"span {i}", **fields})
    return request


def names(body: bytes) -> list[str]:
    """Span names of an encoded request."""
    request: Any = SIGNALS["traces"].request()
    request.ParseFromString(body)
    return [s.name for r in request.resource_spans for c in r.scope_spans for s in c.spans]


def delimited(number: int, content: bytes) -> bytes:
    """A length-delimited protobuf field."""
    size, out = len(content), bytearray([number << 3 | 2])
    while size > 127:
        out.append(size & 127 | 128)
        size >>= 7
    return bytes(out) + bytes([size]) + content


def test_good_requests_keep_their_bytes() -> None:
    """Nothing is re-encoded without need, unknown fields included."""
    body = spans_request({}, {}).SerializeToString() + delimited(15, b"from the future")
    accepted = accept("traces", body, "protobuf", LIMITS)
    assert (body, 2, 0, "") == accepted[:4]


@pytest.mark.parametrize(
    "bad",
    [
        {"trace_id": b"t" * 15}, {"trace_id": b""}, {"trace_id": bytes(16)}, {"span_id": b"s" * 7},
        {"span_id": bytes(8)}, {"parent_span_id": b"p" * 7},
    ],
)  # fmt: skip
def test_a_span_with_a_bad_id_is_rejected_alone(bad: dict[str, bytes]) -> None:
    """Its siblings are kept, and the message says what was wrong."""
    accepted = accept("traces", spans_request({}, bad, {}).SerializeToString(), "protobuf", LIMITS)
    assert ["span 0", "span 2"] == names(accepted.body)
    assert (2, 1, {"bad_id": 1}) == (accepted.items, accepted.rejected, accepted.reasons)
    assert "1 with an id that is not 16 bytes" in accepted.message


def test_a_zero_parent_is_no_parent() -> None:
    """Some clients send eight zero bytes for a root."""
    request = spans_request({"parent_span_id": bytes(8)})
    assert 1 == accept("traces", request.SerializeToString(), "protobuf", LIMITS).items


def test_a_span_with_too_many_attributes_is_rejected_alone() -> None:
    """The limit is named in the message."""
    request = spans_request({}, {"attributes": [{"key": "k"}] * 11}, {"attributes": [{"key": "k"}] * 10})
    accepted = accept("traces", request.SerializeToString(), "protobuf", LIMITS)
    assert ["span 0", "span 2"] == names(accepted.body)
    assert "rejected spans: 1 with more attributes than the limit of 10" == accepted.message


def test_rejections_of_both_kinds_are_counted_apart() -> None:
    """Each reason has its number; a request may lose all of its spans."""
    request = spans_request({"span_id": b""}, {"trace_id": b""}, {"attributes": [{"key": "k"}] * 11})
    accepted = accept("traces", request.SerializeToString(), "protobuf", LIMITS)
    assert (0, 3, {"bad_id": 2, "too_many_attributes": 1}) == (
        accepted.items,
        accepted.rejected,
        accepted.reasons,
    )


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"\xff" * 9, "malformed or cut off"),
        (spans_request({}).SerializeToString()[:-3], "malformed or cut off"),
        (delimited(1, delimited(2, delimited(2, delimited(5, b"\xff")))), "not UTF-8"),
        (delimited(1, delimited(2, delimited(2, delimited(9, delimited(2, b""))))) + b"\n\x05", "malformed"),
    ],
)
def test_malformed_protobuf_is_refused_with_a_reason(body: bytes, said: str) -> None:
    """The message tells bad text from bad bytes."""
    with pytest.raises(BadRequest, match=said):
        accept("traces", body, "protobuf", LIMITS)


@pytest.mark.parametrize(("levels", "fits"), [(47, True), (48, False), (3000, False)])
def test_nesting_is_bounded_by_the_parser(levels: int, fits: bool) -> None:
    """47 nested arrays pass; deeper ones are refused by name."""
    value = delimited(1, b"x")
    for _ in range(levels):
        value = delimited(5, delimited(1, value))
    attribute = delimited(9, delimited(1, b"k") + delimited(2, value))
    span = delimited(1, b"t" * 16) + delimited(2, b"s" * 8) + attribute
    body = delimited(1, delimited(2, delimited(2, span)))
    if fits:
        assert 1 == accept("traces", body, "protobuf", LIMITS).items
    else:
        with pytest.raises(BadRequest, match="nest more than 100 deep"):
            accept("traces", body, "protobuf", LIMITS)


@pytest.mark.parametrize("signal", ["traces", "logs", "metrics"])
def test_items_are_counted_and_capped(signal: str) -> None:
    """Spans, log records and data points count; more than the limit refuses the request."""
    item = {
        "traces": delimited(1, b"t" * 16) + delimited(2, b"s" * 8),
        "logs": delimited(3, b"INFO"),
        "metrics": delimited(1, b"name") + delimited(5, b"\n\x00\n\x00"),
    }[signal]
    each = 2 if signal == "metrics" else 1

    def body(n: int) -> bytes:
        return delimited(1, delimited(2, delimited(2, item) * n))

    assert 30 * each == accept(signal, body(30), "protobuf", LIMITS).items
    with pytest.raises(TooManyItems, match="more than 100 items"):
        accept(signal, body(101), "protobuf", LIMITS)


def test_an_invalid_trace_id_of_a_log_record_is_no_reason_to_reject_it() -> None:
    """A log record with an invalid id belongs to no trace, says the log data model."""
    body = delimited(1, delimited(2, delimited(2, delimited(9, b"short"))))
    assert (body, 1, 0) == accept("logs", body, "protobuf", LIMITS)[:3]


@pytest.mark.parametrize(
    ("signal", "bomb"),
    [
        ("traces", delimited(1, delimited(2, b"\x12\x00" * (2 << 20)))),
        ("traces", b"\x0a\x00" * (2 << 20)),
        ("traces", delimited(1, b"\x12\x00" * (2 << 20))),
        ("traces", delimited(1, delimited(2, delimited(2, b"\x4a\x00" * (2 << 20))))),
        ("metrics", delimited(1, delimited(2, delimited(2, delimited(5, b"\x0a\x00" * (2 << 20)))))),
    ],
    ids=["spans", "resources", "scopes", "attributes", "data points"],
)
def test_bombs_are_refused_before_they_are_parsed(signal: str, bomb: bytes) -> None:
    """4 MiB of empty messages would be two million objects; the walk stops at the limit."""
    limits = Limits()
    with pytest.raises(TooManyItems):
        guard_counts(signal, bomb, limits.items, 64 * limits.span_attributes)
    with pytest.raises(TooManyItems):
        accept(signal, bomb, "protobuf", limits)


def test_the_walk_leaves_malformed_bytes_to_the_parser() -> None:
    """Cut-off lengths, endless varints, groups and fixed fields neither crash nor hide a count."""
    filler = delimited(9, bytes(1 << 20))
    for odd in (b"\x0a\xff", b"\xff" * 20, b"\x0b\x0c", b"\x0d1234", b"\x09" + b"8" * 8, b"\x08\x80\x01"):
        guard_counts("traces", filler + odd, 100, 100)
        guard_counts("traces", filler + delimited(1, odd), 100, 100)
    with pytest.raises(TooManyItems):
        guard_counts("traces", filler + b"\x0b" + b"\x0a\x00" * 101 + b"\x0c", 100, 100)
    assert 1 << 20 < len(filler)


def no_limit(size: int) -> None:
    """Take any number of bytes."""


@pytest.mark.parametrize("parts", [[b"abc"], [b""], [b"abc" * 999, b"", b"def"]])
def test_gzip_members_in_a_row_are_one_body(parts: list[bytes]) -> None:
    """As RFC 1952 has it; zero padding behind the last is allowed."""
    packed = b"".join(gzip.compress(part) for part in parts)
    assert (
        b"".join(parts) == inflate(packed, 10_000, no_limit) == inflate(packed + bytes(9), 10_000, no_limit)
    )


GOOD = gzip.compress(b"payload" * 99, mtime=0)  # the same in every worker: it names the tests


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"plain text",
        GOOD[:5],
        GOOD[:-9],
        GOOD[:-1],
        GOOD[:-8] + b"wrongcrc",
        GOOD + b"garbage",
        GOOD[:12] + b"\xff" * 30,
    ],
)
def test_broken_gzip_is_refused(body: bytes) -> None:
    """Not gzip, cut off, a wrong checksum and garbage behind are all bad requests."""
    with pytest.raises(BadRequest, match="gzip"):
        inflate(body, 10_000, no_limit)


def test_inflating_stops_at_the_cap_and_at_the_budget() -> None:
    """A bomb costs the cap at most, and the budget is asked step by step."""
    bomb = gzip.compress(bytes(32 << 20), 1)
    with pytest.raises(TooLarge, match="inflates to more than 1000000 bytes"):
        inflate(bomb, 1_000_000, no_limit)
    assert 700 == len(inflate(gzip.compress(b"x" * 700), 700, no_limit))
    taken = []

    def budget(size: int) -> None:
        taken.append(size)
        if sum(taken) > 3 << 20:
            raise Unavailable("full")

    with pytest.raises(Unavailable):
        inflate(bomb, 64 << 20, budget)
    assert sum(taken) <= 5 << 20
