"""Failures of the program are recorded and go on; failures of the telemetry end in the SDK."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from collections.abc import Callable
from decimal import Decimal
from enum import Enum
from typing import Any, NoReturn
from uuid import UUID

import numpy as np
import pytest
from opentelemetry import context, trace
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.trace import StatusCode

import spotlight_sdk as spotlight
from spotlight_sdk.content import CAPTURE_VARIABLE, to_json
from tests.sdk.conftest import Spans

OFF = pytest.mark.parametrize("value", ["false", "NO_CONTENT", "EVENT_ONLY", " False "])
SECRET = "ann@example.com"


class Unspeakable:
    """A value that cannot be shown."""

    def __str__(self) -> NoReturn:
        raise RuntimeError("no")

    __repr__ = __str__


def test_an_exception_marks_the_step_and_goes_on(spans: Spans) -> None:
    """Status, type and exception event are on every step that it leaves; nothing else is touched."""
    with pytest.raises(TimeoutError, match="too late"), spotlight.run("r"):  # noqa: PT012
        with pytest.raises(KeyError), spotlight.tool("caught"):
            raise KeyError("k")
        with spotlight.tool("fatal"):
            raise TimeoutError("too late")
    for name in ("execute_tool fatal", "invoke_agent r"):
        assert (StatusCode.ERROR, "too late") == (
            spans[name].status.status_code,
            spans[name].status.description,
        )
        assert "TimeoutError" == spans.says(name, "error.type")
        [event] = spans[name].events
        assert ("exception", "too late") == (event.name, (event.attributes or {})["exception.message"])
    assert StatusCode.ERROR == spans["execute_tool caught"].status.status_code
    assert trace.get_current_span() is trace.INVALID_SPAN


def test_decorated_functions_fail_as_they_did(spans: Spans) -> None:
    """A decorated function or coroutine raises its own exception; a cancelled one is an error too."""

    @spotlight.tool()
    def broken() -> None:
        raise ValueError(SECRET)

    @spotlight.tool()
    async def endless() -> None:
        await asyncio.get_running_loop().create_future()

    with pytest.raises(ValueError, match="ann@"):
        broken()
    with pytest.raises(TimeoutError):
        asyncio.run(asyncio.wait_for(endless(), 0.01))
    assert ["ValueError", "asyncio.exceptions.CancelledError"] == [
        spans.says(f"execute_tool {name}", "error.type") for name in ("broken", "endless")
    ]


def test_a_program_may_end_inside_a_step(spans: Spans) -> None:
    """sys.exit() inside a run is no failure of it; with a code it is."""
    for code in (None, 0, 3):
        with pytest.raises(SystemExit), spotlight.run(f"exit {code}"):
            raise SystemExit(code)
    assert [True, True, False] == [spans[f"invoke_agent exit {code}"].status.is_ok for code in (None, 0, 3)]


def test_a_tool_may_fail_without_an_exception(spans: Spans) -> None:
    """`fail` says it: status, words and type."""
    with spotlight.tool("t") as call:
        call.fail("no such account", "not_found")
    status = spans["execute_tool t"].status
    assert (StatusCode.ERROR, "no such account") == (status.status_code, status.description)
    assert "not_found" == spans.says("execute_tool t", "error.type")


def everything_said() -> None:
    """Say something in every place that takes content."""
    with spotlight.run("r", input=SECRET) as run:
        with spotlight.tool("t", {"to": SECRET}) as call:
            call.result(SECRET)
            call.fail(SECRET)
        with spotlight.generation("m", messages=SECRET, system=SECRET, tools=[SECRET]) as answer:
            answer.output(SECRET)
        spotlight.decision(SECRET, decision_type="d", selected_tool="t").record()
        with spotlight.memory_read("s", query=SECRET) as read:
            read.records([SECRET])
        spotlight.memory_write("s", SECRET).record()
        spotlight.checkpoint("c", state=SECRET).record()
        with spotlight.approval("a", arguments=SECRET) as gate:
            gate.decide("denied", by="policy", reason=SECRET, arguments=SECRET)
        spotlight.score("s", 0, explanation=SECRET)
        with pytest.raises(ValueError, match="ann@"), spotlight.tool("raises"):
            raise ValueError(SECRET)
        run.output(SECRET)


def all_text(spans: Spans) -> str:
    """Return everything that the spans say."""
    return json.dumps([json.loads(span.to_json()) for span in spans._exporter.get_finished_spans()])


@OFF
def test_no_content_leaves_when_switched_off(
    spans: Spans, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    """With the conventions' variable off, facts are recorded but no content, nor what exceptions say."""
    monkeypatch.setenv(CAPTURE_VARIABLE, value)
    everything_said()
    assert SECRET not in all_text(spans)
    assert '{"decision_type":"d","selected_tool":"t"}' == spans.says("decision d", "spotlight.decision")
    assert 1 == spans.says("search_memory s", "gen_ai.memory.record.count")
    assert "ValueError" == spans.says("execute_tool raises", "error.type")


