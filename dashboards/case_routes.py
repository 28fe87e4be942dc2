"""A run as OTLP, to be sent on or kept: `/api/runs/{run_id}/otlp`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import orjson
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from dashboards.guard import error_response
from dashboards.json_answers import checked_id
from dashboards.source import RunSource
from spotlight.errors import BadRequest, NotFound, SpotlightError
from spotlight.reports import Reports
from spotlight.reports.case import select_case
from spotlight.reports.case.otlp import known_keys, otlp_requests


def otlp(source: RunSource, request: Request) -> Response:
    """Answer with the requests of a run's traces, one JSON object a line, made while they are sent."""
    reports = cast(Reports, source)
    try:
        run_id = checked_id(request, "run_id")
        rows = select_case(reports, [str(reports.run(run_id)["run_id"])])
        keys = known_keys(reports, rows)
    except BadRequest as exc:
        return error_response(400, exc.message, exc.hint)
    except NotFound as exc:
        return error_response(404, exc.message, exc.hint)
    except SpotlightError as exc:
        return error_response(503, exc.message, exc.hint)

    def lines() -> Iterator[bytes]:
        for made in otlp_requests(rows.recorded, keys):
            yield orjson.dumps(made) + b"\n"

    headers = {
        "content-disposition": f'attachment; filename="run-{run_id[:8]}.otlp.jsonl"',
        "cache-control": "no-store",
    }
    return StreamingResponse(lines(), 200, headers, media_type="application/x-ndjson")


def routes(source: RunSource) -> list[BaseRoute]:
    """Return the routes of runs as files over one source."""
    return [Route("/api/runs/{run_id}/otlp", lambda request: otlp(source, request))]
