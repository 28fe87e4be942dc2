"""How many calls of one model run beside each other: more while all goes well, half after a rate limit.

Additive increase, multiplicative decrease (Chiu and Jain, 1989), with slow start before the first limit.
One lane is shared by all calls of a provider's model, so that they find its limit together.
"""

from __future__ import annotations

import asyncio
from collections import deque

from replay.providers.answers import Limits


class Lane:
    """The calls of one model: at most `limit` run, none before a pause that the server asked for is over."""

    def __init__(self, limits: Limits) -> None:
        self._most = limits.most_in_flight
        self._limit = float(min(limits.in_flight, limits.most_in_flight))
        self._running = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._paused_until = 0.0  # by the loop's clock
        self._cut_at = -1.0  # when the limit was last halved; before: slow start

    @property
    def limit(self) -> int:
        """How many calls may run beside each other just now."""
        return int(self._limit)

    @property
    def running(self) -> int:
        """How many calls run just now."""
        return self._running

    async def enter(self, *, first: bool = False) -> float:
        """Wait for a place, in front of all others where `first`; return the time of entry, loop's clock."""
        loop = asyncio.get_running_loop()
        if not self._waiting and self._is_open(loop.time()):
            self._running += 1
            return loop.time()
        place: asyncio.Future[None] = loop.create_future()
        if first:
            self._waiting.appendleft(place)
        else:
            self._waiting.append(place)
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():  # the place was given and is not taken
                self._running -= 1
            self._admit()
            raise
        return loop.time()

    def leave(self) -> None:
        """Give the place back."""
        self._running -= 1
        self._admit()

    def went_well(self) -> None:
        """Allow more: one per answer at first, one per round of answers once a limit was met."""
        if self._running >= self.limit:  # a lane that is not full tells nothing of its limit
            step = 1.0 if self._cut_at < 0 else 1.0 / self._limit
            self._limit = min(float(self._most), self._limit + step)

    def was_limited(self, entered: float, pause_s: float) -> None:
        """Halve the limit, once for all calls that ran together, and start none for `pause_s` seconds."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        if entered > self._cut_at:
            self._limit = max(1.0, self._limit / 2)
            self._cut_at = now
        if now + pause_s > self._paused_until:
            self._paused_until = now + pause_s
            loop.call_at(self._paused_until, self._admit)

    def _is_open(self, now: float) -> bool:
        return self._running < self.limit and now >= self._paused_until

    def _admit(self) -> None:
        now = asyncio.get_running_loop().time()
        while self._waiting and self._is_open(now):
            place = self._waiting.popleft()
            if not place.done():
                self._running += 1
                place.set_result(None)
