"""Sections about sessions, and about packs and their versions."""

from __future__ import annotations

import pyarrow as pa

from spotlight.reports.export.section import Chart, Section
from spotlight.reports.export.subjects.asked import Asked, side_words
from spotlight.reports.questions import Reports
from spotlight.reports.sessions import session_count, sessions
from spotlight.reports.versions import Scorecard, scorecard, versions


def conversations(reports: Reports, asked: Asked) -> list[Section]:
    """Return the sessions, those that ran last first."""
    rows = sessions(reports, asked.filters, limit=asked.limit)
    there = session_count(reports, asked.filters)
    more = (f"The {rows.num_rows:,} newest of {there:,}.",) if there > rows.num_rows else ()
    return [
        Section(
            "sessions", "Sessions", "What did users live through?", rows, None, more, there, "sessions",
            ("session_id", "user_id", "turns", "failed", "incomplete", "cost_usd", "p50_ms", "input_tokens",
             "output_tokens", "scores", "score_mean", "first_ns", "last_ns"),
        )
    ]  # fmt: skip


def releases(reports: Reports, asked: Asked) -> list[Section]:
    """Return packs and versions; held against another version or window, both side by side."""
    rows = versions(reports, asked.filters)
    runs = sum(value or 0 for value in rows.column("runs").to_pylist())
    listed = Section(
        "versions", "Packs and versions", "What ran, and how did it do?", rows,
        Chart("dumbbells", "pack_version", ("p50_ms", "p95_ms"), "pack_name"), (), runs,
        shown=("pack_name", "pack_version", "runs", "failed", "failure_rate", "cost_usd", "cost_per_run_usd",
               "unpriced_generations", "p50_ms", "p95_ms", "success_rate", "first_ns", "last_ns"),
    )  # fmt: skip
    if asked.against is None:
        return [listed]
    return [_scorecard(scorecard(reports, asked.against, asked.filters)), listed]


def _scorecard(found: Scorecard) -> Section:
    rows = pa.table(
        {
            "metric": [row.name for row in found.rows],
            "title": [row.title for row in found.rows],
            "unit": [row.unit for row in found.rows],
            "before": pa.array([row.before.value for row in found.rows], pa.float64()),
            "before_n": pa.array([row.before.n for row in found.rows], pa.int64()),
            "after": pa.array([row.after.value for row in found.rows], pa.float64()),
            "after_n": pa.array([row.after.n for row in found.rows], pa.int64()),
            "difference": pa.array([row.difference.value for row in found.rows], pa.float64()),
            "difference_low": pa.array([row.difference.low for row in found.rows], pa.float64()),
            "difference_high": pa.array([row.difference.high for row in found.rows], pa.float64()),
            "relative": pa.array([row.relative for row in found.rows], pa.float64()),
            "word": [row.word for row in found.rows],
            "note": [row.note for row in found.rows],
        }
    )
    compared = f"Before: {side_words(found.before)}. After: {side_words(found.after)}."
    return Section(
        "scorecard", "Side by side", "Is it better than before?", rows, None, (found.summary, compared),
        found.before_runs + found.after_runs,
        shown=("title", "before", "before_n", "after", "after_n", "difference", "difference_low",
        "difference_high", "word", "note"),
    )  # fmt: skip
