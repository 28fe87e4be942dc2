"""The way out for model calls: one origin, checked addresses, the key put on last, no redirects.

The vendors' clients never hold a key: they are given a placeholder, and only the headers named here leave
with the key added. A host is looked up once per connection, what it stands for is checked, and the
connection goes to the address that was checked, so that no later look-up can lead elsewhere.
This module imports the HTTP library, which takes a while: it is imported where a first call is made.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import contextmanager
from functools import cache
from typing import Any, Final

import httpcore2
import httpx2

from replay.providers.addresses import check_address
from replay.providers.answers import Limits
from replay.providers.exchange import CURRENT, Exchange
from replay.providers.keys import Key
from replay.providers.models import Model, origin_of
from spotlight.errors import ModelRefused

# What may leave beside the key: clients add headers from variables meant for their own provider.
_HEADERS: Final = frozenset(
    [b"host", b"accept", b"accept-encoding", b"connection", b"content-length", b"content-type",
     b"transfer-encoding", b"user-agent", b"anthropic-version", b"anthropic-beta", b"x-goog-api-client"]
)  # fmt: skip


def open_client(model: Model, limits: Limits, *, allow_private: bool) -> httpx2.AsyncClient:
    """Return a client that reaches the model's origin and nothing else; whoever opens it closes it."""
    return httpx2.AsyncClient(
        transport=GuardedTransport(model, allow_private=allow_private),
        timeout=httpx2.Timeout(limits.silence_s, connect=limits.connect_s, pool=None),
        follow_redirects=False,
        trust_env=False,  # neither proxies nor .netrc: both would send the key through other hands
    )


@cache
def _certificates() -> ssl.SSLContext:
    """Return whom encrypted connections trust: 50 ms to read, the same for every model."""
    return httpx2.create_ssl_context()


class GuardedTransport(httpx2.AsyncBaseTransport):
    """Sends requests to one origin, with the key of its model."""

    def __init__(self, model: Model, *, allow_private: bool) -> None:
        self._origin = origin_of(model.base_url)
        self._key = Key(model)
        in_clear = self._key.is_needed and self._origin.startswith("http://")
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=_certificates(),
            max_connections=None,  # how many calls run is the lane's business
            keepalive_expiry=4.0,  # many model servers hang up after five seconds
            network_backend=GuardedNetwork(allow_private=allow_private, is_key_in_clear=in_clear),
        )

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Return the response to a request whose headers are checked and whose key is put on here."""
        exchange = CURRENT.get() or Exchange()
        with _reported(exchange):
            if origin_of(str(request.url)) != self._origin:
                raise ModelRefused(
                    f"the client turned to {request.url.host}, which is not where {self._origin} is"
                )
            exchange.sent_s = time.perf_counter()
            answered = await self._pool.handle_async_request(self._outgoing(request))
        exchange.status = answered.status
        exchange.headers = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in answered.headers}
        return httpx2.Response(
            answered.status,
            headers=answered.headers,
            stream=_Body(answered.stream, exchange),
            extensions=answered.extensions,
        )

    def _outgoing(self, request: httpx2.Request) -> httpcore2.Request:
        kept = [(name, value) for name, value in request.headers.raw if name.lower() in _HEADERS]
        url = request.url
        return httpcore2.Request(
            request.method,
            httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
            headers=kept + self._key.header(),
            content=request.stream,
            extensions=request.extensions,
        )

    async def aclose(self) -> None:
        """Close all connections."""
        await self._pool.aclose()


class GuardedNetwork(httpcore2.AsyncNetworkBackend):
    """Opens connections to addresses that were looked up and checked here."""

    def __init__(self, *, allow_private: bool, is_key_in_clear: bool) -> None:
        self._allow_private = allow_private
        self._is_key_in_clear = is_key_in_clear
        self._inner = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Return a connection to the first address of the host that answers; all of them must be allowed."""
        try:
            async with asyncio.timeout(timeout):
                addresses = await _look_up(host, port)
        except TimeoutError as exc:
            raise httpcore2.ConnectTimeout(f"{host} was not looked up in time") from exc
        for address in addresses:
            check_address(
                address, host, allow_private=self._allow_private, is_key_in_clear=self._is_key_in_clear
            )
        for address in addresses[:-1]:
            try:
                return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                continue
        return await self._inner.connect_tcp(addresses[-1], port, timeout, local_address, socket_options)

    async def sleep(self, seconds: float) -> None:
        """Wait, for the pool's own retries."""
        await asyncio.sleep(seconds)


async def _look_up(host: str, port: int) -> list[str]:
    """Return the addresses of a host, in the order in which the system prefers them."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as exc:
        raise httpcore2.ConnectError(f"{host} has no address: {exc.strerror}") from exc
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class _Body(httpx2.AsyncByteStream):
    """The bytes of a response, with what breaks them off noted."""

    def __init__(self, stream: Any, exchange: Exchange) -> None:
        self._stream = stream
        self._exchange = exchange

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _reported(self._exchange):
            async for piece in self._stream:
                yield piece

    async def aclose(self) -> None:
        await self._stream.aclose()


@contextmanager
def _reported(exchange: Exchange) -> Any:
    """Note what goes wrong inside, and raise it as the error of httpx2 that has the same name."""
    try:
        yield
    except ModelRefused as exc:
        exchange.refused = exc
        raise httpx2.ConnectError(str(exc)) from None
    except _CORE_ERRORS as exc:
        exchange.is_unreached = isinstance(exc, _UNREACHED)
        exchange.is_timeout = isinstance(exc, httpcore2.TimeoutException)
        exchange.is_broken = not exchange.is_timeout
        kind = getattr(httpx2, type(exc).__name__, httpx2.NetworkError)
        raise kind(str(exc)) from exc


_UNREACHED: Final = (httpcore2.ConnectError, httpcore2.ConnectTimeout, httpcore2.PoolTimeout)
_CORE_ERRORS: Final = (
    httpcore2.TimeoutException,
    httpcore2.NetworkError,
    httpcore2.ProtocolError,
    httpcore2.ProxyError,
    httpcore2.UnsupportedProtocol,
)
