"""What a span carries, as it was sent and of any size: `.../spans/{span_id}/content/{column}`."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from dashboards.guard import error_response
from dashboards.json_answers import checked_id
from dashboards.source import RunSource
from spotlight.errors import BadRequest, NotFound, SpotlightError


def content(source: RunSource, request: Request) -> Response:
    """Answer with one content column of a span as a file; text that a browser saves and never draws."""
    try:
        run_id, span_id, column = (checked_id(request, name) for name in ("run_id", "span_id", "column"))
        text = source.span_content(run_id, span_id, column)
    except BadRequest as exc:
        return error_response(400, exc.message, exc.hint)
    except NotFound as exc:
        return error_response(404, exc.message, exc.hint)
    except SpotlightError as exc:
        return error_response(503, exc.message, exc.hint)
    ending = "json" if text.lstrip()[:1] in ("{", "[") else "txt"
    headers = {
        "content-disposition": f'attachment; filename="{span_id.replace(":", "_")}-{column}.{ending}"',
        "cache-control": "no-store",
    }
    # Half of a surrogate pair, in hostile text, has no UTF-8: it is kept as the bytes it stands for.
    return Response(text.encode("utf-8", "surrogatepass"), 200, headers, "text/plain; charset=utf-8")


def routes(source: RunSource) -> list[BaseRoute]:
    """Return the routes of spans' content over one source."""
    path = "/api/runs/{run_id}/spans/{span_id}/content/{column}"
    return [Route(path, lambda request: content(source, request))]
