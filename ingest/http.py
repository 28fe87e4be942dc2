"""OTLP over HTTP: three POST routes, three for operators, and the answers the specification asks for.

A fourth POST route takes scores as plain JSON (docs/scores.md), a fifth the rows of case files.

Errors are google.rpc.Status bodies in the request's own encoding. No failure is ever
answered 500: clients drop the data then. Source: opentelemetry-proto
docs/specification.md, "OTLP/HTTP".
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from functools import partial
from http import HTTPStatus
from typing import Any, Final

import orjson
from google.protobuf import json_format
from google.rpc.code_pb2 import FAILED_PRECONDITION, UNIMPLEMENTED
from google.rpc.status_pb2 import Status
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from ingest.inflate import inflate
from ingest.requests import ROWS, SIGNALS, Encoding
from ingest.rpc_status import encode_status, status_of
from ingest.service import Outcome, Refusal, Service
from spotlight.errors import TooLarge, Unavailable, UnsupportedMedia

POSITION_HEADER: Final = "x-spotlight-position"
ITEMS_HEADER: Final = "x-spotlight-items"
REJECTED_HEADER: Final = "x-spotlight-rejected"
ROWS_MEDIA: Final = "application/vnd.apache.arrow.stream"
_ENCODINGS: Final[dict[str, Encoding]] = {"application/x-protobuf": "protobuf", "application/json": "json"}
_MEDIA: Final = {encoding: media for media, encoding in _ENCODINGS.items()}
_GZIP: Final = ("gzip", "x-gzip")
_PROBES: Final = ("/healthz", "/readyz")
_DRAIN_FACTOR: Final = 4  # times the cap: how far a too large body is read, so that its sender sees the 413


def http_app(
    service: Service, *, allowed_hosts: Collection[str] | None = None, cors_origins: Sequence[str] = ()
) -> Starlette:
    """Return the ASGI application of the receiver.

    `allowed_hosts` are the names a Host header may carry, without port; None allows all.
    It keeps web pages from reaching a loopback collector by a name of their own that
    they point at 127.0.0.1. Probes by `/healthz` and `/readyz` are exempt, since they
    come by address. CORS headers are sent to `cors_origins` only.
    """
    middleware = [Middleware(HostCheck, allowed=allowed_hosts)]
    if cors_origins:
        cors = Middleware(
            CORSMiddleware, allow_origins=list(cors_origins), allow_methods=["POST"], allow_headers=["*"]
        )
        middleware.append(cors)
    return Starlette(
        routes=[
            *[Route(f"/v1/{s}", partial(_export, service, s), methods=["POST"]) for s in SIGNALS],
            Route("/v1/scores", partial(_scores, service), methods=["POST"]),
            Route(f"/v1/{ROWS}", partial(_rows, service), methods=["POST"]),
            Route("/healthz", _healthz, methods=["GET"]),
            Route("/readyz", partial(_readyz, service), methods=["GET"]),
            Route("/status", partial(_status, service), methods=["GET"]),
        ],
        middleware=middleware,
        exception_handlers={HTTPException: _no_route, Exception: partial(_unexpected, service)},
    )


class HostCheck:
    """Middleware that answers 421 to requests for a host that is not ours."""

    def __init__(self, app: ASGIApp, allowed: Collection[str] | None) -> None:
        self._app = app
        self._allowed = None if allowed is None else {host.lower().strip("[]") for host in allowed}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer it."""
        if self._allowed is None or scope["type"] != "http" or scope["path"] in _PROBES:
            await self._app(scope, receive, send)
            return
        hosts = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
        if len(hosts) == 1 and _host_name(hosts[0]) in self._allowed:
            await self._app(scope, receive, send)
            return
        message = "this Host is not served here (list it among the collector's allowed hosts)"
        await _plain(Status(code=FAILED_PRECONDITION, message=message), 421)(scope, receive, send)


def _host_name(host: str) -> str:
    """Return the name of a Host header, in lower case, without port and brackets."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].lower()


async def _export(service: Service, signal: str, request: Request) -> Response:
    """Return the answer to one export request, after it is durable."""
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    encoding = _ENCODINGS.get(media)
    size = 0

    def count(chunk: int) -> None:
        nonlocal size
        size += chunk

    try:
        async with service.deadline():
            if encoding is None:
                raise UnsupportedMedia(
                    "the content type is not OTLP's", hint=f"send {' or '.join(_ENCODINGS)} as Content-Type"
                )
            with service.budget.share() as take:
                body = await _read_body(service, request, take, count)
                outcome = await service.export(signal, body, encoding)
    except ClientDisconnect:
        return Response(status_code=503)  # nobody reads it
    except Exception as error:
        refusal = service.refuse(signal, error, size)
        return _refused(refusal, encoding or "json", service.limits.retry_after_seconds)
    return _accepted(signal, outcome, encoding)


async def _scores(service: Service, request: Request) -> Response:
    """Return the ids of the scores of a JSON request, after they are durable."""
    from ingest.score_requests import (
        encode_scores,
        read_score_request,
    )  # pydantic: 20 MB only who scores pays

    async def store(body: bytes) -> tuple[Outcome, dict[str, Any]]:
        scores = await service.in_thread(read_score_request, body)
        encoded = await service.in_thread(encode_scores, scores, time.time_ns())
        outcome = await service.export("logs", encoded, "protobuf")
        return outcome, {"score_ids": [score.score_id() for score in scores]}

    return await _of_our_own(service, request, "scores", "application/json", store)


async def _rows(service: Service, request: Request) -> Response:
    """Return how many recorded rows of a request are durable now."""

    async def store(body: bytes) -> tuple[Outcome, dict[str, Any]]:
        return await service.export(ROWS, body, "arrow"), {}

    return await _of_our_own(service, request, ROWS, ROWS_MEDIA, store)


Store = Callable[[bytes], Awaitable[tuple[Outcome, dict[str, Any]]]]


async def _of_our_own(service: Service, request: Request, signal: str, wanted: str, store: Store) -> Response:
    """Return the JSON answer to a request that is not OTLP's, stored by `store`, or the refusal."""
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    size = 0

    def count(chunk: int) -> None:
        nonlocal size
        size += chunk

    try:
        async with service.deadline():
            if media != wanted:
                raise UnsupportedMedia(
                    f"{signal} are not sent as {media[:100]!r}", hint=f"send {wanted} as Content-Type"
                )
            with service.budget.share() as take:
                outcome, said = await store(await _read_body(service, request, take, count))
    except ClientDisconnect:
        return Response(status_code=503)  # nobody reads it
    except Exception as error:
        return _refused(service.refuse(signal, error, size), "json", service.limits.retry_after_seconds)
    return Response(
        orjson.dumps({"accepted": outcome.items} | said), 200, _receipt(outcome), "application/json"
    )


