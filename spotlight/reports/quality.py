"""How good the runs were: success, scores by name, corrections, escalations, acceptance, worst runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import pyarrow as pa

from spotlight.reports.columns import COUNT, NUMBER, TEXT, TEXTS, Made, answer, dimensions, estimates, plain
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
    return answer(
        dimensions(by, rows),
        plain(rows, COUNT, "runs", "judged", "succeeded"),
        estimates("success_rate", shares),
        plain(rows, TEXTS, "failed_run_ids"),
    )


def scores_by_name(reports: Reports, filters: RunFilters, by: Sequence[str] = BY) -> pa.Table:
    """Return the scores of the matching runs by name and dimensions of the runs, most judgements first.

    Columns: name, the dimensions, n, runs, numeric_n, measure (what value is: share of 1, share of yes,
    mean; NULL where labels are no verdict), value, low, high, labels, annotators, first_ns, last_ns.
    Shares have Wilson's interval, means Student's. Judgements of one run are taken as independent.
    """
    rows = reports.ask("scores_by_name", filters.params() | checked(by, RUN_DIMENSIONS)).to_pylist()
    measured = [_measured(row) for row in rows]
    return answer(
        plain(rows, TEXT, "name"),
        dimensions(by, rows),
        plain(rows, COUNT, "n", "runs", "numeric_n"),
        [Made("measure", TEXT, [measure for measure, _ in measured])],
        estimates("value", [found for _, found in measured]),
        plain(rows, TEXTS, "labels", "annotators"),
        plain(rows, COUNT, "first_ns", "last_ns"),
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
    return answer(
        dimensions(by, rows),
        plain(rows, NUMBER, "low", "high"),
        plain(rows, TEXT, "label"),
        plain(rows, COUNT, "n"),
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
    return reported(TASK_SUCCESS, share(succeeded, judged), failed)


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
