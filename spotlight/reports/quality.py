"""How good the runs were: success, scores by name, corrections, escalations, acceptance, worst runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import pyarrow as pa

from spotlight.reports.dimensions import RUN_DIMENSIONS, checked
from spotlight.reports.filters import RunFilters
from spotlight.reports.metric import Metric, not_reported, reported
from spotlight.reports.questions import Reports
from spotlight.reports.scored import ABOVE, scored_metrics
from spotlight.reports.signals import (
    ACCEPTANCE,
    HUMAN_ESCALATIONS,
    HUMAN_INPUT,
    SUCCESS,
    TASK_SUCCESS,
    TOOL_CALL_ACCURACY,
    USER_CORRECTIONS,
)
from spotlight.reports.statistics import UNKNOWN, Estimate, mean, share

BY: Final = ("pack", "version")
_TEXT: Final = pa.string()
_INTERVAL: Final = (("value", pa.float64()), ("low", pa.float64()), ("high", pa.float64()))


class Quality(NamedTuple):
    """What judges say of the matching runs, whole and divided.

    `metrics`: task_success, user_corrections, human_escalations, human_input, acceptance,
    tool_call_accuracy. `success`: one row per group: the dimensions of `by`, runs, judged, succeeded,
    success_rate, low, high. `scores`: see `scores_by_name`. `worst`: see `worst_runs`.
    `unjoined`: scores in the lake whose run has not arrived.
    """

    by: tuple[str, ...]
    runs: int
    judged_runs: int
    metrics: tuple[Metric, ...]
    success: pa.Table
    scores: pa.Table
    worst: pa.Table
    unjoined: int


def quality(
    reports: Reports,
    filters: RunFilters,
    by: Sequence[str] = BY,
    *,
    above: float = ABOVE,
    success: Sequence[str] = SUCCESS,
) -> Quality:
    """Return the quality of the matching runs; a number over `above` counts as a yes.

    `by` names dimensions of runs. `success` names the scores that say whether a run did its task, the
    surest first; run status never does. Raises: SpotlightError for a dimension that does not exist.
    """
    groups = success_by(reports, filters, by, above=above, success=success)
    runs, judged, succeeded = (sum(groups.column(c).to_pylist()) for c in ("runs", "judged", "succeeded"))
    scored = (USER_CORRECTIONS, HUMAN_ESCALATIONS, ACCEPTANCE, TOOL_CALL_ACCURACY)
    found = scored_metrics(reports, filters, scored, runs, above)
    metrics = (
        _task_success(groups, judged, succeeded),
        found["user_corrections"],
        found["human_escalations"],
        _human_input(reports, filters, runs),
        found["acceptance"],
        found["tool_call_accuracy"],
    )
    worst = worst_runs(reports, filters, names=success if judged else None)
    unjoined = int(reports.ask("unjoined_scores", {}).column("scores")[0].as_py())
    scores = scores_by_name(reports, filters, by)
    return Quality(
        tuple(by), runs, judged, metrics, groups.drop_columns(["failed_run_ids"]), scores, worst, unjoined
    )


def success_by(
    reports: Reports,
    filters: RunFilters,
    by: Sequence[str] = BY,
    *,
    above: float = ABOVE,
    success: Sequence[str] = SUCCESS,
) -> pa.Table:
    """Return task success by dimensions of runs, sorted by them.

    Columns: the dimensions, runs, judged, succeeded, success_rate, low, high (of the judged),
    failed_run_ids (newest, at most 20).
    """
    params = checked(by, RUN_DIMENSIONS) | {"names": list(success), "above": above}
    rows = reports.ask("task_success", filters.params() | params).to_pylist()
    shares = [share(row["succeeded"], row["judged"]) for row in rows]
    return _table(
        [
            *_dimensions(by, rows),
            *[(name, pa.int64(), [row[name] for row in rows]) for name in ("runs", "judged", "succeeded")],
            *_estimates("success_rate", shares),
            ("failed_run_ids", pa.list_(_TEXT), [row["failed_run_ids"] or [] for row in rows]),
        ]
    )


def scores_by_name(reports: Reports, filters: RunFilters, by: Sequence[str] = BY) -> pa.Table:
    """Return the scores of the matching runs by name and dimensions of the runs, most judgements first.

    Columns: name, the dimensions, n, runs, numeric_n, measure (what value is: share of 1, share of yes,
    mean; NULL where labels are no verdict), value, low, high, labels, annotators, first_ns, last_ns.
    Shares have Wilson's interval, means Student's. Judgements of one run are taken as independent.
    """
    rows = reports.ask("scores_by_name", filters.params() | checked(by, RUN_DIMENSIONS)).to_pylist()
    measured = [_measured(row) for row in rows]
    return _table(
        [
            ("name", _TEXT, [row["name"] for row in rows]),
            *_dimensions(by, rows),
            *[(name, pa.int64(), [row[name] for row in rows]) for name in ("n", "runs", "numeric_n")],
            ("measure", _TEXT, [measure for measure, _ in measured]),
            *_estimates("value", [found for _, found in measured]),
            *[(c, pa.list_(_TEXT), [row[c] or [] for row in rows]) for c in ("labels", "annotators")],
            *[(name, pa.int64(), [row[name] for row in rows]) for name in ("first_ns", "last_ns")],
        ]
    )


def score_names(reports: Reports, filters: RunFilters) -> pa.Table:
    """Return the names of scores on the matching runs, most judgements first: `scores_by_name` undivided."""
    return scores_by_name(reports, filters, ())


def score_distribution(
    reports: Reports, filters: RunFilters, name: str, by: Sequence[str] = BY, buckets: int = 10
) -> pa.Table:
    """Return how the judgements of one name are spread: one row per (group, bucket or label).

    Columns: the dimensions, low, high (edges of the bucket; NULL for a label), label, n. All groups share
    the buckets; the first begins at 0 or the least value, the last holds its upper edge, 1 or the greatest.
    """
    params = checked(by, RUN_DIMENSIONS) | {"name": name, "buckets": buckets}
    rows = reports.ask("score_spread", filters.params() | params).to_pylist()
    return _table(
        [
            *_dimensions(by, rows),
            *[(c, pa.float64(), [row[c] for row in rows]) for c in ("low", "high")],
            ("label", _TEXT, [row["label"] for row in rows]),
            ("n", pa.int64(), [row["n"] for row in rows]),
        ]
    )


def worst_runs(
    reports: Reports, filters: RunFilters, names: Sequence[str] | None = None, limit: int = 20
) -> pa.Table:
    """Return the runs with the lowest scores of some names; without names, the lowest mean of their scores.

    Names are compared as in `signals`. For the mean only scores between 0 and 1 and labels that say yes
    or no count. Columns: run_id, name, started_ns, pack_name, pack_version, status, score_name, value,
    label, explanation, annotator (of the lowest judgement), judgements, error_signature.
    """
    listed = None if names is None else list(names)
    return reports.ask("worst_runs", filters.params() | {"names": listed, "limit": limit})


def _task_success(groups: pa.Table, judged: int, succeeded: int) -> Metric:
    if not judged:
        return not_reported(TASK_SUCCESS)
    failed = [run for runs in groups.column("failed_run_ids").to_pylist() for run in runs]
    return reported(TASK_SUCCESS, share(succeeded, judged), failed[:20])


def _human_input(reports: Reports, filters: RunFilters, runs: int) -> Metric:
    row = reports.ask("human_input", filters.params()).to_pylist()[0]
    if not row["ever"]:
        return not_reported(HUMAN_INPUT)
    return reported(HUMAN_INPUT, share(row["runs"], runs) if runs else UNKNOWN, row["run_ids"] or ())


def _measured(row: dict[str, Any]) -> tuple[str | None, Estimate]:
    if row["numeric_n"] and row["is_binary"]:
        return "share of 1", share(row["ones"], row["numeric_n"])
    if row["numeric_n"]:
        return "mean", mean(row["mean"], row["deviation"], row["numeric_n"])
    if row["yes"] + row["no"]:
        return "share of yes", share(row["yes"], row["yes"] + row["no"])
    return None, UNKNOWN


_Column = tuple[str, pa.DataType, list[Any]]


def _dimensions(by: Sequence[str], rows: list[dict[str, Any]]) -> list[_Column]:
    return [(name, _TEXT, [row[f"by_{at + 1}"] for row in rows]) for at, name in enumerate(by)]


def _estimates(name: str, found: list[Estimate]) -> list[_Column]:
    values = {name: [e.value for e in found], "low": [e.low for e in found], "high": [e.high for e in found]}
    return [(column, pa.float64(), given) for column, given in values.items()]


def _table(columns: list[_Column]) -> pa.Table:
    return pa.table(
        [pa.array(values, kind) for _, kind, values in columns], names=[name for name, _, _ in columns]
    )
