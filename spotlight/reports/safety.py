"""What was asked, denied, blocked and found: approvals, policies, guardrails, sensitive data."""

from __future__ import annotations

from typing import NamedTuple

import pyarrow as pa

from spotlight.reports.filters import RunFilters
from spotlight.reports.metric import Metric
from spotlight.reports.questions import Reports


class Safety(NamedTuple):
    """Safety of the matching runs.

    `metrics`: approvals_asked, approvals_denied, blocked_calls, policy_violations, guardrail_hits,
    sensitive_data. `decisions`: one row per word a client used: decision, source, meaning (approved,
    denied, modified, asked, other), by (person, policy, unknown), steps, runs, tools (list), run_ids.
    `guardrails`: name, verdict, meaning (passed, hit, unknown), steps, runs, run_ids.
    """

    metrics: tuple[Metric, ...]
    decisions: pa.Table
    guardrails: pa.Table


def safety(reports: Reports, filters: RunFilters) -> Safety:
    """Return the safety of the matching runs."""
    raise NotImplementedError
