"""Metric points are stored as sent, one row each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric

from benchmarks.spans import set_attribute
from ingest.metrics import pivot_metrics
from spotlight.model import METRICS
from tests.ingest.otlp import RECEIVED_NS, STARTED_NS, records

ROOT = Path(__file__).resolve().parents[2]
CAPTURES = sorted(
    [*(ROOT / "sample_traces").glob("*/*metrics.binpb"), *(ROOT / "tests/captures").glob("*/*metrics.binpb")]
)


def metric_request(metric: Metric) -> bytes:
    """Return a request of one metric."""
    message = ExportMetricsServiceRequest()
    resource_metrics = message.resource_metrics.add()
    set_attribute(resource_metrics.resource.attributes, "service.name", "app")
    resource_metrics.scope_metrics.add(metrics=[metric]).scope.name = "meter"
    return message.SerializeToString()


def row_of(metric: Metric) -> dict[str, Any]:
    """Return the one row of a metric with one point."""
    pivoted = pivot_metrics(records([metric_request(metric)], "metrics"))
    assert METRICS.schema == pivoted.rows.schema
    (row,) = pivoted.rows.to_pylist()
    return dict(row)


def test_a_sum_keeps_its_exact_integer() -> None:
    """An integer beyond 2^53 is exact in value_int; temporality and monotony are words."""
    metric = Metric(name="tokens", unit="{token}")
    point = metric.sum.data_points.add(as_int=2**53 + 1, time_unix_nano=STARTED_NS, start_time_unix_nano=5)
    set_attribute(point.attributes, "gen_ai.token.type", "input")
    metric.sum.aggregation_temporality, metric.sum.is_monotonic = 1, True
    row = row_of(metric)
    expected = {
        "name": "tokens", "unit": "{token}", "type": "sum", "temporality": "delta", "is_monotonic": True,
        "value_int": 2**53 + 1, "time_ns": STARTED_NS, "start_ns": 5, "count": None, "buckets": None,
        "service_name": "app", "scope_name": "meter", "received_ns": RECEIVED_NS,
    }  # fmt: skip
    assert expected == {name: row[name] for name in expected}
    assert {"gen_ai.token.type": "input"} == json.loads(row["attributes"])


def test_a_gauge_of_nan_has_no_value() -> None:
    """NaN is unknown: no sum may meet it."""
    metric = Metric(name="load")
    metric.gauge.data_points.add(as_double=float("nan"))
    assert (None, None, "gauge", None) == tuple(
        row_of(metric)[n] for n in ("value", "value_int", "type", "unit")
    )


def test_a_histogram_keeps_bounds_and_counts() -> None:
    """Sum and count are columns, the buckets JSON."""
    metric = Metric(name="duration")
    metric.histogram.data_points.add(
        sum=7.5, count=3, explicit_bounds=[1, 2], bucket_counts=[1, 1, 1], min=0.5
    )
    metric.histogram.aggregation_temporality = 2
    row = row_of(metric)
    assert (7.5, 3, "cumulative") == (row["value"], row["count"], row["temporality"])
    assert {"bounds": [1.0, 2.0], "counts": [1, 1, 1], "min": 0.5} == json.loads(row["buckets"])


def test_an_exponential_histogram_keeps_its_scale() -> None:
    """Scale, zero bucket and both sides are in the JSON."""
    metric = Metric(name="duration")
    point = metric.exponential_histogram.data_points.add(count=2, scale=3, zero_count=1)
    point.positive.offset = -2
    point.positive.bucket_counts.extend([4, 5])
    buckets = json.loads(row_of(metric)["buckets"])
    assert (3, 1, {"offset": -2, "counts": [4, 5]}) == tuple(
        buckets[n] for n in ("scale", "zero_count", "positive")
    )


def test_a_summary_keeps_its_quantiles() -> None:
    """Sum and count are columns, the quantiles JSON."""
    metric = Metric(name="latency")
    metric.summary.data_points.add(sum=4, count=2).quantile_values.add(quantile=0.5, value=2)
    row = row_of(metric)
    assert (4.0, 2) == (row["value"], row["count"])
    assert {"quantiles": [{"quantile": 0.5, "value": 2.0}]} == json.loads(row["buckets"])


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_every_recorded_point_is_a_row(path: Path) -> None:
    """Recorded metrics give one row per point, each with a type, a time and a value or count."""
    request = ExportMetricsServiceRequest.FromString(path.read_bytes())
    metrics = [m for r in request.resource_metrics for s in r.scope_metrics for m in s.metrics]
    points = sum(len(getattr(metric, metric.WhichOneof("data") or "sum").data_points) for metric in metrics)
    rows = pivot_metrics(records([path.read_bytes()], "metrics")).rows.to_pylist()
    assert points == len(rows)
    assert all(row["time_ns"] and row["type"] and row["value"] is not None for row in rows)


def test_a_hostile_request_dies_alone() -> None:
    """Its neighbours' points are all there."""
    metric = Metric(name="x")
    metric.sum.data_points.add(as_int=1)
    good = metric_request(metric)
    pivoted = pivot_metrics(records([good, b"\xff", good], "metrics"))
    assert ([0, 20], [b"\xff"]) == (
        pivoted.rows.column("journal_position").to_pylist(),
        [record.body for record in pivoted.dead],
    )


def test_no_points_are_no_rows() -> None:
    """A metric without data and no request at all give no rows."""
    pivoted = pivot_metrics(records([metric_request(Metric(name="empty")), b""], "metrics"))
    assert (0, METRICS.schema, []) == (pivoted.rows.num_rows, pivoted.rows.schema, pivoted.dead)
