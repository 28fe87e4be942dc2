"""Recordings made by hand, and plans worked through with answers of the test: only the model is not real."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from replay.budget import Prices
from replay.calling import Ask, Asked
from replay.digests import request_digests
from replay.engine import Engine, Result, work
from replay.journal import Journal
from replay.mocks.ladder import Mocks
from replay.mocks.policy import Policy
from replay.mocks.tape import recorded_of
from replay.model import (
    Completeness,
    Grade,
    RecordedCall,
    RecordedTool,
    Recording,
    Request,
    Response,
    Usage,
)
from replay.path import Path as Way
from replay.plan import Case, Plan, Sealed, make_plan
from replay.providers.answers import Answer, Attempt, Outcome
from replay.rewriting import Rewriter
from replay.sealing import loop_calls, recording_digest
from replay.targets import Changes
from spotlight.messages.canonical import Message, Text, ToolCall, ToolCallResponse
from spotlight.pricing import default_book

MODEL = "gpt-4o-mini"  # 0.15 USD per million tokens in, 0.60 out
USAGE = Usage(100, 10)
COST = Decimal("0.000021")  # of USAGE
_EXACT = Grade(Completeness.EXACT, "")


def says(text: str) -> Response:
    """Return an answer of words."""
    return _answer((Text(text),), "stop")


def calls(name: str, arguments: Any, call_id: str = "c") -> Response:
    """Return an answer that calls a tool."""
    return _answer((ToolCall(call_id, name, arguments),), "tool_calls")


def _answer(parts: tuple[Any, ...], why: str) -> Response:
    return Response((Message("assistant", parts),), why, MODEL, usage=USAGE, duration_ms=100.0)


def user(text: str) -> Message:
    """Return what a user says."""
    return Message("user", (Text(text),))


class Turn(NamedTuple):
    """One recorded answer and what came after it: a tool's result, or what the user said."""

    answer: Response
    result: Any = None
    said: str | None = None


def recorded(*turns: Turn, run_id: str = "run-1") -> Recording:
    """Return the recording of a run that the user begins with `hello`."""
    history: list[Message] = [user("hello")]
    made: list[RecordedCall] = []
    tools: list[RecordedTool] = []
    for step, turn in enumerate(turns, 1):
        request = Request("openai", "chat", MODEL, (Text("be kind"),), tuple(history), ())
        digests = request_digests(request)
        made.append(
            RecordedCall(step, "t", f"s{step}", "a", "agent", step, request, turn.answer, _EXACT, *digests)
        )
        history += turn.answer.messages
        for part in turn.answer.messages[0].parts:
            if isinstance(part, ToolCall):
                tools.append(
                    RecordedTool(
                        len(tools) + 1, step, part.name, part.id, part.arguments, turn.result, True, False,
                        "t", f"t{step}", step, 5.0,
                    )
                )  # fmt: skip
                history.append(Message("tool", (ToolCallResponse(part.id, turn.result, part.name),)))
        if turn.said:
            history.append(user(turn.said))
    row = {"run_id": run_id, "agent_name": "agent", "started_ns": 1}
    return Recording(row, tuple(made), tuple(tools), _EXACT, ())


def sealed_of(found: Sequence[Recording], policy: Policy | None = None, **said: Any) -> Sealed:
    """Return a sealed plan over recordings; `said` is the plan, by default one variant, unchanged."""
    plan: Plan = make_plan({"runs": ["all"], "variants": [{"name": "v", "model": MODEL}]} | said)

    def steps(one: Recording) -> tuple[int, ...]:
        mine = loop_calls(one, plan.from_step) if plan.mode == "closed" else one.calls
        return tuple(call.step for call in mine if call.step >= plan.from_step)

    cases = [
        Case(
            run_id=str(one.run["run_id"]), digest=recording_digest(one), grade="exact",
            steps=steps(one),
        )
        for one in found
    ]  # fmt: skip
    return Sealed(plan=plan, cases=tuple(cases), policy=policy or Policy())


def answering(answer: Callable[[Asked], Response]) -> Ask:
    """Return what asks nobody: the answer of a function, as if one try had brought it."""

    async def ask(asked: Asked, _: Callable[[], bool]) -> Answer:
        return Answer(answer(asked), (Attempt(Outcome.ANSWERED, 0, 1.0),), False, ())

    return ask


class Worked(NamedTuple):
    """What came of a plan."""

    ways: list[Way]
    asked: list[Asked]

    @property
    def way(self) -> Way:
        """The only one."""
        assert len(self.ways) == 1
        return self.ways[0]


def work_through(
    folder: Path, sealed: Sealed, found: Sequence[Recording], ask: Ask, budget: str | None = None
) -> Worked:
    """Work on a plan in a folder with its journal; the results are kept, not sent."""
    by_id = {str(one.run["run_id"]): one for one in found}
    rewriters = {variant.name: Rewriter(variant) for variant in sealed.plan.all_variants()}
    ways: list[Way] = []
    questions: list[Asked] = []

    async def noted(asked: Asked, may_go_on: Callable[[], bool]) -> Answer:
        questions.append(asked)
        return await ask(asked, may_go_on)

    async def emit(results: Sequence[Result]) -> None:
        ways.extend(result.path for result in results)

    with Journal.open(folder, sealed.items()) as journal:
        engine = Engine(
            sealed, journal, by_id.__getitem__,
            lambda variant, one: Changes(rewriters[variant], one), noted,
            lambda one, item, step, _: Mocks(recorded_of(one), policy=sealed.policy, from_step=step),
            Prices(default_book()), emit,
        )  # fmt: skip
        asyncio.run(work(engine, budget_usd=None if budget is None else Decimal(budget)))
    return Worked(ways, questions)
