"""Routes of the context inspector: what a model call saw, and when a fact left the context."""

from __future__ import annotations

from typing import Any, Final, cast

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from dashboards.json_answers import answer_json, checked_id
from dashboards.source import RunSource
from spotlight.errors import BadRequest
from spotlight.reports import Reports
from spotlight.reports.context_document import context_document, fact_document

MOST_CHARACTERS: Final = 2_000  # of a phrase to look for


def context_json(source: RunSource, request: Request) -> Response:
    """Answer GET /api/runs/{run_id}/spans/{span_id}/context with what a model call saw."""

    def ask() -> tuple[str, dict[str, Any]]:
        run_id, span_id = checked_id(request, "run_id"), checked_id(request, "span_id")
        return "c", context_document(cast(Reports, source), run_id, span_id)

    return answer_json(request, source, ask)


def fact_json(source: RunSource, request: Request) -> Response:
    """Answer GET /api/runs/{run_id}/context?find=PHRASE with the calls that held a phrase."""

    def ask() -> tuple[str, dict[str, Any]]:
        phrase = request.query_params.get("find", "")
        if len(phrase) > MOST_CHARACTERS:
            raise BadRequest(
                f"the phrase has {len(phrase):,} characters",
                hint=f"at most {MOST_CHARACTERS:,} are looked for",
            )
        return "f", fact_document(cast(Reports, source), checked_id(request, "run_id"), phrase)

    return answer_json(request, source, ask)


def routes(source: RunSource) -> list[BaseRoute]:
    """Return the routes of the context inspector."""
    return [
        Route("/api/runs/{run_id}/spans/{span_id}/context", lambda request: context_json(source, request)),
        Route("/api/runs/{run_id}/context", lambda request: fact_json(source, request)),
    ]
