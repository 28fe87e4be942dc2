"""Functions wrapped in a step: plain ones, coroutines, generators, async generators.

A generator's span is open from its first item to its end, and is the current one only while the generator
itself runs: between two items the caller's own is, and what the generator had open is found again.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any

from opentelemetry import context
from opentelemetry.context import Context

from spotlight_sdk.guard import harmless

if TYPE_CHECKING:
    from spotlight_sdk.steps import Step


def wrap(step: Step, function: Callable[..., Any]) -> Any:
    """Return a function of the same sort, every call of which is a step of its own."""
    if inspect.isasyncgenfunction(function):
        return _async_generator(step, function)
    if inspect.isgeneratorfunction(function):
        return _generator(step, function)
    if inspect.iscoroutinefunction(function):
        return _coroutine(step, function)
    return _plain(step, function)


def _plain(step: Step, function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def called(*args: Any, **kwargs: Any) -> Any:
        with step._for_call(function, args, kwargs) as one:
            value = function(*args, **kwargs)
            with harmless("recording a result"):
                one._returned(value)
            return value

    return called


def _coroutine(step: Step, function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    async def called(*args: Any, **kwargs: Any) -> Any:
        with step._for_call(function, args, kwargs) as one:
            value = await function(*args, **kwargs)
            with harmless("recording a result"):
                one._returned(value)
            return value

    return called


class _Running:
    """A step whose span is current only within `with running.on():`."""

    def __init__(self, step: Step) -> None:
        self._step = step
        self.within: Context | None = None

    def __enter__(self) -> _Running:
        self.within = self._step._begin().context
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._step._end(error)

    def on(self) -> _On:
        """Return the block in which the generator runs."""
        return _On(self)

    def yielded(self, item: object) -> None:
        """Tell the step of an item."""
        with harmless("taking notice of an item"):
            self._step._yielded(item)

    def returned(self, value: object) -> None:
        """Tell the step of the result."""
        with harmless("recording a result"):
            if value is not None:
                self._step._returned(value)


class _On:
    def __init__(self, running: _Running) -> None:
        self._running = running
        self._token: Any = None

    def __enter__(self) -> None:
        within = self._running.within
        self._token = context.attach(context.get_current() if within is None else within)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._running.within = context.get_current()  # what the generator left open, for its next turn
        context.detach(self._token)


def _generator(step: Step, function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def called(*args: Any, **kwargs: Any) -> Any:
        with _Running(step._for_call(function, args, kwargs)) as running:
            source = function(*args, **kwargs)
            resume = functools.partial(next, source)
            while True:
                try:
                    with running.on():
                        item = resume()
                except StopIteration as end:
                    running.returned(end.value)
                    return end.value
                running.yielded(item)
                try:
                    sent = yield item
                except GeneratorExit:
                    with running.on():
                        source.close()
                    raise
                except BaseException as error:
                    resume = functools.partial(source.throw, error)
                else:
                    resume = functools.partial(source.send, sent)

    return called


def _async_generator(step: Step, function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    async def called(*args: Any, **kwargs: Any) -> Any:
        with _Running(step._for_call(function, args, kwargs)) as running:
            source = function(*args, **kwargs)
            resume = functools.partial(source.asend, None)
            while True:
                try:
                    with running.on():
                        item = await resume()
                except StopAsyncIteration:
                    return
                running.yielded(item)
                try:
                    sent = yield item
                except GeneratorExit:
                    with running.on():
                        await source.aclose()
                    raise
                except BaseException as error:
                    resume = functools.partial(source.athrow, error)
                else:
                    resume = functools.partial(source.asend, sent)

    return called
