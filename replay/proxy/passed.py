"""A live answer that is passed on while it comes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from typing import Any

from replay.providers import Answer
from replay.providers.models import Api
from replay.proxy.live import HearOf
from spotlight.messages.canonical import Json

_Event = dict[str, Json]
Asked = tuple[Answer, tuple[str, ...]]  # as `Purse.ask` returns it


class Passed:
    """One call to a model under way, the events of its answer, and how it ended."""

    def __init__(
        self,
        ask: Callable[[HearOf], Coroutine[Any, Any, Asked]],
        said: Callable[[Api, _Event], Iterable[_Event]],
    ) -> None:
        """`said`: what the agent is told by an event of an API, in its own."""
        self._events: asyncio.Queue[_Event | None] = asyncio.Queue()  # None: there are no more

        def hear(source: Api, event: _Event) -> None:
            for told in said(source, event):
                self._events.put_nowait(told)

        self._call = asyncio.create_task(ask(hear))
        self._call.add_done_callback(lambda _: self._events.put_nowait(None))
        self._first: _Event | None = None

    async def begins(self) -> bool:
        """Return whether the answer comes in events, as soon as that is known; else it is there whole."""
        self._first = await self._events.get()
        return self._first is not None

    async def events(self) -> AsyncIterator[_Event]:
        """Yield the events as they come."""
        event = self._first
        while event is not None:
            yield event
            event = await self._events.get()

    async def answer(self) -> Asked:
        """Return the answer as it ended. Raises: SpotlightError where it could not be asked for."""
        return await self._call

    def drop(self) -> None:
        """Break the call off where nobody waits for its answer any more."""
        self._call.cancel()
