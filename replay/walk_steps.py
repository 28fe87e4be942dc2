"""Step by step: every recorded model call is answered anew from its own recorded context.

No tool is asked. Where an answer asks for a tool as the recorded answer did, the recorded result stands
beside it; where it asks for another, nothing does, and the next step starts from what was recorded anyway.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

from replay.agreement import call_key, compare, tool_calls
from replay.calling import Asked, Caller, CallFailed, OutOfMoney, Stopped, Unfinished
from replay.journal import Answered, Failed, Item
from replay.model import RecordedCall, RecordedTool, Recording, Rung, ToolAnswer
from replay.path import AnsweredTool, Called, Outcome, Path, Step
from replay.plan import Case
from replay.targets import Changed, Changes


class Work(NamedTuple):
    """What a walk needs to know of its item."""

    item: Item
    case: Case
    recording: Recording
    changes: Changes
    answered: dict[int, Answered]  # by the journal
    failures: dict[int, Failed]  # of an item that has ended already: these steps are not asked again


async def walk_steps(work: Work, caller: Caller) -> Path:
    """Ask every step of an item beside each other; return what came of it.

    Raises: Stopped where the plan was cancelled before all were asked.
    """
    calls = {call.step: call for call in work.recording.calls}
    skipped = dict(work.case.skipped)
    wanted: list[tuple[RecordedCall, Changed]] = []
    for number in work.case.steps:
        changed = work.changes.of(calls[number])
        if isinstance(changed, str):
            skipped[number] = changed
        else:
            wanted.append((calls[number], changed))
    ends = await asyncio.gather(*(_ask(work, caller, call, changed) for call, changed in wanted))
    stopped = next((end for end in ends if isinstance(end, Stopped)), None)
    if stopped is not None:
        raise stopped
    steps = tuple(end for end in ends if isinstance(end, _Ended))
    outcome, at, reason = _outcome(steps)
    return Path(work.item, work.case, tuple(end.step for end in steps), outcome, at, reason, skipped)


class _Ended(NamedTuple):
    step: Step
    failure: CallFailed | OutOfMoney | None


async def _ask(work: Work, caller: Caller, call: RecordedCall, changed: Changed) -> _Ended | Stopped:
    step = Step(call.step, call, changed.request, changed.model, None, changes=changed.changes)
    if call.step in work.failures and call.step not in work.answered:
        failed = work.failures[call.step]
        return _Ended(step._replace(failed=failed), CallFailed(failed))
    asked = Asked(work.item, call.step, changed.model, changed.request, call)
    try:
        called = await caller.call(asked, work.answered)
    except Stopped as exc:
        return exc
    except CallFailed as exc:
        return _Ended(step._replace(failed=exc.failed), exc)
    except OutOfMoney as exc:
        return _Ended(step, exc)
    agreement = compare(call.response, called.response) if call.response else None
    tools = recorded_answers(call, called, work.recording.tools)
    return _Ended(step._replace(called=called, agreement=agreement, tools=tools), None)


def recorded_answers(
    call: RecordedCall, called: Called, recorded: Sequence[RecordedTool]
) -> tuple[AnsweredTool, ...]:
    """Return the tool calls of an answer, each with the recorded result of the same call in the same step."""
    left = [tool for tool in recorded if tool.step == call.step]
    found = []
    for asked in tool_calls(called.response):
        key = call_key(asked.name, asked.arguments)
        same = next((tool for tool in left if call_key(tool.name, tool.arguments) == key), None)
        if same is not None:
            left.remove(same)
        found.append(AnsweredTool(asked, _answer(same), called.ended_ns))
    return tuple(found)


def _answer(same: RecordedTool | None) -> ToolAnswer:
    if same is None:
        return ToolAnswer(
            Rung.DIVERGED, None, reason="the recorded answer asks for no such call in this step"
        )
    if not same.has_result:
        return ToolAnswer(Rung.DIVERGED, None, source=same, reason="no result of this call is recorded")
    return ToolAnswer(Rung.EXACT, same.result, same.is_error, source=same)


def _outcome(steps: Sequence[_Ended]) -> tuple[Outcome, int | None, str]:
    """Return how an item ended: by the money, by what failed, or whole."""
    for kind, outcome in (
        (OutOfMoney, Outcome.BUDGET), (Unfinished, Outcome.INCOMPLETE), (CallFailed, Outcome.ERROR),
    ):  # fmt: skip
        for end in steps:
            if isinstance(end.failure, kind):
                return outcome, end.step.step, end.failure.message
    if not steps:
        return Outcome.SKIPPED, None, "no step of it can be asked"
    return Outcome.COMPLETE, None, ""
