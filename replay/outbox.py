"""Results on their way to the collector: in batches, one after the other, journaled when they are safe."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Generic, TypeVar

from spotlight.errors import SpotlightError

_WAIT_S: Final = 5.0  # how long a result waits for others
_MOST: Final = 50  # results sent together

T = TypeVar("T")


class Outbox(Generic[T]):
    """Takes results while the work goes on; what cannot be sent is reported at the end, not lost.

    `send` returns when what it was given is safe. Results that could not be sent are made anew from the
    journal when the plan is resumed.
    """

    def __init__(self, send: Callable[[Sequence[T]], Awaitable[None]]) -> None:
        self._send = send
        self._waiting: list[T] = []
        self._come = asyncio.Event()
        self._is_closing = False
        self._failure: SpotlightError | None = None

    def put(self, results: Sequence[T]) -> None:
        """Take some results."""
        self._waiting += results
        self._come.set()

    async def __aenter__(self) -> Outbox[T]:
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._is_closing = True
        self._come.set()
        await self._task
        if self._failure is not None:
            raise self._failure

    async def _run(self) -> None:
        while self._waiting or not self._is_closing:
            self._come.clear()
            if len(self._waiting) < _MOST and not self._is_closing:
                await self._wait()
            batch, self._waiting = self._waiting[:_MOST], self._waiting[_MOST:]
            if batch:
                try:
                    await self._send(batch)
                except SpotlightError as exc:
                    self._failure = exc

    async def _wait(self) -> None:
        """Wait for more: without end for the first result, then a moment."""
        if not self._waiting:
            await self._come.wait()
            self._come.clear()
        loop = asyncio.get_running_loop()
        deadline = loop.time() + _WAIT_S
        while len(self._waiting) < _MOST and not self._is_closing and loop.time() < deadline:
            try:
                await asyncio.wait_for(self._come.wait(), deadline - loop.time())
            except TimeoutError:
                return
            self._come.clear()
