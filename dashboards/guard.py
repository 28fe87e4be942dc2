"""What every response says to the browser, and which requests are refused.

Four attacks are answered here. A page elsewhere that resolves its own name to 127.0.0.1 (DNS rebinding)
fails the Host list; a page elsewhere that fetches our JSON is refused by Sec-Fetch-Site; one that opens the
websocket, over which buttons are pressed, by its Origin; and content of a span that names an image, script
or form elsewhere is stopped by the content security policy.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

# 'blob:' is how Streamlit loads a component's inline module; 'unsafe-inline' is for styles alone, which
# Streamlit's own front end writes. Nothing names another origin: no script, image, font or beacon leaves.
CONTENT_SECURITY_POLICY: Final = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' blob:",
        "worker-src 'self' blob:",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
HEADERS: Final = (
    ("content-security-policy", CONTENT_SECURITY_POLICY),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
)
OUR_SITES: Final = frozenset(("same-origin", "none"))


def error_response(status: int, error: str, hint: str = "") -> Response:
    """Return an error as JSON {"error", "hint"}: for people reading it, and never a traceback."""
    body = json.dumps({"error": error, "hint": hint})
    return Response(body, status, {"cache-control": "no-store"}, media_type="application/json")


def host_name(host: str) -> str:
    """Return the name of a Host header without its port, lower case; an IPv6 address without brackets."""
    host = host.strip().lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.rpartition(":")[0] if host.count(":") == 1 else host


def is_ours(headers: Headers) -> bool:
    """Whether a page of the address that is asked sends this, or a program that is no browser."""
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc == headers.get("host", "")


class Guard:
    """ASGI middleware: refuses what is not meant for us, adds `HEADERS` to every response."""

    def __init__(self, app: ASGIApp, allowed_hosts: Iterable[str]) -> None:
        self.app = app
        self.allowed_hosts = frozenset(host_name(host) for host in allowed_hosts)

    def refusal(self, scope: Scope) -> Response | None:
        """Return the answer to a request that must not be served, else None."""
        headers = Headers(scope=scope)
        if host_name(headers.get("host", "")) not in self.allowed_hosts:
            hint = "open the address that Spotlight printed, or add the name to the allowed hosts"
            return error_response(421, "this server does not answer for that Host", hint)
        site = headers.get("sec-fetch-site")
        if scope["path"].startswith("/api/") and site is not None and site not in OUR_SITES:
            return error_response(403, "the API answers its own pages only", "open Spotlight itself")
        if scope["type"] == "websocket" and not is_ours(headers):
            return error_response(403, "a page of another origin presses no buttons here")
        return None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        refused = self.refusal(scope)
        if scope["type"] == "websocket":
            if refused is None:
                await self.app(scope, receive, send)
            else:
                await send({"type": "websocket.close", "code": 1008, "reason": "refused"})
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS:
                    headers[name] = value
            await send(message)

        await (refused or self.app)(scope, receive, send_with_headers)
