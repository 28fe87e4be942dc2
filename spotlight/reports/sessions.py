"""Conversations: the list of them, and one as its turns with question and answer."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import pyarrow as pa

from spotlight.errors import NotFound, SpotlightError
from spotlight.reports.filters import RunFilters
from spotlight.reports.questions import Reports
from spotlight.reports.turn_texts import MOST_BYTES, Texts, turn_texts

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
    more_turns: int  # turns after the last of these


def sessions(
    reports: Reports, filters: RunFilters, order: str = "newest", limit: int = 100, offset: int = 0
) -> pa.Table:
    """Return sessions with a matching run, a page of them; figures are of the matching runs.

    Columns: session_id, turns, failed, incomplete, user_id, packs (list), versions (list), agents (list),
    first_ns, last_ns, duration_ms (sum of the turns), p50_ms, longest_ms, cost_usd, unpriced_generations,
    input_tokens, output_tokens, turns_without_usage, last_run_id, scores, score_mean (of the scores
    between 0 and 1).
    Raises: SpotlightError for an order that does not exist.
    """
    if order not in ORDERS:
        raise SpotlightError(f"no such order: {order!r}", hint=f"one of {', '.join(ORDERS)}")
    return reports.ask("sessions", filters.params() | {"order": order, "limit": limit, "offset": offset})


def session_count(reports: Reports, filters: RunFilters) -> int:
    """Return how many sessions have a matching run."""
    return int(reports.ask("session_count", filters.params()).column("sessions")[0].as_py())


def session(reports: Reports, session_id: str, limit: int = 100, offset: int = 0) -> Session:
    """Return one conversation with `limit` of its turns, from turn `offset` on.

    Raises: NotFound where no run names the session.
    """
    wanted = RunFilters(session_id=session_id)
    rows = sessions(reports, wanted, limit=1).to_pylist() if session_id else []
    if not rows:
        raise NotFound(f"no session {session_id!r}", hint="list them with `spotlight report sessions`")
    turns = reports.ask("session_turns", {"session_id": session_id, "limit": limit, "offset": offset})
    run_ids = turns.column("run_id").to_pylist()
    content: dict[str, list[dict[str, Any]]] = {run_id: [] for run_id in run_ids}
    for row in reports.ask("session_content", {"run_ids": run_ids, "most": MOST_BYTES}).to_pylist():
        content[row["run_id"]].append(row)
    judged: dict[str | None, list[dict[str, object]]] = {}
    for score in reports.ask("session_scores", {"session_id": session_id}).to_pylist():
        of = None if score["target_type"] == "session" else score["run_id"]
        judged.setdefault(of, []).append(score)
    found = tuple(
        _turn(row, turn_texts(content[row["run_id"]]), judged.get(row["run_id"], []))
        for row in turns.to_pylist()
    )
    more = max(0, int(rows[0]["turns"]) - offset - len(found))
    return Session(session_id, rows[0], found, tuple(judged.get(None, [])), more)


def _turn(row: dict[str, Any], texts: Texts, scores: list[dict[str, object]]) -> Turn:
    told = {name: row[name] for name in Turn._fields if name in row}
    return Turn(**told, question=texts.question, answer=texts.answer, scores=tuple(scores))
