"""Metric requests -> rows of `metrics`: one per data point, kept as sent.

Metrics are few beside spans, so the official protobuf classes read them.

Source: opentelemetry-proto 1.9, metrics/v1.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.metrics.v1.metrics_pb2 import AggregationTemporality, Metric

from ingest import envelope
from ingest.arrow import array
from ingest.jsontext import dump, finite_or_name, plain_attributes
from ingest.segments import Record
from spotlight.model import METRICS
from spotlight.semconv import SERVICE_NAME

_TEMPORALITIES: Final[dict[int, str]] = {
    AggregationTemporality.AGGREGATION_TEMPORALITY_DELTA: "delta",
    AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE: "cumulative",
}

Row = dict[str, Any]


class PivotedRows(NamedTuple):
    """Rows in the order sent, and the requests nobody can read."""

    rows: pa.Table
    dead: list[Record]


def pivot_metrics(records: Sequence[Record]) -> PivotedRows:
    """Return the rows of metric requests; a request the official class refuses is dead."""
    rows: list[Row] = []
    dead: list[Record] = []
    for record in records:
        try:
            request = ExportMetricsServiceRequest.FromString(record.body)
        except DecodeError:
            dead.append(record)
            continue
        rows.extend(_rows(request, record))
    return PivotedRows(_table(rows), dead)


def _table(rows: Sequence[Row]) -> pa.Table:
    times = np.array([row["time_ns"] for row in rows], np.uint64)
    starts = np.array([row["start_ns"] for row in rows], np.uint64)
    received = np.array([row["received_ns"] for row in rows], np.int64)
    derived = {
        "time_ns": envelope.nanoseconds(times),
        "start_ns": envelope.nanoseconds(starts),
        "date": envelope.partition_days(times, received).dates,
    }
    for field in METRICS.schema:
        if field.name not in derived:
            derived[field.name] = array([row.get(field.name) for row in rows], field.type)
    return pa.table([derived[name] for name in METRICS.schema.names], schema=METRICS.schema)


def _rows(request: ExportMetricsServiceRequest, record: Record) -> Iterator[Row]:
    for resource_metrics in request.resource_metrics:
        resource = plain_attributes(resource_metrics.resource.attributes)
        service = resource.get(SERVICE_NAME)
        shared: Row = {
            "tenant": record.tenant,
            "received_ns": record.received_ns,
            "journal_position": record.position,
            "service_name": service if service is None or isinstance(service, str) else dump(service),
            "resource": dump(resource),
        }
        for scope_metrics in resource_metrics.scope_metrics:
            shared["scope_name"] = scope_metrics.scope.name or None
            for metric in scope_metrics.metrics:
                for row in _points(metric):
                    yield {**shared, **row, "name": metric.name, "unit": metric.unit or None}


def _points(metric: Metric) -> Iterator[Row]:
    """Return what the points of a metric say, by the kind of metric; nothing for an unknown kind."""
    kind = metric.WhichOneof("data")
    if kind is None:
        return
    data = getattr(metric, kind)
    for point in data.data_points:
        row: Row = {
            "type": kind,
            "time_ns": point.time_unix_nano,
            "start_ns": point.start_time_unix_nano,
            "attributes": dump(plain_attributes(point.attributes)),
            "temporality": _TEMPORALITIES.get(getattr(data, "aggregation_temporality", 0)),
            "is_monotonic": data.is_monotonic if kind == "sum" else None,
        }
        yield {**row, **_READERS[kind](point)}


def _number(point: Any) -> Row:
    which = point.WhichOneof("value")
    if which is None:
        return {}
    value = getattr(point, which)
    return {"value": _finite(float(value)), "value_int": value if which == "as_int" else None}


def _histogram(point: Any) -> Row:
    buckets = {
        "bounds": [finite_or_name(bound) for bound in point.explicit_bounds],
        "counts": list(point.bucket_counts),
        **_extremes(point),
    }
    return {**_summed(point), "buckets": dump(buckets)}


def _exponential_histogram(point: Any) -> Row:
    buckets = {
        "scale": point.scale,
        "zero_count": point.zero_count,
        "zero_threshold": finite_or_name(point.zero_threshold),
        "positive": {"offset": point.positive.offset, "counts": list(point.positive.bucket_counts)},
        "negative": {"offset": point.negative.offset, "counts": list(point.negative.bucket_counts)},
        **_extremes(point),
    }
    return {**_summed(point), "buckets": dump(buckets)}


def _summary(point: Any) -> Row:
    quantiles = [
        {"quantile": finite_or_name(each.quantile), "value": finite_or_name(each.value)}
        for each in point.quantile_values
    ]
    return {"value": _finite(point.sum), "count": _count(point), "buckets": dump({"quantiles": quantiles})}


_READERS: Final = {
    "gauge": _number,
    "sum": _number,
    "histogram": _histogram,
    "exponential_histogram": _exponential_histogram,
    "summary": _summary,
}


def _summed(point: Any) -> Row:
    return {"value": _finite(point.sum) if point.HasField("sum") else None, "count": _count(point)}


def _extremes(point: Any) -> Row:
    return {name: finite_or_name(getattr(point, name)) for name in ("min", "max") if point.HasField(name)}


def _count(point: Any) -> int | None:
    return point.count if point.count < 2**63 else None


def _finite(value: float) -> float | None:
    """Return the value; None for NaN and Infinity, which no sum may meet."""
    return value if math.isfinite(value) else None
