"""Conversations: the list of them, and one as its turns with question and answer."""

from __future__ import annotations

from typing import Final, NamedTuple

import pyarrow as pa

from spotlight.reports.filters import RunFilters
from spotlight.reports.questions import Reports

ORDERS: Final = ("newest", "most_expensive", "slowest", "most_turns", "most_failures", "lowest_score")


class Turn(NamedTuple):
    """One run of a session; None is unknown."""

    run_id: str
    started_ns: int | None
    duration_ms: float | None
    waited_ms: float | None  # since the turn before ended
    status: str
    status_reason: str | None
    error_message: str | None
    name: str | None
    agent_name: str | None
    pack_name: str | None
    pack_version: str | None
    question: str | None  # the user's words, hostile text; None where no content was sent
    answer: str | None
    cost_usd: float | None
    unpriced_generations: int | None
    input_tokens: int | None
    output_tokens: int | None
    ttft_ms: float | None
    generations: int
    tool_calls: int
    failed_tool_calls: int
    scores: tuple[dict[str, object], ...]  # name, value, label, explanation, annotator


class Session(NamedTuple):
    """One conversation: its row of `sessions`, its turns in order, scores of the session itself."""

    session_id: str
    row: dict[str, object]
    turns: tuple[Turn, ...]
    scores: tuple[dict[str, object], ...]
    more_turns: int  # turns beyond the first `limit`


def sessions(
    reports: Reports, filters: RunFilters, order: str = "newest", limit: int = 100, offset: int = 0
) -> pa.Table:
    """Return sessions with a matching run, a page of them; figures are of the matching runs.

    Columns: session_id, turns, failed, incomplete, user_id, packs (list), versions (list), agents (list),
    first_ns, last_ns, duration_ms (sum of the turns), p50_ms, cost_usd, unpriced_generations,
    input_tokens, output_tokens, scores, score_mean (of scores between 0 and 1), last_run_id.
    Raises: SpotlightError for an order that does not exist.
    """
    raise NotImplementedError


def session_count(reports: Reports, filters: RunFilters) -> int:
    """Return how many sessions have a matching run."""
    raise NotImplementedError


def session(reports: Reports, session_id: str, limit: int = 100) -> Session:
    """Return one conversation with its first `limit` turns. Raises: NotFound."""
    raise NotImplementedError
