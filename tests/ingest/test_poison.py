"""One request that reading cannot stand is set aside; everyone else's rows are made."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest import batches
from ingest.batches import SeenRequests, make_batch
from ingest.pivot import Pivoted, pivot_traces
from ingest.segments import Record
from spotlight.lake import Stretch
from tests.ingest.otlp import request

POISON = b"poison"


def fails_on_poison(records: list[Record]) -> Pivoted:
    """Stand in for a fault of ours that only one request's content brings out."""
    if any(POISON in record.body for record in records):
        raise RecursionError("a fault that nobody has met yet")
    return pivot_traces(records)


def test_a_request_that_breaks_reading_is_buried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its body is kept in `dead`, a receipt says so, and the other requests are stored."""
    bodies = [request({"n": n}, name=f"span {n}") for n in range(5)]
    bodies.insert(3, request({"text": POISON.decode()}, name="the one"))
    records = [Record(10 * n, 10 * n + 9, 1, "traces", "default", body) for n, body in enumerate(bodies)]
    monkeypatch.setattr(batches, "pivot_traces", fails_on_poison)
    made = make_batch(Stretch("j", 0, 60), records, SeenRequests(), tmp_path / "dead")
    assert [f"span {n}" for n in range(5)] == made.spans.column("name").to_pylist()
    assert [bodies[3]] == [path.read_bytes() for path in (tmp_path / "dead").iterdir()]
    assert {("accepted", 5, 5), ("dead", 1, 0)} == {(r.outcome, r.requests, r.items) for r in made.receipts}
