"""Receipts per source: requests, items and attribute keys, each counted where it belongs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa

from ingest.batches import Made, SeenRequests, make_batch
from ingest.commit import Committer
from ingest.key_counts import KEY_CHARACTERS, fold
from ingest.pivot import pivot_traces
from ingest.source_counts import MOST_KEYS, SourceRows, source_rows
from spotlight.lake import Lake, Reader, Scope, Stretch
from spotlight.lake.maintenance import MIN_FILES, maintain
from spotlight.pricing import default_book
from tests.ingest.otlp import records, request

OPENINFERENCE = "openinference.instrumentation.openai"


def counted(bodies: list[bytes]) -> SourceRows:
    """Return what trace requests are counted as."""
    return source_rows(pivot_traces(records(bodies)).counts)


def sources(rows: pa.Table) -> dict[tuple[Any, Any], dict[str, Any]]:
    """Return the counts by (service, scope)."""
    return {(row["service_name"], row["scope_name"]): row for row in rows.to_pylist()}


def keys(rows: pa.Table) -> dict[str | None, tuple[bool, int, str | None]]:
    """Return (mapped, count, type) by key."""
    return {row["key"]: (row["mapped"], row["count"], row["type"]) for row in rows.to_pylist()}


def test_a_source_is_a_service_and_a_scope() -> None:
    """Requests, spans and attributes are counted per service and scope; what is not named is NULL."""
    bodies = [
        request({"a": 1, "b": 2}, scope="x", resource={"service.name": "one"}),
        request({"a": 1}, scope="x", resource={"service.name": "one"}),
        request({"a": 1}, scope="y", resource={"service.name": "one"}),
        request({}),
    ]
    found = sources(counted(bodies).sources)
    said = {key: (row["requests"], row["items"], row["attributes"]) for key, row in found.items()}
    assert {("one", "x"): (2, 2, 3), ("one", "y"): (1, 1, 1), (None, None): (1, 1, 0)} == said
    assert {"traces"} == {row["signal"] for row in found.values()}


def test_requests_are_counted_once_per_source() -> None:
    """One request of many spans is one request."""
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    both = ExportTraceServiceRequest()
    for scope in ("x", "y"):
        for _ in range(3):
            both.MergeFromString(request({}, scope=scope))
    found = sources(counted([both.SerializeToString()] * 2).sources)
    assert {(None, "x"): (2, 6), (None, "y"): (2, 6)} == {
        key: (row["requests"], row["items"]) for key, row in found.items()
    }


def test_keys_are_mapped_where_the_dialect_reads_them() -> None:
    """A key is mapped for the vocabulary that reads it; indexes count as one key; a type is named."""
    attributes = {
        "llm.model_name": "m", "llm.input_messages.0.message.role": "user",
        "llm.input_messages.1.message.role": "user", "openinference.span.kind": "LLM",
        "my.own": 3, "my.list": [1, 2], "my.map": {"a": 1}, "my.float": 1.5, "my.flag": True, "nothing": None,
    }  # fmt: skip
    found = counted([request(attributes, scope=OPENINFERENCE)])
    assert {
        "llm.model_name": (True, 1, "string"), "llm.input_messages.N.message.role": (True, 2, "string"),
        "openinference.span.kind": (True, 1, "string"), "my.own": (False, 1, "int"),
        "my.list": (False, 1, "list"), "my.map": (False, 1, "map"), "my.float": (False, 1, "double"),
        "my.flag": (False, 1, "bool"), "nothing": (False, 1, "empty"),
    } == keys(found.keys)  # fmt: skip
    row = found.sources.to_pylist()[0]
    assert (10, 4) == (row["attributes"], row["mapped_attributes"])


def test_one_key_can_be_known_to_one_dialect_only() -> None:
    """The same key in two sources is mapped in one and unmapped in the other."""
    bodies = [request({"llm.model_name": "m"}, scope=scope) for scope in (OPENINFERENCE, "pydantic-ai")]
    found = counted(bodies).keys.to_pylist()
    assert {OPENINFERENCE: True, "pydantic-ai": False} == {row["scope_name"]: row["mapped"] for row in found}


def test_folding_leaves_names_with_digits_alone() -> None:
    """Only whole indexes are folded; a key longer than any real one is cut."""
    pairs = {
        "a.0.b.12.c": "a.N.b.N.c",
        "a[3].b": "a[N].b",
        "k2.v1": "k2.v1",
        "llm.1h": "llm.1h",
        "a.7": "a.N",
    }
    assert pairs == {key: fold(key) for key in pairs}
    assert KEY_CHARACTERS + 1 == len(fold("x" * 5000))


def test_of_too_many_keys_the_rarest_come_together() -> None:
    """A source with endless keys fills no table: none is lost from the count."""
    hostile = [(f"<img src=x onerror=alert({i})>k{i}", 1) for i in range(MOST_KEYS + 50)]
    bodies = [request(hostile), request(hostile[:10])]
    found = counted(bodies).keys
    assert MOST_KEYS + 1 == found.num_rows
    assert (False, 50, None) == keys(found)[None]
    assert MOST_KEYS + 60 == sum(found.column("count").to_pylist())


def test_dropped_attributes_are_added_up() -> None:
    """What the client says it dropped is the source's sum."""

    def dropped(span: Any) -> None:
        span.dropped_attributes_count = 7

    rows = counted([request({"a": 1}, edit=dropped)] * 3).sources
    assert 21 == sum(rows.column("dropped_attributes").to_pylist())


def made(bodies: list[bytes], start: int, folder: Path, signal: str = "traces") -> Made:
    """Return the rows of one batch."""
    batch = Stretch("j", start, start + 1000)
    return make_batch(batch, records(bodies, signal), SeenRequests(), folder / "dead")


def test_spans_that_come_again_are_counted_at_their_source(tmp_path: Path) -> None:
    """The same span again is resent, with other content replaced; items count all that came."""
    lake = Lake(tmp_path / "lake")
    committer = Committer(lake, default_book())
    for start, value in ((0, 1), (1000, 1), (2000, 2)):
        committer.commit(made([request({"a": value}, scope="x")], start, tmp_path))
    query = "select sum(items) as items, sum(resent) as resent, sum(replaced) as replaced from sources"
    found = Reader(lake.folder, Scope()).query(query).to_pylist()[0]
    assert {"items": 3, "resent": 1, "replaced": 1} == {name: int(value) for name, value in found.items()}


def test_compaction_adds_counts_up_and_loses_none(tmp_path: Path) -> None:
    """Many small files of counts become one row per source and key, with the same sums."""
    lake = Lake(tmp_path / "lake")
    committer = Committer(lake, default_book())
    reader = Reader(lake.folder, Scope())
    query = """select (select count(*) from sources) as rows, (select sum(items) from sources) as items,
      (select sum(attributes) from sources) as attributes, (select sum("count") from source_keys) as counts,
      (select count(distinct key) from source_keys) as keys, (select max(received_ns) from sources) as last"""
    for i in range(MIN_FILES):
        committer.commit(made([request({"a": i, "b": 1}, name=f"{i}")], 1000 * i, tmp_path))
    before = reader.query(query).to_pylist()[0]
    assert maintain(lake) > 0
    after = reader.query(query).to_pylist()[0]
    assert MIN_FILES + 1 <= before.pop("rows")
    assert 1 == after.pop("rows")
    assert before == after
