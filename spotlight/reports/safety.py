"""What was asked, denied, blocked and found: approvals, policies, guardrails, sensitive data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import pyarrow as pa

from spotlight.reports.columns import COUNT, TEXT, TEXTS, Made, answer, plain
from spotlight.reports.decisions import STOPPED, decider_of, meaning_of, verdict_of
from spotlight.reports.filters import RunFilters
from spotlight.reports.metric import Metric, Signal, counted, distinct, not_reported, reported
from spotlight.reports.questions import Reports
from spotlight.reports.reliability import failure_rates
from spotlight.reports.scored import scored_metrics
from spotlight.reports.signals import POLICY_VIOLATIONS, SENSITIVE_DATA
from spotlight.reports.statistics import share

_EXAMPLES: Final = 10
_APPROVALS: Final = (
    "send a span with spotlight.kind=approval and spotlight.approval.decision (approved, denied or "
    "modified), or set the decision on the tool span"
)
_GUARDRAILS: Final = (
    "send a span with spotlight.kind=guardrail and its verdict (pass, block, ...) as "
    "gen_ai.guardrail.result.type"
)

APPROVALS_ASKED: Final = Signal(
    "approvals_asked", "Steps that had to be approved", "count", "steps",
    "steps of kind approval, and steps that carry a decision", _APPROVALS,
)  # fmt: skip
APPROVALS_DENIED: Final = Signal(
    "approvals_denied", "Approvals that were denied", "share", "decisions",
    "decisions that mean denied, of those that mean approved, modified or denied", _APPROVALS,
)  # fmt: skip
BLOCKED_CALLS: Final = Signal(
    "blocked_calls", "Calls that a policy blocked", "share", "decisions",
    "denials by a policy (approval source config, hook, classifier, ...) or with the word blocked",
    "set spotlight.approval.decision=blocked and spotlight.approval.source=policy on the tool span of a "
    "blocked call",
)  # fmt: skip
GUARDRAIL_HITS: Final = Signal(
    "guardrail_hits", "Guardrail checks that hit", "share", "checks with a verdict",
    "steps of kind guardrail whose verdict means blocked, flagged or changed, of those with a verdict",
    _GUARDRAILS,
)  # fmt: skip


class Safety(NamedTuple):
    """Safety of the matching runs.

    `metrics`: approvals_asked, approvals_denied, blocked_calls, policy_violations, guardrail_hits,
    sensitive_data. `decisions`: one row per word that a client used: decision, source, meaning (approved,
    denied, modified, asked, other), decided_by (person, policy, unknown), steps, runs, tools, run_ids.
    `guardrails`: name, verdict, meaning (passed, hit, unknown), steps, runs, run_ids.
    """

    metrics: tuple[Metric, ...]
    decisions: pa.Table
    guardrails: pa.Table


def safety(reports: Reports, filters: RunFilters) -> Safety:
    """Return the safety of the matching runs."""
    said = reports.ask("decisions", filters.params()).to_pylist()
    for row in said:
        row["meaning"], row["decided_by"] = meaning_of(row["decision"]), decider_of(row["source"])
    checks = reports.ask("marked_steps", filters.params() | {"kinds": ["guardrail"]}).to_pylist()
    for row in checks:
        row["verdict"], row["meaning"] = row["word"], verdict_of(row["word"])
    runs = sum(failure_rates(reports, filters, ()).column("runs").to_pylist())
    scored = scored_metrics(reports, filters, (POLICY_VIOLATIONS, SENSITIVE_DATA), runs)
    metrics = (
        *_approvals(said),
        scored["policy_violations"],
        _guardrail_hits(checks),
        scored["sensitive_data"],
    )
    decisions = answer(
        plain(said, TEXT, "decision", "source", "meaning", "decided_by"),
        plain(said, COUNT, "steps", "runs"),
        plain(said, TEXTS, "tools"),
        _examples(said),
    )
    guardrails = answer(
        plain(checks, TEXT, "name", "verdict", "meaning"),
        plain(checks, COUNT, "steps", "runs"),
        _examples(checks),
    )
    return Safety(metrics, decisions, guardrails)


def _approvals(said: Sequence[dict[str, Any]]) -> list[Metric]:
    if not said:
        return [not_reported(signal) for signal in (APPROVALS_ASKED, APPROVALS_DENIED, BLOCKED_CALLS)]
    asked = _steps(said)
    decided = [row for row in said if row["meaning"] in ("approved", "modified", "denied")]
    denied = [row for row in decided if row["meaning"] == "denied"]
    blocked = [
        row
        for row in denied
        if row["decided_by"] == "policy" or str(row["decision"]).strip().lower() in STOPPED
    ]
    found = [counted(APPROVALS_ASKED, asked, asked, _runs(said))]
    for signal, hits in ((APPROVALS_DENIED, denied), (BLOCKED_CALLS, blocked)):
        known = share(_steps(hits), _steps(decided))
        found.append(reported(signal, known, _runs(hits)) if decided else not_reported(signal))
    return found


def _guardrail_hits(checks: Sequence[dict[str, Any]]) -> Metric:
    judged = [row for row in checks if row["meaning"] != "unknown"]
    hits = [row for row in judged if row["meaning"] == "hit"]
    if not judged:
        return not_reported(GUARDRAIL_HITS)
    return reported(GUARDRAIL_HITS, share(_steps(hits), _steps(judged)), _runs(hits))


def _examples(rows: Sequence[dict[str, Any]]) -> list[Made]:
    return [Made("run_ids", TEXTS, [list(distinct(row["run_ids"] or (), _EXAMPLES)) for row in rows])]


def _steps(rows: Sequence[dict[str, Any]]) -> int:
    return sum(row["steps"] for row in rows)


def _runs(rows: Sequence[dict[str, Any]]) -> list[str]:
    return [run for row in rows for run in row["run_ids"] or ()]
