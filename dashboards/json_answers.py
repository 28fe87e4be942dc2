"""JSON over our own routes: documents with an entity tag, compressed, errors as answers."""

from __future__ import annotations

import gzip
import json
import logging
import re
from collections.abc import Callable
from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import Response

from dashboards.guard import error_response
from dashboards.source import RunSource
from spotlight.errors import BadRequest, NotFound, SpotlightError

LOG: Final = logging.getLogger(__name__)
ID: Final = re.compile(r"[0-9a-zA-Z_.:-]{1,128}")
GZIP_FROM_BYTES: Final = 1024
GZIP_LEVEL: Final = 4  # 1.3 MB of a 20,000-span run: 20 ms; level 9 takes five times that for 4 % less
Ask = Callable[[], tuple[str, dict[str, Any] | orjson.Fragment]]


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


def answer_json(
    request: Request, source: RunSource, ask: Ask, beside: Callable[[], str] = lambda: ""
) -> Response:
    """Return the JSON that `ask` gives as (tag, document), 304 where the client has it, or an error.

    The tag is "<data version>-<tag>": while the data version stands nothing was added, so the answer is 304
    without a read. `beside` says the version of what else the answer depends on.
    """
    try:
        version = f"{source.data_version()}{beside()}"
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
