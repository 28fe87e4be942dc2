"""decode reads whole batches fast, and tells the good from the bad one by one when it must."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest import decode as module
from ingest.decode import decode
from tests.ingest.otlp import request, span_with

PANIC = b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"
GOOD = request({"a": 1})


def test_living_requests_are_the_rows_in_order() -> None:
    """Row i is the i-th living request; the others are named by index."""
    decoded = decode("traces", [b"\xff", GOOD, PANIC, b"", GOOD])
    assert (3, [0, 2]) == (decoded.batch.num_rows, decoded.dead)


def test_only_dead_requests_leave_no_rows() -> None:
    """A batch of nothing readable is an empty batch."""
    decoded = decode("traces", [PANIC, b"\xff"])
    assert (0, [0, 1]) == (decoded.batch.num_rows, decoded.dead)


def test_no_requests_are_no_rows() -> None:
    """An empty list is fine."""
    assert (0, []) == (decode("logs", []).batch.num_rows, decode("logs", []).dead)


def test_canonical_form_drops_what_no_reader_knows() -> None:
    """Rewritten by the official class, a value set twice holds its last member only."""
    twice = span_with(b"\x0a\x05first\x18\x07")
    spans = (
        decode("traces", [twice], canonical=True).batch.column(0).values.field("scopes").values.field("items")
    )
    assert b"\x18\x07" == spans.values.field("attributes").values.field("value")[0].as_py()


def test_an_interrupt_is_not_swallowed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C during a read ends the program, it does not start the careful way."""

    def interrupted(signal: str, bodies: list[bytes]) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "_read", interrupted)
    with pytest.raises(KeyboardInterrupt):
        decode("traces", [GOOD])


@pytest.mark.parametrize("signal", ["traces", "logs"])
def test_recorded_requests_are_read_alike_both_ways(signal: str) -> None:
    """The fast way and the canonical way give equal batches for what real clients send."""
    samples = Path(__file__).resolve().parents[2] / "sample_traces"
    bodies = [path.read_bytes() for path in sorted(samples.glob(f"*/*{signal}.binpb"))]
    assert bodies
    assert decode(signal, bodies).batch.equals(decode(signal, bodies, canonical=True).batch)
