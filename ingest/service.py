"""The one path of a request, whichever receiver took it in: budget, check, journal, answer.

What is refused or rejected is counted per (signal, outcome, reason) and journaled as
`receipt` records, at most once a second, so that the lake can tell what did not get in.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import threading
import time
import traceback
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import Any, Final, NamedTuple, ParamSpec, TypeVar

from ingest.journal import Journal
from ingest.limits import Limits
from ingest.requests import Accepted, Encoding, accept
from ingest.wire import TooManyItems
from spotlight.errors import BadRequest, SpotlightError, TooLarge, Unavailable, UnsupportedMedia

_REASONS: Final[tuple[tuple[type[SpotlightError], str], ...]] = (  # the first that fits
    (TooManyItems, "too_many_items"),
    (TooLarge, "too_large"),
    (UnsupportedMedia, "bad_media"),
    (BadRequest, "malformed"),
    (Unavailable, "unavailable"),
)
_RECEIPT_SECONDS: Final = 1.0
_log = logging.getLogger(__name__)
P = ParamSpec("P")
T = TypeVar("T")


class Tally(NamedTuple):
    """Requests counted together; `items` is None where they could not be counted (unknown is not zero)."""

    requests: int = 0
    items: int | None = 0
    bytes: int = 0

    def plus(self, items: int | None, size: int) -> Tally:
        """Return the tally with one more request."""
        return self.merged(Tally(1, items, size))

    def merged(self, other: Tally) -> Tally:
        """Return both tallies as one."""
        items = None if self.items is None or other.items is None else self.items + other.items
        return Tally(self.requests + other.requests, items, self.bytes + other.bytes)


class Outcome(NamedTuple):
    """What became of an accepted request; `position` is the journal's durable end after it."""

    position: int
    items: int
    rejected: int
    message: str


class Refusal(NamedTuple):
    """What a client is told about a request that was not taken; `retry` says whether to send it again."""

    error: SpotlightError
    reason: str
    retry: bool


