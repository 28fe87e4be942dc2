"""Packs and their versions, with what ran under them."""

from __future__ import annotations

from typing import Any, Final

import pyarrow as pa

from spotlight.reports.columns import COUNT, NUMBER, TEXT, TEXTS, Made, answer, estimates, plain
from spotlight.reports.filters import RunFilters
from spotlight.reports.quality import success_by
from spotlight.reports.questions import Reports
from spotlight.reports.scorecard import Compared, Scorecard, scorecard
from spotlight.reports.statistics import Estimate, share

__all__ = ["Compared", "Scorecard", "scorecard", "versions", "versions_over_time"]

_HOUR_NS: Final = 3_600 * 10**9
_NOT_JUDGED: Final = {"judged": 0, "success_rate": None, "low": None, "high": None}


def versions(reports: Reports, filters: RunFilters, limit: int = 500) -> pa.Table:
    """Return packs and versions of the matching runs, the newest first.

    Columns: pack_name, pack_version, runs, failed, incomplete, failure_rate, failure_low, failure_high (of
    the runs that ended), cost_usd, cost_per_run_usd (of the priced runs), priced_runs,
    unpriced_generations, p50_ms, p95_ms, ttft_p50_ms, judged_runs, success_rate, success_low,
    success_high, first_ns, last_ns, sessions, users, same_version_different_content, digests (list).
    """
    rows = reports.ask("versions", filters.params() | {"limit": limit}).to_pylist()
    judged = {
        (row["pack"], row["version"]): row
        for row in success_by(reports, filters, ("pack", "version")).to_pylist()
    }
    contents = {
        (row["pack_name"], row["pack_version"]): row
        for row in reports.packs(filters.pack_name, limit=100_000).to_pylist()
    }
    success, failure = [], []
    for row in rows:
        key = (row["pack_name"], row["pack_version"])
        found: dict[str, Any] = judged.get(key, _NOT_JUDGED)
        success.append(Estimate(found["success_rate"], found["low"], found["high"], found["judged"]))
        failure.append(share(row["failed"], row["runs"] - row["incomplete"]))
        content: dict[str, Any] = contents.get(key, {})
        row["digests"] = content.get("digests")
        row["same_version_different_content"] = content.get("same_version_different_content", False)
    return answer(
        plain(rows, TEXT, "pack_name", "pack_version"),
        plain(rows, COUNT, "runs", "failed", "incomplete"),
        estimates("failure_rate", failure, "failure_low", "failure_high"),
        plain(rows, NUMBER, "cost_usd", "cost_per_run_usd"),
        plain(rows, COUNT, "priced_runs", "unpriced_generations"),
        plain(rows, NUMBER, "p50_ms", "p95_ms", "ttft_p50_ms"),
        [Made("judged_runs", COUNT, [found.n for found in success])],
        estimates("success_rate", success, "success_low", "success_high"),
        plain(rows, COUNT, "first_ns", "last_ns", "sessions", "users"),
        plain(rows, pa.bool_(), "same_version_different_content"),
        plain(rows, TEXTS, "digests"),
    )


def versions_over_time(reports: Reports, filters: RunFilters, hours: int = 24) -> pa.Table:
    """Return runs and failures of every version in stretches of `hours`, counted from 1970 UTC.

    Columns: pack_name, pack_version, from_ns, runs, failed; stretches without runs are left out.
    """
    return reports.ask("versions_over_time", filters.params() | {"stretch_ns": hours * _HOUR_NS})
