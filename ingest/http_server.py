"""uvicorn as a part of our loop: no signal handlers of its own, and no patience for half-sent headers."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.auto import AutoHTTPProtocol

from ingest.limits import Limits
from spotlight.errors import PartFailed


class HttpServer(uvicorn.Server):
    """uvicorn's server, stopped by `should_exit` alone: signals are the collector's business."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the process's signal handlers alone."""
        yield


def http_server(app: ASGIApp, limits: Limits) -> HttpServer:
    """Return a server for `app`; run it with `serve(sockets=[...])`."""
    config = uvicorn.Config(
        app,
        loop="asyncio",  # not whichever happens to be installed
        http=_protocol(limits.header_seconds),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        limit_concurrency=limits.connections,
        timeout_graceful_shutdown=int(limits.drain_seconds) + 1,
    )
    return HttpServer(config)


def _protocol(header_seconds: float) -> type[asyncio.Protocol]:
    """Return uvicorn's HTTP protocol, closing connections whose headers take longer than `header_seconds`."""

    class PatientProtocol(AutoHTTPProtocol):  # type: ignore[misc, valid-type]
        _timer: asyncio.TimerHandle | None = None

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            self._expect_headers()

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            if self._is_idle():
                self._expect_headers()
            else:
                self._stop_timer()

        def connection_lost(self, exc: Exception | None) -> None:
            self._stop_timer()
            super().connection_lost(exc)

        def _is_idle(self) -> bool:
            return self.cycle is None or bool(self.cycle.response_complete)

        def _expect_headers(self) -> None:
            if self._timer is None:
                self._timer = self.loop.call_later(header_seconds, self._give_up)

        def _stop_timer(self) -> None:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None

        def _give_up(self) -> None:
            self._timer = None
            if self._is_idle() and not self.transport.is_closing():
                self.transport.close()

    return PatientProtocol


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket. Raises: PartFailed where the address cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
        sock.listen(1024)
    except OSError as exc:
        sock.close()
        raise port_taken("HTTP", host, port, exc.strerror or str(exc)) from exc
    return sock


def port_taken(what: str, host: str, port: int, why: str) -> PartFailed:
    """Return the error for an address that a receiver cannot listen on."""
    return PartFailed(
        f"the {what} receiver cannot listen on {host}:{port}: {why}",
        hint="stop what uses the port, or choose another one (0 picks a free one)",
    )
