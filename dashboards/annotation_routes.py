"""Notes and scores from the browser: read from the lake, written through the collector of the data folder.

A page of another site must not write here: the body is JSON by its Content-Type, which no form can send, and
the request's Origin is ours. Nothing is written to the lake from this process.
"""

from __future__ import annotations

import datetime as dt
import http.client
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, cast
from urllib.parse import urlsplit

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from dashboards.guard import error_response, is_ours
from dashboards.json_answers import answer_json, checked_id, encode_json
from dashboards.source import RunSource, published
from spotlight.errors import BadRequest, NotFound, SpotlightError, Unavailable
from spotlight.reports import Reports
from spotlight.reports.notes import run_notes
from spotlight.semconv import SPOTLIGHT_NOTE, SPOTLIGHT_WITHDRAWN

MOST_BYTES: Final = 80_000
MOST_NAME: Final = 200
SECONDS: Final = 15
COLLECTOR_FILE: Final = "run/collector.json"
TARGETS: Final = ("span", "run", "session")
_HINT: Final = "reload the page and try again"


def notes_json(source: RunSource, request: Request) -> Response:
    """Answer GET /api/runs/{run_id}/notes with what was written on the run, and who reads, if known."""

    def ask() -> tuple[str, dict[str, Any]]:
        notes = run_notes(cast(Reports, source), checked_id(request, "run_id"))
        return "n", notes | {"by": named_by_proxy(request)}

    return answer_json(request, source, ask)


def named_by_proxy(request: Request) -> str | None:
    """Return who the reader is by the header that a trusted proxy sets; None where none is trusted."""
    header = published().user_header
    return (request.headers.get(header, "").strip()[:MOST_NAME] or None) if header else None


async def add_note(source: RunSource, request: Request) -> Response:
    """Answer POST /api/runs/{run_id}/notes: {"id", "time_ns"} of the version that is durable now."""
    try:
        check_origin(request)
        body = await read_body(request)
        run_id, by = checked_id(request, "run_id"), named_by_proxy(request)
        score = await run_in_threadpool(new_score, source, run_id, body, by)
        await run_in_threadpool(send, published().data, score)
    except NotFound as exc:
        return error_response(404, exc.message, exc.hint)
    except BadRequest as exc:
        return error_response(400, exc.message, exc.hint)
    except SpotlightError as exc:
        return error_response(503, exc.message, exc.hint)
    said = {"id": score["id"], "time": score["time"]}
    return Response(encode_json(said), 200, {"cache-control": "no-store"}, media_type="application/json")


def check_origin(request: Request) -> None:
    """Raise BadRequest unless one of our own pages, or a program that is no browser, sends this."""
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != "application/json":
        raise BadRequest(f"a note is not sent as {media[:100]!r}", hint="send application/json")
    if not is_ours(request.headers):
        origin = request.headers["origin"][:200]
        raise BadRequest(f"a page of {origin!r} may not write here", hint="open Spotlight itself")


async def read_body(request: Request) -> dict[str, Any]:
    """Return the JSON object of a request. Raises: BadRequest for anything else, or for too much."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise BadRequest(f"a note has at most {MOST_BYTES:,} bytes", hint="shorten it")
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError as exc:
        raise BadRequest(f"the body is not JSON: {exc}", hint=_HINT) from exc
    if not isinstance(said, dict):
        raise BadRequest("the body is no JSON object", hint=_HINT)
    return said


def new_score(source: RunSource, run_id: str, said: Mapping[str, Any], by: str | None) -> dict[str, Any]:
    """Return what the collector is sent: a score, a note, or the withdrawal of one.

    Raises: BadRequest for a target that is none, NotFound where the run, or its session, is not there.
    """
    run = source.run(run_id)
    target = said.get("target")
    if target not in TARGETS:
        raise BadRequest(f"a note has no target {str(target)[:40]!r}", hint=f"one of {', '.join(TARGETS)}")
    of: dict[str, Any] = {"run_id": run["run_id"]}
    if target == "span":
        of = {"trace_id": said.get("trace_id") or run["trace_id"], "span_id": said.get("span_id")}
    elif target == "session":
        if not run["session_id"]:
            raise BadRequest("the run names no session", hint="write on the run instead")
        of = {"session_id": run["session_id"]}
    name, text = _text(said, "name"), _text(said, "text")
    if name is None and text is None and not said.get("withdrawn"):
        raise BadRequest("the note is empty", hint="write something, or give a score a name and a value")
    label = "note" if name is None else _text(said, "label")
    return of | {
        "id": _text(said, "id") or uuid.uuid4().hex,
        "name": name or SPOTLIGHT_NOTE,
        "value": said.get("value") if name else None,
        "label": SPOTLIGHT_WITHDRAWN if said.get("withdrawn") else label,
        "explanation": None if said.get("withdrawn") else text,
        "annotator": "human",
        "evaluator": by or (_text(said, "by") or "")[:MOST_NAME] or None,
        "time": dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds"),
    }


def _text(said: Mapping[str, Any], name: str) -> str | None:
    """Return a text that says something. Raises: BadRequest where it is another value."""
    value = said.get(name)
    if value is not None and not isinstance(value, str):
        raise BadRequest(f"{name} is not text", hint=_HINT)
    return value.strip() or None if value else None


def send(data: Path, score: Mapping[str, Any]) -> None:
    """Send a score to the collector of a data folder and return once it is durable.

    Raises: Unavailable where none is running, BadRequest with what it says against the score.
    """
    try:
        address = str(orjson.loads((data / COLLECTOR_FILE).read_bytes())["http"])
    except (OSError, orjson.JSONDecodeError, KeyError) as exc:
        raise Unavailable(
            "no collector runs for this data folder: nothing can be written",
            hint="start `spotlight up`, or write with `spotlight note`",
        ) from exc
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname or "127.0.0.1", parts.port, timeout=SECONDS)
    try:
        given = {key: value for key, value in score.items() if value is not None}
        connection.request("POST", "/v1/scores", orjson.dumps(given), {"content-type": "application/json"})
        response = connection.getresponse()
        answer = response.read()
    except (OSError, http.client.HTTPException) as exc:
        raise Unavailable(f"the collector cannot be reached: {exc}", hint="see `spotlight status`") from exc
    finally:
        connection.close()
    if response.status != 200:
        raise _refusal(response.status, answer)


def _refusal(status: int, answer: bytes) -> SpotlightError:
    try:
        said = str(orjson.loads(answer).get("message", ""))
    except (orjson.JSONDecodeError, AttributeError):
        said = f"it answered {status}"
    kind = BadRequest if status == 400 else Unavailable
    return kind(f"the collector did not take it: {said[:500]}", hint=_HINT)


def routes(source: RunSource) -> list[BaseRoute]:
    """Return the routes of notes over one source."""
    path = "/api/runs/{run_id}/notes"

    async def add(request: Request) -> Response:
        return await add_note(source, request)

    return [Route(path, lambda request: notes_json(source, request)), Route(path, add, methods=["POST"])]
