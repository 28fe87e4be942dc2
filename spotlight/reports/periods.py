"""Periods that are held against each other."""

from __future__ import annotations

from spotlight.reports.filters import RunFilters
from spotlight.reports.questions import Reports


def period_before(reports: Reports, filters: RunFilters) -> RunFilters | None:
    """Return the same filters for the period of equal length before; None where they name no start.

    A period without an end ends with its newest run.
    """
    if filters.since_ns is None:
        return None
    until = filters.until_ns
    if until is None:
        newest = reports.runs(filters._replace(order="newest"), limit=1).column("started_ns").to_pylist()
        until = newest[0] + 1 if newest and newest[0] is not None else None
    if until is None or until <= filters.since_ns:
        return None
    return filters._replace(since_ns=filters.since_ns - (until - filters.since_ns), until_ns=filters.since_ns)
