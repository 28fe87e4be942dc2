"""Two sets of runs side by side, metric by metric: two versions, or two periods."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from spotlight.reports.filters import RunFilters
from spotlight.reports.quality import scores_by_name, success_by
from spotlight.reports.questions import Reports
from spotlight.reports.scored import better_by_name
from spotlight.reports.statistics import (
    FEWEST,
    UNKNOWN,
    Better,
    Difference,
    Estimate,
    Word,
    difference,
    mean,
    quantile,
    share,
    word,
)


class Compared(NamedTuple):
    """One metric of two sets of runs: what it was, what it is, what that says."""

    name: str
    title: str
    unit: str  # share, usd, ms, tokens, score
    better: Better
    before: Estimate
    after: Estimate
    difference: Difference
    relative: float | None  # difference / before
    margin: float  # how much worse still counts as not worse, in the unit
    word: Word
    note: str  # why it cannot tell, or what is unknown of either side; "" for nothing


class Scorecard(NamedTuple):
    """Two sets of runs side by side; `summary` is one sentence for a person."""

    before: RunFilters
    after: RunFilters
    before_runs: int
    after_runs: int
    rows: tuple[Compared, ...]
    summary: str


class _Measure(NamedTuple):
    name: str
    title: str
    unit: str
    better: Better
    of: str  # what n counts


_MEASURES: Final = (
    _Measure("failure_rate", "Runs that failed", "share", "lower", "ended runs"),
    _Measure("task_success", "Runs that did their task", "share", "higher", "judged runs"),
    _Measure("cost_per_run", "Cost per run", "usd", "lower", "priced runs"),
    _Measure("tokens_per_run", "Tokens per run", "tokens", "lower", "runs with usage"),
    _Measure("p50", "Duration, median", "ms", "lower", "runs with an end"),
    _Measure("p95", "Duration, 95th percentile", "ms", "lower", "runs with an end"),
    _Measure("first_token", "Time to first token, median", "ms", "lower", "runs that stream"),
    _Measure("tool_error_rate", "Tool calls that failed", "share", "lower", "tool calls"),
    _Measure("retry_rate", "Runs that tried a step again", "share", "lower", "runs with calls"),
)


def scorecard(
    reports: Reports,
    before: RunFilters,
    after: RunFilters,
    *,
    margin: float = 0.05,
    share_margin: float = 0.02,
) -> Scorecard:
    """Return two versions (or periods) metric by metric, then score by score.

    How much worse still counts as not worse: `margin` of the value before, of shares `share_margin` (0.02
    is two percentage points). Runs are taken as independent; nothing is corrected for the number of rows:
    of twenty rows without any difference one is expected to show one.
    """
    sides = [reports.ask("run_figures", filters.params()) for filters in (before, after)]
    found = [_estimates(reports, filters, side) for filters, side in zip((before, after), sides, strict=True)]
    margins = (margin, share_margin)
    rows = [_compared(m, found[0][m.name], found[1][m.name], margins) for m in _MEASURES]
    scores = [_scores(reports, filters) for filters in (before, after)]
    for name in sorted(scores[0].keys() | scores[1].keys()):
        rows.append(_compared(*_score_pair(name, scores[0], scores[1]), margins))
    counts = [side.num_rows for side in sides]
    return Scorecard(before, after, counts[0], counts[1], tuple(rows), _summary(rows))


def _estimates(reports: Reports, filters: RunFilters, side: pa.Table) -> dict[str, Estimate]:
    """Return every measure of one set of runs."""
    status = side.column("status").to_numpy(zero_copy_only=False)
    ended = int((status != "incomplete").sum())
    calls, failed = _known(side, "tool_calls"), _known(side, "failed_tool_calls")
    busy = (_filled(side, "generations") > 0) | (_filled(side, "tool_calls") > 0)
    duration = _known(side, "duration_ms")
    judged = success_by(reports, filters, ()).to_pylist()
    return {
        "failure_rate": share(int((status == "error").sum()), ended),
        "task_success": share(judged[0]["succeeded"], judged[0]["judged"]) if judged else UNKNOWN,
        "cost_per_run": _mean(_known(side, "cost_usd")),
        "tokens_per_run": _mean(_known(side, "tokens")),
        "p50": quantile(duration, 0.5),
        "p95": quantile(duration, 0.95),
        "first_token": quantile(_known(side, "ttft_ms"), 0.5),
        "tool_error_rate": share(int(failed.sum()), int(calls.sum())),
        "retry_rate": share(int((_filled(side, "retries") > 0).sum()), int(busy.sum())),
    }


def _known(side: pa.Table, column: str) -> npt.NDArray[np.float64]:
    return np.asarray(side.column(column).drop_null().cast(pa.float64()))


def _filled(side: pa.Table, column: str) -> npt.NDArray[np.float64]:
    return np.asarray(side.column(column).fill_null(0).cast(pa.float64()))


def _mean(values: npt.NDArray[np.float64]) -> Estimate:
    n = len(values)
    deviation = float(values.std(ddof=1)) if n > 1 else None
    return mean(float(values.mean()) if n else None, deviation, n)


def _scores(reports: Reports, filters: RunFilters) -> dict[str, dict[str, Any]]:
    rows = scores_by_name(reports, filters, ()).to_pylist()
    return {row["name"]: row for row in rows if row["measure"] is not None}


def _score_pair(
    name: str, before: Mapping[str, dict[str, Any]], after: Mapping[str, dict[str, Any]]
) -> tuple[_Measure, Estimate, Estimate]:
    said = [side[name] for side in (before, after) if name in side]
    is_share = all(row["measure"] != "mean" for row in said)
    unit, better = "share" if is_share else "score", better_by_name(name)
    measure = _Measure(f"score:{name}", name, unit, better, "judgements")
    found = [
        Estimate(side[name]["value"], side[name]["low"], side[name]["high"], _judgements(side[name]))
        if name in side
        else UNKNOWN
        for side in (before, after)
    ]
    return measure, found[0], found[1]


def _judgements(row: Mapping[str, Any]) -> int:
    return int(row["numeric_n"] or row["n"])


def _compared(measure: _Measure, before: Estimate, after: Estimate, margins: tuple[float, float]) -> Compared:
    relative_margin, share_margin = margins
    allowed = share_margin if measure.unit == "share" else relative_margin * abs(before.value or 0.0)
    change = difference(before, after)
    relative = change.value / abs(before.value) if change.value is not None and before.value else None
    said = word(before, after, measure.better, allowed)
    note = _note(measure, before, after) if said == "cannot tell" else ""
    return Compared(
        measure.name, measure.title, measure.unit, measure.better, before, after, change, relative, allowed,
        said, note,
    )  # fmt: skip


def _note(measure: _Measure, before: Estimate, after: Estimate) -> str:
    fewest = min(before.n, after.n)
    if fewest == 0:
        return f"not reported: no {measure.of} on {'either' if before.n == after.n else 'one'} side"
    if fewest < FEWEST:
        return f"too few: {before.n} and {after.n} {measure.of}; {FEWEST} on each side are the least"
    if before.low is None or after.low is None:
        return f"too few {measure.of} for an interval: {before.n} and {after.n}"
    return f"the interval holds both better and worse, of {before.n} and {after.n} {measure.of}"


def _summary(rows: list[Compared]) -> str:
    """Return which metrics are better, not worse and worse, and how many cannot be told."""
    said: dict[str, list[str]] = {"better": [], "worse": [], "not worse": [], "cannot tell": []}
    for row in rows:
        said[row.word].append(row.title)
    told = ("worse", "better", "not worse")
    parts = [f"{verdict}: {', '.join(said[verdict])}" for verdict in told if said[verdict]]
    if said["cannot tell"]:
        parts.append(f"cannot tell: {len(said['cannot tell'])} of {len(rows)}")
    return "; ".join(parts)
