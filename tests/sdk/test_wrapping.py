"""Steps as decorators: functions, coroutines, generators, async generators."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Iterator

import pytest
from opentelemetry import trace

import spotlight_sdk as spotlight
from tests.sdk.conftest import Spans


def current_name() -> str | None:
    """Return the name of the current span."""
    return getattr(trace.get_current_span(), "name", None)


class Desk:
    """Something with a method."""

    @spotlight.tool()
    def add(self, a: int, b: int = 2) -> int:
        """Add."""
        return a + b


def test_a_function_keeps_name_arguments_and_result(spans: Spans) -> None:
    """A decorated method is still itself; the span has its name, its arguments and its result."""
    assert ("add", "Add.", 3) == (Desk.add.__name__, Desk.add.__doc__, Desk().add(1))
    assert '{"a":1}' == spans.says("execute_tool add", "gen_ai.tool.call.arguments")
    assert "3" == spans.says("execute_tool add", "gen_ai.tool.call.result")


def test_a_coroutine_stays_one(spans: Spans) -> None:
    """The span of a decorated coroutine lasts until it has been awaited; concurrent calls do not mix."""

    @spotlight.tool("wait")
    async def wait(turns: int) -> int:
        for _ in range(turns):
            await asyncio.sleep(0)
        with spotlight.step(f"in {turns}"):
            return turns

    async def main() -> list[int]:
        async with spotlight.run("all"):
            return list(await asyncio.gather(wait(3), wait(1)))

    assert inspect.iscoroutinefunction(wait)
    assert [3, 1] == asyncio.run(main())
    assert ["step in 1", "execute_tool wait", "step in 3", "execute_tool wait", "invoke_agent all"] == (
        spans.names()
    )
    inner = spans["step in 3"].parent
    assert inner is not None
    assert inner.span_id != spans["step in 1"].parent.span_id  # type: ignore[union-attr]


def test_a_function_that_calls_itself_has_a_step_per_call(spans: Spans) -> None:
    """Recursion gives nested steps, each with its own arguments."""

    @spotlight.step("down")
    def down(left: int) -> int:
        return left and down(left - 1)

    down(2)
    depths = [
        span.parent is not None for span in map(spans._exporter.get_finished_spans().__getitem__, range(3))
    ]
    assert [True, True, False] == depths


def test_a_generator_is_one_step_from_first_item_to_last(spans: Spans) -> None:
    """Its span is current inside and not between items; what it opened inside is found again."""

    @spotlight.generation("m")
    def talk() -> Iterator[str | None]:
        with spotlight.step("inner"):
            yield current_name()
            yield current_name()
        call = spotlight.current_step(spotlight.Generation)
        assert call is not None
        call.usage(3, 2)
        yield current_name()

    outside = []
    with spotlight.run("r"):
        inside = []
        for name in talk():
            inside.append(name)
            outside.append(current_name())
    assert ["step inner", "step inner", "chat m"] == inside
    assert ["invoke_agent r"] * 3 == outside
    assert (3, True) == (
        spans.says("chat m", "gen_ai.usage.input_tokens"),
        "gen_ai.response.time_to_first_chunk" in (spans["chat m"].attributes or {}),
    )


def test_a_generator_takes_what_is_sent_thrown_and_returned(spans: Spans) -> None:
    """send, throw, return and close reach the generator as if it were not decorated."""

    @spotlight.step("echo")
    def echo() -> Iterator[object]:
        got = yield "ready"
        try:
            yield got
        except KeyError:
            yield "caught"
        return "end"

    talk = echo()
    assert "ready" == next(talk)
    assert "x" == talk.send("x")  # type: ignore[attr-defined]
    assert "caught" == talk.throw(KeyError("k"))  # type: ignore[attr-defined]
    with pytest.raises(StopIteration) as stopped:
        next(talk)
    assert ("end", True) == (stopped.value.value, spans["step echo"].status.is_ok)


@pytest.mark.parametrize("close", [True, False], ids=["closed", "failed"])
def test_a_generator_left_early_ends_its_span(spans: Spans, close: bool) -> None:
    """Closing is an ordinary end; an exception inside is a failure of the step."""

    @spotlight.step("source")
    def source() -> Iterator[int]:
        yield 1
        raise ValueError("no more")

    numbers = source()
    next(numbers)
    if close:
        numbers.close()  # type: ignore[attr-defined]
    else:
        with pytest.raises(ValueError, match="no more"):
            next(numbers)
    assert close == spans["step source"].status.is_ok
    assert current_name() is None


def test_an_async_generator_is_one_step(spans: Spans) -> None:
    """Async generators are as the others; breaking out of one and closing it ends the span quietly."""
    names: list[str | None] = []

    @spotlight.generation("m")
    async def talk() -> AsyncIterator[str | None]:
        async with spotlight.step("inner"):
            yield current_name()
            await asyncio.sleep(0)
            yield current_name()
        yield current_name()

    async def main() -> None:
        stream = talk()
        async for name in stream:
            names.extend((name, current_name()))
        early = talk()
        await anext(early)  # type: ignore[call-overload]
        await early.aclose()  # type: ignore[attr-defined]

    asyncio.run(main())
    assert ["step inner", None, "step inner", None, "chat m", None] == names
    assert [True] * 4 == [span.status.is_ok for span in spans._exporter.get_finished_spans()]


def test_a_decorator_without_parentheses_is_told_so() -> None:
    """`@tool` on a function would replace the function by a tool call: it is refused where it stands."""
    with pytest.raises(TypeError, match=r"with parentheses, @tool\(\.\.\.\)"):
        spotlight.tool(print)  # type: ignore[arg-type]
