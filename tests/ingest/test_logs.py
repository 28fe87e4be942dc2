"""Log records are stored as sent: body, attributes, times, ids."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord

from benchmarks.spans import set_attribute, set_value
from ingest.logs import pivot_logs
from spotlight.model import LOGS
from tests.ingest.otlp import RECEIVED_NS, STARTED_NS, records
from tests.ingest.reference import plain, plain_all, typed

ROOT = Path(__file__).resolve().parents[2]
CAPTURES = sorted(
    [*(ROOT / "sample_traces").glob("*/*logs.binpb"), *(ROOT / "tests/captures").glob("*/*logs.binpb")]
)


def log_request(**fields: Any) -> bytes:
    """Return a request of one log record with these fields."""
    message = ExportLogsServiceRequest()
    resource_logs = message.resource_logs.add()
    set_attribute(resource_logs.resource.attributes, "service.name", "app")
    scope_logs = resource_logs.scope_logs.add()
    scope_logs.scope.name = "logger"
    body, attributes = fields.pop("body", None), fields.pop("attributes", {})
    record = scope_logs.log_records.add(**fields)
    if body is not None:
        set_value(record.body, body)
    for key, value in attributes.items():
        set_attribute(record.attributes, key, value)
    return message.SerializeToString()


def rows_of(*bodies: bytes) -> list[dict[str, Any]]:
    """Return the log rows of these requests."""
    pivoted = pivot_logs(records(bodies, "logs"))
    assert LOGS.schema == pivoted.rows.schema
    assert [] == pivoted.dead
    return pivoted.rows.to_pylist()


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_recorded_logs_read_as_the_official_classes_do(path: Path) -> None:
    """Every field of what real clients sent is in its row."""
    request = ExportLogsServiceRequest.FromString(path.read_bytes())
    expected = [
        _expected(record, plain_all(resource.resource), scope.scope.name)
        for resource in request.resource_logs
        for scope in resource.scope_logs
        for record in scope.log_records
    ]
    actual = rows_of(path.read_bytes())
    for row in actual:
        for name in ("body", "attributes", "resource"):
            row[name] = None if row[name] is None else typed(json.loads(row[name]))
    assert expected == [{name: row[name] for name in expected[0]} for row in actual]


def _expected(record: LogRecord, resource: dict[str, Any], scope: str) -> dict[str, Any]:
    attributes = plain_all(record)
    body = typed(plain(record.body)) if record.body.WhichOneof("value") else None
    return {
        "time_ns": record.time_unix_nano or record.observed_time_unix_nano or RECEIVED_NS,
        "observed_ns": record.observed_time_unix_nano or None,
        "trace_id": record.trace_id.hex() or None,
        "span_id": record.span_id.hex() or None,
        "event_name": record.event_name or attributes.get("event.name"),
        "severity": record.severity_number or None,
        "severity_text": record.severity_text or None,
        "body": body,
        "attributes": typed(attributes),
        "resource": typed(resource),
        "service_name": resource.get("service.name"),
        "scope_name": scope or None,
    }


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("text", '"text"'),
        ("", '""'),
        (5, "5"),
        (2.0, "2.0"),
        (True, "true"),
        ([1, "x"], '[1,"x"]'),
        ({"content": "hi"}, '{"content":"hi"}'),
        (b"\x00\xff", '"AP8="'),
        (None, None),
    ],
)
def test_bodies_become_json(body: Any, expected: str | None) -> None:
    """A body of any type is JSON text; no body is NULL."""
    assert expected == rows_of(log_request(body=body))[0]["body"]


def test_the_event_name_is_the_field_else_the_attribute() -> None:
    """The attribute stays among the attributes either way."""
    attributes = {"event.name": "from attribute"}
    named, unnamed = rows_of(
        log_request(event_name="from field", attributes=attributes), log_request(attributes=attributes)
    )
    assert ["from field", "from attribute"] == [named["event_name"], unnamed["event_name"]]
    assert attributes == json.loads(named["attributes"]) == json.loads(unnamed["attributes"])


@pytest.mark.parametrize(
    ("time", "observed", "expected", "day"),
    [
        (STARTED_NS, STARTED_NS + 1, STARTED_NS, "2026-11-20"),
        (0, STARTED_NS, STARTED_NS, "2026-11-20"),
        (0, 0, RECEIVED_NS, "2026-11-21"),
        (2**64 - 1, 0, RECEIVED_NS, "2026-11-21"),
        (5, 0, 5, "2026-11-21"),
    ],
)
def test_time_is_the_events_else_the_observers_else_the_arrival(
    time: int, observed: int, expected: int, day: str
) -> None:
    """The day of a time out of reason is that of the arrival."""
    (row,) = rows_of(log_request(time_unix_nano=time, observed_time_unix_nano=observed))
    assert (expected, day) == (row["time_ns"], str(row["date"]))


def test_a_hostile_request_dies_alone() -> None:
    """Its neighbours' records are all there, with their own positions."""
    pivoted = pivot_logs(records([log_request(body=1), b"\xff", log_request(body=2)], "logs"))
    assert (["1", "2"], [0, 20]) == tuple(
        pivoted.rows.column(name).to_pylist() for name in ("body", "journal_position")
    )
    assert [b"\xff"] == [record.body for record in pivoted.dead]
