"""Recorded metric points -> the metrics that OTLP sends them in.

What Spotlight does not keep of them cannot be sent again: descriptions, scope versions, exemplars, flags.
Source: opentelemetry-proto 1.9, metrics/v1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import orjson

Point = dict[str, Any]

_KINDS: Final = {
    "gauge": "gauge", "sum": "sum", "histogram": "histogram",
    "exponential_histogram": "exponentialHistogram", "summary": "summary",
}  # fmt: skip
_TEMPORALITIES: Final = {"delta": 1, "cumulative": 2}
# What tells metrics of one scope apart.
_OF_A_METRIC: Final = ("name", "unit", "type", "temporality", "is_monotonic")


def metrics_of(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the metrics of one scope with their points, in the order in which each came first.

    A row's `attributes` are OTLP's list of keys and values already.
    """
    found: dict[tuple[Any, ...], list[Point]] = {}
    for row in rows:
        found.setdefault(tuple(row[name] for name in _OF_A_METRIC), []).append(_point(row))
    return [_metric(key, points) for key, points in found.items()]


def _metric(key: tuple[Any, ...], points: list[Point]) -> dict[str, Any]:
    name, unit, kind, temporality, rises = key
    data: dict[str, Any] = {"dataPoints": points}
    if temporality is not None:
        data["aggregationTemporality"] = _TEMPORALITIES[temporality]
    if rises is not None:
        data["isMonotonic"] = rises
    return {"name": name, "unit": unit or "", _KINDS[kind]: data}


def _point(row: Mapping[str, Any]) -> Point:
    said = {
        "attributes": row["attributes"],
        "startTimeUnixNano": _text(row["start_ns"]),
        "timeUnixNano": _text(row["time_ns"]),
        **(_number(row) if row["type"] in ("gauge", "sum") else _buckets(row)),
    }
    return {key: value for key, value in said.items() if value is not None}


def _number(row: Mapping[str, Any]) -> Point:
    return {"asInt": _text(row["value_int"])} if row["value_int"] is not None else {"asDouble": row["value"]}


def _buckets(row: Mapping[str, Any]) -> Point:
    kept = orjson.loads(row["buckets"] or "{}")
    said = {"sum": row["value"], "count": _text(row["count"]), "min": kept.get("min"), "max": kept.get("max")}
    if row["type"] == "histogram":
        counts = [str(count) for count in kept["counts"]]
        return said | {"explicitBounds": kept["bounds"], "bucketCounts": counts}
    if row["type"] == "summary":
        return said | {"quantileValues": kept["quantiles"]}
    return said | {
        "scale": kept["scale"],
        "zeroCount": str(kept["zero_count"]),
        "zeroThreshold": kept["zero_threshold"],
        **{side: _side(kept[side]) for side in ("positive", "negative")},
    }


def _side(kept: Mapping[str, Any]) -> dict[str, Any]:
    return {"offset": kept["offset"], "bucketCounts": [str(count) for count in kept["counts"]]}


def _text(number: int | None) -> str | None:
    return None if number is None else str(number)
