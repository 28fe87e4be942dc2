"""Filters as the query of an address, and back: every figure links to the runs behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlencode

from dashboards.text import one_line
from spotlight.errors import SpotlightError
from spotlight.reports import RunFilters
from spotlight.reports.moments import moment_ns

RUNS_PATH: Final = "/runs"
# Key of the query -> field of RunFilters, for the fields that hold a text.
TEXT_FIELDS: Final = {
    "q": "query",
    "pack": "pack_name",
    "version": "pack_version",
    "session": "session_id",
    "user": "user_id",
    "tenant": "tenant_claimed",
    "env": "environment",
    "feature": "feature",
    "surface": "surface",
    "replay_of": "replay_of",
    "variant": "variant",
    "experiment": "experiment_id",
    "agent": "agent_name",
    "model": "model",
}
TIME_FIELDS: Final = {"since": "since_ns", "until": "until_ns"}
NUMBER_FIELDS: Final = {"min_ms": "min_ms", "max_ms": "max_ms"}
STATUS: Final = "status"
# What the list of runs may be narrowed or ordered by.
LIST_KEYS: Final = (*TEXT_FIELDS, STATUS, *TIME_FIELDS, *NUMBER_FIELDS, "time", "order", "page", "other")
# What names a failure in the address of its page: key -> field of `Failure`; what no error said is left out.
FAILURE_KEYS: Final = {"signature": "signature", "step": "step", "type": "error_type"}


def time_text(ns: int) -> str:
    """Return a time, ns UTC, as ISO 8601 with nine decimals, or with none where it is a whole second."""
    seconds, rest = divmod(ns, 1_000_000_000)
    told = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return told + (f".{rest:09d}" if rest else "") + "Z"


def query_of(filters: RunFilters) -> dict[str, list[str]]:
    """Return the query that says these filters; the order and `other` left out."""
    said: dict[str, list[str]] = {STATUS: list(filters.status)} if filters.status else {}
    for key, field in TEXT_FIELDS.items():
        if (value := getattr(filters, field)) is not None:
            said[key] = [value]
    for key, field in TIME_FIELDS.items():
        if (value := getattr(filters, field)) is not None:
            said[key] = [time_text(value)]
    for key, field in NUMBER_FIELDS.items():
        if (value := getattr(filters, field)) is not None:
            said[key] = [repr(float(value))]
    return said


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise SpotlightError(f"{one_line(text)!r} is no duration", hint="a number of milliseconds")
    return value


def filters_of(query: Mapping[str, Sequence[str]], now_ns: int) -> RunFilters:
    """Return the filters that a query says; times may also be said as `moment_ns` reads them: 7d, yesterday.

    Raises: SpotlightError for what is no time or duration.
    """
    said: dict[str, Any] = {}
    for key, field in TEXT_FIELDS.items():
        if texts := [value for value in query.get(key, ()) if value]:
            said[field] = texts[0]
    for key, field in TIME_FIELDS.items():
        if values := query.get(key):
            said[field] = moment_ns(values[0], now_ns)
    for key, field in NUMBER_FIELDS.items():
        if values := query.get(key):
            said[field] = _number(values[0])
    return RunFilters(**said, status=tuple(query.get(STATUS, ())))


def address(path: str, query: Mapping[str, Sequence[str]]) -> str:
    """Return an address of ours."""
    written = urlencode([(key, value) for key, values in query.items() for value in values])
    return f"{path}?{written}" if written else path
