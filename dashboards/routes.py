"""Our own routes beside Streamlit's pages: JSON of a run and of a span, the component's files, health.

Handlers are plain functions, so Starlette runs them in its thread pool: reading the lake and compressing
1 MB never stops the event loop that carries every visitor's websocket.
"""

from __future__ import annotations

from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from dashboards import (
    annotation_routes,
    case_routes,
    compare_routes,
    content_routes,
    context_routes,
    experiment_routes,
    find_routes,
    transcript_routes,
)
from dashboards.addresses import LIST_KEYS, RUNS_PATH
from dashboards.components.compare.component import assets as compare_assets
from dashboards.components.experiment.component import assets as experiment_assets
from dashboards.components.find.component import assets as find_assets
from dashboards.components.trace.component import assets
from dashboards.guard import error_response
from dashboards.json_answers import answer_json, checked_id
from dashboards.run_documents import documents_of
from dashboards.source import RunSource

MEDIA_TYPES: Final = {".js": "text/javascript", ".css": "text/css"}
BUNDLES: Final = {
    "trace": assets, "compare": compare_assets, "experiment": experiment_assets, "find": find_assets,
}  # fmt: skip


def run_json(source: RunSource, request: Request) -> Response:
    """Answer GET /api/runs/{run_id} with the structure of one run."""

    def ask() -> tuple[str, orjson.Fragment]:
        document = documents_of(source).read(checked_id(request, "run_id"))
        return f"{document.position}", document.body

    return answer_json(request, source, ask)


def span_json(source: RunSource, request: Request) -> Response:
    """Answer GET /api/runs/{run_id}/spans/{span_id} with everything about one span."""

    def ask() -> tuple[str, dict[str, Any]]:
        run_id, span_id = checked_id(request, "run_id"), checked_id(request, "span_id")
        return "s", source.span_document(run_id, span_id)

    return answer_json(request, source, ask)


def asset(request: Request) -> Response:
    """Answer GET /assets/{component}/{digest}/{name}: its address names the content: kept for good."""
    name = str(request.path_params["name"])
    files = BUNDLES.get(str(request.path_params["component"]), assets)()
    if name not in files.bodies or request.path_params["digest"] != files.digest:
        return error_response(404, "no such file", "reload the page: Spotlight was updated")
    headers = {"cache-control": "public, max-age=31536000, immutable", "etag": f'"{files.digest}"'}
    media_type = MEDIA_TYPES["." + name.rpartition(".")[2]]
    return Response(files.bodies[name], 200, headers, media_type=media_type)


def health(_request: Request) -> Response:
    """Answer GET /healthz: the process serves."""
    return Response(b'{"status":"ok"}', media_type="application/json")


def not_here(_request: Request) -> Response:
    """Answer any other path of ours; without it Streamlit would answer 200 with its page."""
    return error_response(404, "no such address", "see GET /api/runs/{run_id}")


def start(request: Request) -> Response:
    """Answer GET /: to the overview, and addresses with filters from when the list was here to the list.

    A redirect and not a page: Streamlit's page without a path would share its filters' names with those
    of the list, and Back would lead to it again.
    """
    keys = set(request.query_params.keys())
    path = RUNS_PATH if keys & set(LIST_KEYS) else "/overview"
    query = request.url.query
    return RedirectResponse(f"{path}?{query}" if query else path, 302, {"cache-control": "no-store"})


def routes(source: RunSource) -> list[BaseRoute]:
    """Return our routes over one source."""
    return [
        Route("/", start),
        Route("/healthz", health),
        Route("/api/runs/{run_id}", lambda request: run_json(source, request)),
        Route("/api/runs/{run_id}/spans/{span_id}", lambda request: span_json(source, request)),
        Route("/assets/{component}/{digest}/{name}", asset),
        *annotation_routes.routes(source),
        *case_routes.routes(source),
        *compare_routes.routes(source),
        *content_routes.routes(source),
        *context_routes.routes(source),
        *experiment_routes.routes(source),
        *find_routes.routes(source),
        *transcript_routes.routes(source),
        Route("/api/{rest:path}", not_here),
        Route("/assets/{rest:path}", not_here),
    ]
