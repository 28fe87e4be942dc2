"""Our own routes beside Streamlit's pages: JSON of a run and of a span, the component's files, health.

Handlers are plain functions, so Starlette runs them in its thread pool: reading the lake and compressing
1 MB never stops the event loop that carries every visitor's websocket.
"""

from __future__ import annotations

import gzip
import json
import logging
import re
from collections.abc import Callable
from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from dashboards.addresses import LIST_KEYS, RUNS_PATH
from dashboards.components.trace import component
from dashboards.guard import error_response
from dashboards.source import RunSource
from spotlight.errors import BadRequest, NotFound, SpotlightError

LOG: Final = logging.getLogger(__name__)
ID: Final = re.compile(r"[0-9a-zA-Z_.:-]{1,128}")
GZIP_FROM_BYTES: Final = 1024
GZIP_LEVEL: Final = 4  # 1.3 MB of a 20,000-span run: 20 ms; level 9 takes five times that for 4 % less
Ask = Callable[[], tuple[str, dict[str, Any]]]
MEDIA_TYPES: Final = {".js": "text/javascript", ".css": "text/css"}


def encode_json(value: Any) -> bytes:
    """Return `value` as JSON; NaN becomes null, half of a surrogate pair (hostile text) an escape."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return json.dumps(value, default=str).encode()


def checked_id(request: Request, name: str) -> str:
    """Return an id from the path. Raises: BadRequest where it is not one."""
    value = str(request.path_params[name])
    if not ID.fullmatch(value):
        raise BadRequest(f"{name} is not an id", hint="1 to 128 characters of 0-9 a-z A-Z _ . : -")
    return value


def compressed(request: Request, body: bytes, headers: dict[str, str]) -> Response:
    """Return a JSON response, gzip where the client takes it and it is worth it."""
    headers = {**headers, "vary": "accept-encoding"}
    if len(body) >= GZIP_FROM_BYTES and "gzip" in request.headers.get("accept-encoding", ""):
        body = gzip.compress(body, GZIP_LEVEL)
        headers["content-encoding"] = "gzip"
    return Response(body, 200, headers, media_type="application/json")


def known_to_client(request: Request, version: str) -> str | None:
    """Return the entity tag the client already holds for this version of the data, if it does."""
    for tag in request.headers.get("if-none-match", "").split(","):
        tag = tag.strip().removeprefix("W/")
        if tag.startswith(f'"{version}-') and tag.endswith('"'):
            return tag
    return None


def answer_json(request: Request, source: RunSource, ask: Ask) -> Response:
    """Return the JSON that `ask` gives as (tag, document), 304 where the client has it, or an error.

    The tag is "<data version>-<tag>": while the data version stands nothing was added, so the answer is 304
    without a read.
    """
    try:
        version = str(source.data_version())
        known = known_to_client(request, version)
        if known is not None:
            return Response(status_code=304, headers={"etag": known, "cache-control": "private, no-cache"})
        tag, document = ask()
        headers = {"etag": f'"{version}-{tag}"', "cache-control": "private, no-cache"}
        return compressed(request, encode_json(document), headers)
    except BadRequest as exc:
        return error_response(400, exc.message, exc.hint)
    except NotFound as exc:
        return error_response(404, exc.message, exc.hint)
    except SpotlightError as exc:
        return error_response(503, exc.message, exc.hint)
    except Exception:
        LOG.exception("a request to %s failed", request.url.path)
        return error_response(503, "the lake could not be read", "see the log of the dashboards process")


def run_json(source: RunSource, request: Request) -> Response:
    """Answer GET /api/runs/{run_id} with the structure of one run."""

    def ask() -> tuple[str, dict[str, Any]]:
        document = source.run_document(checked_id(request, "run_id"))
        return f"{document['run'].get('assembled_position') or 0}", document

    return answer_json(request, source, ask)


def span_json(source: RunSource, request: Request) -> Response:
    """Answer GET /api/runs/{run_id}/spans/{span_id} with everything about one span."""

    def ask() -> tuple[str, dict[str, Any]]:
        run_id, span_id = checked_id(request, "run_id"), checked_id(request, "span_id")
        return "s", source.span_document(run_id, span_id)

    return answer_json(request, source, ask)


def asset(request: Request) -> Response:
    """Answer GET /assets/trace/{digest}/{name}: the address names the content, so it is cached for good."""
    name = str(request.path_params["name"])
    files = component.assets()
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
        Route("/assets/trace/{digest}/{name}", asset),
        Route("/api/{rest:path}", not_here),
        Route("/assets/{rest:path}", not_here),
    ]
