"""What all calls of a replay share: connections, lanes and the cache, opened once and closed together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

from replay.providers.answers import Limits
from replay.providers.cache import FILE, Cache
from replay.providers.keys import Key
from replay.providers.lanes import Lane
from replay.providers.models import Model
from replay.providers.wires import Wire, wire_of

# What bad data makes of any client or reader.
BAD_DATA: Final = (ValueError, TypeError, LookupError, AttributeError, OSError, RecursionError)


class Line(NamedTuple):
    """The way to one model."""

    wire: Wire
    client: Any  # the vendor's
    http: Any  # the httpx2.AsyncClient below it
    errors: tuple[type[Exception], ...]  # what a failed attempt may raise; the transport tells why
    key: Key
    lane: Lane


class Pool:
    """Ways to models; one lane per provider and model, whichever address or key it is asked with."""

    def __init__(self, limits: Limits, cache: Cache | None, *, allow_private: bool) -> None:
        self.limits = limits
        self.cache = cache
        self._allow_private = allow_private
        self._lines: dict[Model, Line] = {}
        self._lanes: dict[tuple[str, str], Lane] = {}

    def lane(self, model: Model) -> Lane:
        """Return the lane of a model, which tells how many calls of it may run and do."""
        return self._lanes.setdefault((model.provider, model.name), Lane(self.limits))

    def line(self, model: Model) -> Line:
        """Return the way to a model, opened with its first call.

        Raises: ModelRefused where its key is missing, its address is none, or its client is not installed.
        """
        key = Key(model)
        key.check()
        found = self._lines.get(model)
        if found is None:
            found = self._lines[model] = self._open(model, key)
        return found

    def _open(self, model: Model, key: Key) -> Line:
        import anyio
        import httpx2

        from replay.providers.transport import open_client

        wire = wire_of(model.api)
        http = open_client(model, self.limits, allow_private=self._allow_private)
        errors = (*wire.errors, httpx2.HTTPError, httpx2.StreamError, anyio.EndOfStream, *BAD_DATA)
        return Line(wire, wire.open(model, http), http, errors, key, self.lane(model))

    async def aclose(self) -> None:
        """Close all connections."""
        for line in self._lines.values():
            await line.http.aclose()
        self._lines.clear()


@asynccontextmanager
async def open_pool(
    data: Path | None, *, limits: Limits | None = None, allow_private: bool = False
) -> AsyncIterator[Pool]:
    """Yield a pool with the response cache of a data folder; without a folder nothing is remembered.

    `allow_private`: models may be asked at addresses of this machine and of private networks.
    """
    cache = Cache(data / FILE) if data is not None else None
    pool = Pool(limits or Limits(), cache, allow_private=allow_private)
    try:
        yield pool
    finally:
        await pool.aclose()
        if cache is not None:
            cache.close()