async def _read_body(
    service: Service, request: Request, take: Callable[[int], None], count: Callable[[int], None]
) -> bytes:
    """Return the request's body, inflated; `take` may refuse bytes, `count` is told of those that came."""
    limits = service.limits
    coding = request.headers.get("content-encoding", "identity").strip().lower() or "identity"
    if coding not in ("identity", *_GZIP):
        raise UnsupportedMedia("the content encoding is not supported", hint="send identity or gzip")
    cap = limits.http_wire_bytes if coding in _GZIP else limits.http_body_bytes
    announced = request.headers.get("content-length", "0")
    if announced.isdecimal() and int(announced) > cap:
        if "expect" not in request.headers:  # else the client waits for our word and has sent nothing
            await _discard(request, cap * _DRAIN_FACTOR)
        raise TooLarge(f"the body is larger than {cap} bytes", hint="send smaller batches")
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        count(len(chunk))
        if size > cap:
            await _discard(request, cap * _DRAIN_FACTOR)
            raise TooLarge(f"the body is larger than {cap} bytes", hint="send smaller batches")
        take(len(chunk))
        chunks.append(chunk)
    body = b"".join(chunks)
    if coding not in _GZIP:
        return body
    if len(body) * 4 < limits.thread_bytes:
        return inflate(body, limits.http_body_bytes, take)
    return await service.in_thread(inflate, body, limits.http_body_bytes, take)


async def _discard(request: Request, most: int) -> None:
    """Read on without keeping anything: a client still sending would see a reset instead of the answer."""
    size = 0
    while size < most:
        message = await request.receive()
        if message["type"] != "http.request" or not message.get("more_body", False):
            return
        size += len(message.get("body", b""))


def _accepted(signal: str, outcome: Outcome, encoding: Encoding) -> Response:
    response: Any = SIGNALS[signal].response()
    if outcome.message:
        setattr(response.partial_success, SIGNALS[signal].rejected_field, outcome.rejected)
        response.partial_success.error_message = outcome.message
    if encoding == "protobuf":
        body = response.SerializeToString()
    else:
        body = json_format.MessageToJson(response, indent=None).encode()
    return Response(body, 200, _receipt(outcome), _MEDIA[encoding])


def _receipt(outcome: Outcome) -> dict[str, str]:
    return {
        POSITION_HEADER: str(outcome.position),
        ITEMS_HEADER: str(outcome.items),
        REJECTED_HEADER: str(outcome.rejected),
    }


def _refused(refusal: Refusal, encoding: Encoding, retry_after_seconds: int) -> Response:
    headers: dict[str, str] = {}
    if refusal.retry:
        code = HTTPStatus.SERVICE_UNAVAILABLE
        headers["retry-after"] = str(retry_after_seconds)
    elif isinstance(refusal.error, TooLarge):
        code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        headers["connection"] = "close"
    elif isinstance(refusal.error, UnsupportedMedia):
        code = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
        headers["accept-encoding"] = "gzip, identity"
    else:
        code = HTTPStatus.BAD_REQUEST
    body = encode_status(status_of(refusal, retry_after_seconds), encoding)
    return Response(body, code, headers, _MEDIA[encoding])


def _plain(status: Status, code: int, headers: dict[str, str] | None = None) -> Response:
    return Response(encode_status(status, "json"), code, headers, "application/json")


async def _no_route(request: Request, error: Exception) -> Response:
    """Return 404 or 405, the latter with Allow."""
    code = error.status_code if isinstance(error, HTTPException) else 404
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    paths = ", ".join(f"/v1/{signal}" for signal in (*SIGNALS, "scores", ROWS))
    return _plain(Status(code=UNIMPLEMENTED, message=f"POST to one of {paths}"), code, headers)


async def _unexpected(service: Service, request: Request, error: Exception) -> Response:
    unavailable = Unavailable("the collector failed unexpectedly", hint="send again later")
    return _refused(Refusal(unavailable, "unavailable", True), "json", service.limits.retry_after_seconds)


async def _healthz(request: Request) -> Response:
    return _json({"alive": True})


async def _readyz(service: Service, request: Request) -> Response:
    reason = service.not_ready()
    return _json({"ready": reason is None, "reason": reason}, 200 if reason is None else 503)


async def _status(service: Service, request: Request) -> Response:
    return _json(service.status())


def _json(document: object, code: int = 200) -> Response:
    return Response(orjson.dumps(document), code, media_type="application/json")
