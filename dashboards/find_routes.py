"""Routes of the search field: what can be typed next, whether a search can be read, and the saved views."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, cast

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from dashboards.addresses import FAILURE_KEYS, LIST_KEYS
from dashboards.annotation_routes import check_origin, read_body
from dashboards.guard import error_response
from dashboards.json_answers import compressed, encode_json
from dashboards.source import RunSource, published
from spotlight.errors import BadRequest, NotFound, SpotlightError, UnreadableSearch
from spotlight.reports import Reports
from spotlight.reports.find import saved
from spotlight.reports.find.checking import read
from spotlight.reports.find.completion import Values, complete, notes

NOT_KEPT: Final = {"cache-control": "no-store"}
# The pages with filters, and what of their address a view keeps.
PAGES: Final = (
    "overview", "cost", "latency", "quality", "reliability", "sessions", "versions", "runs", "failure",
    "lift",
)  # fmt: skip
# What pages of figures add to the filters: what they are divided by, and the part of a figure that is chosen.
_FIGURES: Final = (
    "against", "and", "by", "measure", "overlay", "path", "region", "score", "spenders", "split", "steps",
    "whom",
)  # fmt: skip
VIEW_KEYS: Final = frozenset((*LIST_KEYS, *FAILURE_KEYS, *_FIGURES, "tz", "these")) - {"page"}


def _answered(request: Request, ask: Callable[[], dict[str, Any]]) -> Response:
    try:
        return compressed(request, encode_json(ask()), NOT_KEPT)
    except BadRequest as exc:
        return error_response(400, exc.message, exc.hint)
    except NotFound as exc:
        return error_response(404, exc.message, exc.hint)
    except SpotlightError as exc:
        return error_response(503, exc.message, exc.hint)


def completion_json(values: Values, request: Request) -> Response:
    """Answer GET /api/find/complete?q=SEARCH&at=CURSOR with suggestions; the cursor counts code points."""

    def ask() -> dict[str, Any]:
        text = request.query_params.get("q", "")
        at = request.query_params.get("at", "")
        found = complete(values, text, int(at) if at.isdecimal() and len(at) < 7 else len(text))
        return {"start": found.start, "end": found.end, "items": [item._asdict() for item in found.items]}

    return _answered(request, ask)


def check_json(values: Values, request: Request) -> Response:
    """Answer GET /api/find/check?q=SEARCH: {"error": what, "hint", "at", "end"} or {"notes": [...]}."""

    def ask() -> dict[str, Any]:
        text = request.query_params.get("q", "")
        try:
            read(text)
            return {"notes": [note._asdict() for note in notes(values, text)]}
        except UnreadableSearch as exc:
            return {"error": exc.message, "hint": exc.hint, "at": exc.at, "end": exc.end}

    return _answered(request, ask)


def views_json(request: Request) -> Response:
    """Answer GET /api/find/views with the saved views."""
    return _answered(request, lambda: {"views": [view._asdict() for view in saved.views(published().data)]})


def change_views(body: Mapping[str, Any]) -> dict[str, Any]:
    """Save, rename or delete a view as a request says; return all that there are then.

    Raises: BadRequest for anything that is no such request.
    """
    data, action, name = published().data, body.get("action"), body.get("name")
    if not isinstance(name, str):
        raise BadRequest("the view has no name", hint="give it one")
    try:
        if action == "save":
            saved.save(data, name, _page(body.get("page")), _query(body.get("query")))
        elif action == "rename" and isinstance(body.get("new"), str):
            saved.rename(data, name, str(body["new"]))
        elif action == "delete":
            saved.delete(data, name)
        else:
            raise BadRequest("views are saved, renamed and deleted", hint="reload the page and try again")
    except NotFound:
        raise
    except SpotlightError as exc:
        raise BadRequest(exc.message, hint=exc.hint) from exc
    return {"views": [view._asdict() for view in saved.views(data)]}


def _page(page: object) -> str:
    if page not in PAGES:
        raise BadRequest("there is no such page with filters", hint=f"one of {', '.join(PAGES)}")
    return str(page)


def _query(query: object) -> dict[str, list[str]]:
    """Return the filters of an address that a view keeps."""
    if not isinstance(query, dict):
        raise BadRequest("the view has no filters", hint="reload the page and try again")
    return {
        str(key): [value for value in values if isinstance(value, str)]
        for key, values in query.items()
        if key in VIEW_KEYS and isinstance(values, list)
    }


async def post_views(request: Request) -> Response:
    """Answer POST /api/find/views: {"action": save, rename or delete, "name", ...}."""
    try:
        check_origin(request)
        body = await read_body(request)
    except BadRequest as exc:
        return error_response(400, exc.message, exc.hint)
    return await run_in_threadpool(_answered, request, lambda: change_views(body))


def routes(source: RunSource) -> list[BaseRoute]:
    """Return the routes of the search field over one source."""
    values = Values(cast(Reports, source))
    return [
        Route("/api/find/complete", lambda request: completion_json(values, request)),
        Route("/api/find/check", lambda request: check_json(values, request)),
        Route("/api/find/views", views_json),
        Route("/api/find/views", post_views, methods=["POST"]),
    ]
