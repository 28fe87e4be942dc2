"""How good the runs were: success, scores by name, corrections, escalations, acceptance, worst runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import pyarrow as pa

from spotlight.reports.filters import RunFilters
from spotlight.reports.metric import Metric
from spotlight.reports.questions import Reports


class Quality(NamedTuple):
    """What judges say of the matching runs, whole and divided.

    `metrics`: task_success, user_corrections, human_escalations, human_input, acceptance,
    tool_call_accuracy. `success`: one row per group: the dimensions of `by`, runs, judged, succeeded,
    value, low, high. `scores`: one row per (name, group): name, the dimensions, n, runs, numeric_n,
    binary, mean, low, high, labels (map of label -> count), annotators. `worst`: see `worst_runs`.
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
    reports: Reports, filters: RunFilters, by: Sequence[str] = ("pack", "version"), *, above: float = 0.5
) -> Quality:
    """Return the quality of the matching runs; a number over `above` counts as success.

    `by` names dimensions of runs. Run status is never taken for success.
    """
    raise NotImplementedError


def score_names(reports: Reports, filters: RunFilters) -> pa.Table:
    """Return the names of scores on the matching runs, the most frequent first.

    Columns: name, n, runs, numeric_n, binary, labels (list), annotators (list), first_ns, last_ns.
    """
    raise NotImplementedError


def score_distribution(
    reports: Reports,
    filters: RunFilters,
    name: str,
    by: Sequence[str] = ("pack", "version"),
    buckets: int = 10,
) -> pa.Table:
    """Return how the judgements of one name are spread: one row per (group, bucket or label).

    Columns: the dimensions, low, high (edges of the bucket; NULL for a label), label, n. The last
    bucket holds its upper edge.
    """
    raise NotImplementedError


def worst_runs(reports: Reports, filters: RunFilters, name: str | None = None, limit: int = 20) -> pa.Table:
    """Return the runs with the lowest scores of a name; without one, by task success, failures first.

    Columns: run_id, name, started_ns, pack_name, pack_version, status, score_name, value, label,
    explanation, annotator, error_signature.
    """
    raise NotImplementedError