def test_the_nearest_step_says_whether_content_is_recorded(
    spans: Spans, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`capture` holds for all steps inside, until one of them says otherwise, whatever the variable says."""
    with spotlight.identity(capture=False):
        everything_said()
    assert SECRET not in all_text(spans)
    monkeypatch.setenv(CAPTURE_VARIABLE, "false")
    with spotlight.run("off"), spotlight.run("on", capture=True), spotlight.tool("t2", SECRET):
        pass
    assert SECRET == spans.says("execute_tool t2", "gen_ai.tool.call.arguments")


def test_every_value_has_a_text() -> None:
    """Values that JSON has no word for, cycles, and values that cannot be shown become text."""

    @dataclasses.dataclass
    class Point:
        x: Decimal
        at: object

    class Colour(Enum):
        RED = "red"

    cycle: list[Any] = [1]
    cycle.append(cycle)
    deep: list[Any] = []
    for _ in range(5000):
        deep = [deep]
    assert '{"x":"1.50","at":"red"}' == to_json(Point(Decimal("1.50"), Colour.RED))
    assert "[1,\"<class 'list'>\"]" == to_json(cycle)
    assert '{"1":["nan","<3 bytes>","<Unspeakable>"]}' == to_json({1: (float("nan"), b"abc", Unspeakable())})
    assert (r'"\ud800 日"', True) == (to_json("\ud800 日"), len(to_json(deep)) < 200)
    assert [1, 2] == sorted(json.loads(to_json({1, 2})))


def test_values_that_cannot_be_shown_do_not_stop_a_tool(spans: Spans) -> None:
    """Arguments, results, names and errors of any sort leave the program as it was."""

    @spotlight.tool()
    def odd(value: object) -> object:
        return value

    value = Unspeakable()
    assert value is odd(value)
    error = LookupError(value)
    with pytest.raises(LookupError) as raised, spotlight.tool("\ud800"):
        raise error
    assert raised.value is error
    assert ["execute_tool odd", "execute_tool ?"] == spans.names()
    assert StatusCode.ERROR == spans["execute_tool ?"].status.status_code


def test_facts_of_any_type_are_carried(spans: Spans) -> None:
    """Ids that are no text, numbers of other libraries and numbers too large for OTLP arrive readable."""
    session = UUID(int=7)
    with (
        spotlight.run("r", session=session) as run,
        spotlight.generation("m", parameters={"seed": 2**70}) as call,
    ):  # type: ignore[arg-type]
        call.usage(np.int64(5), 2**64, cache_read_tokens=Unspeakable())  # type: ignore[arg-type]
        call.set("cost", Decimal("1.5"))
    assert (str(session), str(session)) == (
        spans.says("chat m", "spotlight.session.id"),
        spans.says("chat m", "gen_ai.conversation.id"),
    )
    assert (5, str(2**64), "<Unspeakable>", 1.5, str(2**70)) == tuple(
        spans.says("chat m", key)
        for key in (
            "gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens",
            "gen_ai.usage.cache_read.input_tokens", "cost", "gen_ai.request.seed",
        )
    )  # fmt: skip
    assert run.trace_id == f"{spans['chat m'].context.trace_id:032x}"  # type: ignore[union-attr]


def test_arguments_of_the_wrong_sort_stop_nothing(spans: Spans) -> None:
    """What a program passes by mistake is recorded as well as it can be, and raises nothing."""

    class Odd(dict[str, object]):
        def items(self) -> NoReturn:
            raise RuntimeError("odd")

        get = __iter__ = items  # type: ignore[assignment]

    odd: Any = Odd(role="user")
    with spotlight.run("r", input=odd), spotlight.generation("m", messages=[odd], parameters=odd) as call:
        call.usage("many", cache_read_tokens=5, cache_in_input=False)  # type: ignore[arg-type]
        call.response(finish_reasons=None)
        call.set("mine", odd)
        call.output(odd)
    spotlight.decision("d", decision_type="d", input_context_refs=5, policy_checks=[odd]).record()  # type: ignore[arg-type]
    spotlight.approval("a", asked_ns="then").record()  # type: ignore[arg-type]
    spotlight.score("s", "high")  # type: ignore[arg-type]
    assert ["chat m", "invoke_agent r", "decision d"] == spans.names()


def test_a_broken_provider_stops_nothing(said: Callable[[], list[str]]) -> None:
    """Where another processor raises, the program goes on, and the log says so once."""

    class Broken(SpanProcessor):
        def on_start(self, span: object, parent_context: object = None) -> None:
            raise RuntimeError("broken")

    provider = TracerProvider()
    provider.add_span_processor(Broken())
    with spotlight.run("r", tracer_provider=provider), spotlight.tool("t") as call:
        call.result(1)
    assert ["beginning a step failed: the telemetry is incomplete, the program goes on"] == said()
    assert trace.get_current_span() is trace.INVALID_SPAN


def test_what_comes_too_late_is_said(spans: Spans, said: Callable[[], list[str]]) -> None:
    """What is said of a step that has ended, or scored where nothing is under way, is on the log."""
    with spotlight.tool("t") as call:
        pass
    call.result("late")
    spotlight.score("late", 1)
    assert 2 == len(said())
    assert "'gen_ai.tool.call.result' was said of a step that has ended: not recorded" == said()[0]


def test_without_any_provider_nothing_happens() -> None:
    """Where the program sets no tracing up, steps do nothing and the program runs."""
    token = context.attach(context.Context())
    with spotlight.run("r") as run, spotlight.tool("t") as call:
        call.result(1)
    context.detach(token)
    assert "0" * 32 == run.trace_id
