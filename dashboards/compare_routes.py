"""Our routes for two runs side by side: the aligned steps, and what two of them said."""

from __future__ import annotations

import functools
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from dashboards.json_answers import ID, answer_json, checked_id
from dashboards.source import RunSource
from spotlight.errors import BadRequest
from spotlight.reports.first_bad_run import first_bad
from spotlight.reports.run_diff import run_diff
from spotlight.reports.run_diff_document import diff_document, pair_document
from spotlight.reports.run_diff_parts import step_differences
from spotlight.reports.transcript import Step

KEPT_TRANSCRIPTS: Final = 6  # a reader opens row after row of the same two runs


def compare_json(source: RunSource, request: Request) -> Response:
    """Answer GET /api/compare/{a}/{b}: two runs aligned, `agent_a` and `agent_b` narrow to a sub-agent."""

    def ask() -> tuple[str, dict[str, Any]]:
        a, b = checked_id(request, "a"), checked_id(request, "b")
        agents = _span(request, "agent_a"), _span(request, "agent_b")
        reports: Any = source
        return "c", diff_document(run_diff(reports, a, b, *agents))

    return answer_json(request, source, ask)


def steps_json(source: RunSource, request: Request) -> Response:
    """Answer GET /api/compare/{a}/{b}/steps?a=&b=: what two steps said, part by part; one may be missing."""

    def ask() -> tuple[str, dict[str, Any]]:
        reports: Any = source
        version = source.data_version()
        told = [
            _told(reports, version, checked_id(request, side)).get(_span(request, side) or "")
            for side in ("a", "b")
        ]
        return "s", pair_document(step_differences(told[0], told[1]))

    return answer_json(request, source, ask)


def first_bad_json(source: RunSource, request: Request) -> Response:
    """Answer GET /api/runs/{run_id}/first-bad: where to look first, by every rule; null for nowhere.

    With `of=failed` null also for a run that did not fail.
    """

    def ask() -> tuple[str, dict[str, Any]]:
        reports: Any = source
        of_failed = request.query_params.get("of") == "failed"
        found = first_bad(reports, checked_id(request, "run_id"), of_failed=of_failed)
        return "f", {"first_bad": found and found._asdict()}

    return answer_json(request, source, ask)


@functools.lru_cache(maxsize=KEPT_TRANSCRIPTS)
def _told(source: Any, version: int, run_id: str) -> dict[str, Step]:
    """Return what every step of a run said, by span id. `version` is a part of the key only."""
    return {step.span_id: step for step in source.transcript(run_id).steps}


def _span(request: Request, name: str) -> str | None:
    """Return a span id from the query, None where it is not given. Raises: BadRequest where it is none."""
    value = request.query_params.get(name)
    if value and not ID.fullmatch(value):
        raise BadRequest(f"{name} is not an id", hint="1 to 128 characters of 0-9 a-z A-Z _ . : -")
    return value or None


def routes(source: RunSource) -> list[BaseRoute]:
    """Return the routes over one source."""
    return [
        Route("/api/compare/{a}/{b}", lambda request: compare_json(source, request)),
        Route("/api/runs/{run_id}/first-bad", lambda request: first_bad_json(source, request)),
        Route("/api/compare/{a}/{b}/steps", lambda request: steps_json(source, request)),
    ]