class Budget:
    """Request bytes held in memory at once; thread-safe, since large bodies are inflated in a thread."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self.held = 0

    def take(self, size: int) -> None:
        """Count `size` bytes as held. Raises: Unavailable where that is too much."""
        with self._lock:
            if self.held + size > self._most:
                raise Unavailable("too many request bytes are in flight", hint="send again later")
            self.held += size

    @contextmanager
    def share(self) -> Iterator[Callable[[int], None]]:
        """Yield a `take` whose bytes are all given back at the end of the block."""
        taken = 0

        def take(size: int) -> None:
            nonlocal taken
            self.take(size)
            taken += size

        try:
            yield take
        finally:
            with self._lock:
                self.held -= taken


class Service:
    """What both receivers share; lives in one event loop."""

    def __init__(self, journal: Journal, limits: Limits, *, tenant: str = "default") -> None:
        self.limits = limits
        self.budget = Budget(limits.in_flight_bytes)
        self._journal = journal
        self._tenant = tenant
        self._worker = ThreadPoolExecutor(1, "large-request")  # one: large bodies are parsed one at a time
        self._accepted: dict[str, Tally] = {}
        self._lost: dict[tuple[str, str, str], Tally] = {}
        self._unsent: dict[tuple[str, str, str], Tally] = {}  # of `_lost`, what no receipt tells yet
        self._deadlines: set[asyncio.Timeout] = set()
        self._drain_at: float | None = None
        self._receipts: asyncio.Task[None] | None = None

    async def export(self, signal: str, body: bytes, encoding: Encoding) -> Outcome:
        """Return once the request is durable in the journal; a request without items is not stored.

        Raises: BadRequest (its kinds included) for what can never be accepted, Unavailable
        for what may be sent again.
        """
        received_ns = time.time_ns()
        if len(body) * (10 if encoding == "json" else 1) >= self.limits.thread_bytes:
            accepted = await self.in_thread(accept, signal, body, encoding, self.limits)
        else:
            accepted = accept(signal, body, encoding, self.limits)
        position = self._journal.end
        if accepted.items:
            position = await asyncio.wrap_future(
                self._journal.append(signal, self._tenant, received_ns, accepted.body)
            )
        self._count(signal, accepted, len(body))
        return Outcome(position, accepted.items, accepted.rejected, accepted.message)

    async def in_thread(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what `call` returns, run in the one thread for large bodies."""
        return await asyncio.get_running_loop().run_in_executor(self._worker, partial(call, *args, **kwargs))

    @asynccontextmanager
    async def deadline(self) -> AsyncIterator[None]:
        """Bound the block by the time one request may take; on shutdown by the time left to drain.

        Raises: Unavailable when the time is up.
        """
        try:
            async with asyncio.timeout(self.limits.request_seconds) as timeout:
                self._deadlines.add(timeout)
                self._hasten(timeout)
                try:
                    yield
                finally:
                    self._deadlines.discard(timeout)
        except TimeoutError as exc:
            raise Unavailable("the request took too long", hint="send again") from exc

    def _hasten(self, timeout: asyncio.Timeout) -> None:
        latest, when = self._drain_at, timeout.when()
        if latest is not None and when is not None and when > latest and not timeout.expired():
            timeout.reschedule(latest)

    def drain(self) -> None:
        """Give requests in flight `drain_seconds` from now; later ones no more than what is left of that."""
        self._drain_at = asyncio.get_running_loop().time() + self.limits.drain_seconds
        for timeout in tuple(self._deadlines):
            self._hasten(timeout)

    def refuse(self, signal: str, error: Exception, size: int) -> Refusal:
        """Return what to tell the client about a request of `size` bytes that failed, and count it.

        What we did not foresee is answered like a full disk: the client sends again,
        where any other answer would make it drop the data.
        """
        if not isinstance(error, SpotlightError):
            frame = traceback.extract_tb(error.__traceback__)[-1:]
            where = f"{frame[0].filename}:{frame[0].lineno}" if frame else "?"
            _log.error("unexpected %s at %s", type(error).__name__, where)  # its text could quote the payload
            error = Unavailable("the collector failed unexpectedly", hint="send again later")
        reason = next((word for kind, word in _REASONS if isinstance(error, kind)), "unavailable")
        self._count_lost(signal, "refused", reason, None, size)
        return Refusal(error, reason, not isinstance(error, BadRequest))

    def not_ready(self) -> str | None:
        """Return why requests should go elsewhere just now; None when all is well."""
        if self._drain_at is not None:
            return "the collector is stopping"
        return f"the journal cannot be written: {self._journal.degraded}" if self._journal.degraded else None

    def status(self) -> dict[str, Any]:
        """Return the counters since the start, ready for JSON."""
        return {
            "pid": os.getpid(),
            "ready": self.not_ready() is None,
            "not_ready": self.not_ready(),
            "journal_end": self._journal.end,
            "in_flight_bytes": self.budget.held,
            "accepted": [{"signal": s, **t._asdict()} for s, t in sorted(self._accepted.items())],
            "lost": [_receipt(key, tally) for key, tally in sorted(self._lost.items())],
        }

    def start(self) -> None:
        """Begin to journal receipts, once a second where there are any."""
        self._receipts = asyncio.get_running_loop().create_task(self._write_receipts())

    async def close(self) -> None:
        """Journal the last receipts; requests must have ended before."""
        if self._receipts is not None:
            self._receipts.cancel()
        await self._flush_receipts()
        self._worker.shutdown(wait=False, cancel_futures=True)

    def _count(self, signal: str, accepted: Accepted, size: int) -> None:
        self._accepted[signal] = self._accepted.get(signal, Tally()).plus(accepted.items, size)
        for reason, items in accepted.reasons.items():
            self._count_lost(signal, "rejected", reason, items, size)

    def _count_lost(self, signal: str, outcome: str, reason: str, items: int | None, size: int) -> None:
        key = (signal, outcome, reason)
        for tallies in (self._lost, self._unsent):
            tallies[key] = tallies.get(key, Tally(items=None if items is None else 0)).plus(items, size)

    async def _write_receipts(self) -> None:
        while True:
            await asyncio.sleep(_RECEIPT_SECONDS)
            await self._flush_receipts()

    async def _flush_receipts(self) -> None:
        """Journal the receipts not yet journaled; keep them where the journal cannot take them."""
        pending, self._unsent = self._unsent, {}
        for key, tally in pending.items():
            body = json.dumps(_receipt(key, tally)).encode()
            try:
                await asyncio.wrap_future(self._journal.append("receipt", self._tenant, time.time_ns(), body))
            except SpotlightError:
                later = self._unsent.get(key)
                self._unsent[key] = tally if later is None else tally.merged(later)


def _receipt(key: tuple[str, str, str], tally: Tally) -> dict[str, object]:
    signal, outcome, reason = key
    return {"signal": signal, "outcome": outcome, "reason": reason, **tally._asdict()}
