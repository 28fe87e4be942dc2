"""Closed loop: the variant goes its own way from a step on, and mocks answer the tools it asks for.

As long as it decides and says what was recorded, each call is asked in the recorded context itself. From
where it departs, its history is its own: its answers, what the mocks say, and what the user was recorded to
say, turn by turn. Tools are answered one at a time, in the order in which they are asked for.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence
from dataclasses import replace

from replay.agreement import Agreement, compare, tool_calls
from replay.calling import Asked, Caller, CallFailed, OutOfMoney, Stopped, Unfinished
from replay.mocks.fidelity import sentences, within
from replay.mocks.ladder import Mocks
from replay.model import RecordedCall, Request, Rung, ToolAnswer
from replay.path import AnsweredTool, Called, Outcome, Path, Step
from replay.plan import Plan
from replay.recording_chains import CHAIN
from replay.sealing import loop_calls
from replay.targets import Changed
from replay.walk_steps import Work
from spotlight.errors import SpotlightError
from spotlight.messages.canonical import Message, ToolCall, ToolCallResponse


async def walk_loop(work: Work, caller: Caller, tools: Mocks, plan: Plan) -> Path:
    """Go an item's way to its end. Raises: Stopped where the plan was cancelled before that."""
    return await _Loop(work, caller, tools, plan, loop_calls(work.recording, work.case.steps[0])).go(None)


async def follow(work: Work, caller: Caller, tools: Mocks, plan: Plan, first: Path) -> Path:
    """Go on from the step at which a path first decided otherwise; its answer there is the first one here.

    Raises: Stopped where the plan was cancelled before the end.
    """
    start = next(step for step in first.steps if step.step == first.first_difference)
    return await _Loop(work, caller, tools, plan, loop_calls(work.recording, start.step)).go(start.called)


class _Loop:
    """One closed loop on its way."""

    def __init__(
        self, work: Work, caller: Caller, tools: Mocks, plan: Plan, calls: Sequence[RecordedCall]
    ) -> None:
        self._work = work
        self._caller = caller
        self._tools = tools
        self._plan = plan
        self._calls = calls
        self._turns = _turns(calls)
        self._steps: list[Step] = []
        self._history: list[Message] = []
        self._base: Changed | None = None
        self._base_of: RecordedCall | None = None
        self._is_departed = False  # the context is no longer the recorded one
        self._decides_alike = True
        self._blind_turns = 0  # of the user, said as recorded to an agent that went another way
        self._ends: tuple[Outcome, int | None, str] = (Outcome.COMPLETE, None, "")

    async def go(self, known: Called | None) -> Path:
        """Go to the end; `known` is the first answer where it is there already."""
        deadline = time.monotonic() + self._plan.max_seconds
        for index in range(self._plan.max_steps):
            if not await self._step(index, known if index == 0 else None):
                break
            if time.monotonic() > deadline:
                self._end(Outcome.INCOMPLETE, index, f"stopped after {self._plan.max_seconds:g} s")
                break
        else:
            said = f"stopped after {self._plan.max_steps} model calls"
            self._end(Outcome.INCOMPLETE, self._plan.max_steps - 1, said)
        outcome, at, reason = self._ends
        found = within(self._tools.fidelity(), {call.step for call in self._calls})
        return Path(
            self._work.item, self._work.case, tuple(self._steps), outcome, at, reason,
            notes=(*self._notes(), *sentences(found)),
            unused=tuple(tool.name for tool in found.unused) if outcome is Outcome.COMPLETE else (),
        )  # fmt: skip

    def _notes(self) -> list[str]:
        own = {call.step for call in self._calls}
        after = [call for call in self._work.recording.calls if call.step > self._calls[0].step]
        others = [call.agent_name or "an agent without a name" for call in after if call.step not in own]
        said = []
        if others:
            names = ", ".join(dict.fromkeys(others))
            said.append(
                f"Other agents ({names}; model calls: {len(others)}) are not asked anew: what they gave back "
                "is answered as a tool's result."
            )
        if self._blind_turns:
            said.append(
                f"{self._blind_turns} turns of the user are as recorded, though the way had parted before."
            )
        return said

    def _end(self, outcome: Outcome, index: int, reason: str) -> bool:
        self._ends = (outcome, self._number(index), reason)
        return False

    def _number(self, index: int) -> int:
        beyond = index - len(self._calls) + 1
        return self._calls[index].step if beyond <= 0 else self._calls[-1].step + beyond

    async def _step(self, index: int, known: Called | None) -> bool:
        """Ask one model call and answer the tools it wants; return whether the way goes on."""
        recorded = self._calls[index] if index < len(self._calls) else None
        refused = self._rebase(recorded)
        if refused or self._base is None:
            return self._end(Outcome.ERROR, index, refused)
        request = self._base.request._replace(messages=tuple(self._history))
        changes = self._changes()
        step = Step(self._number(index), recorded, request, self._base.model, None, changes=changes)
        self._steps.append(step)
        try:
            called = known or await self._ask(step)
        except (CallFailed, OutOfMoney) as exc:
            return self._failed(index, step, exc)
        agreement = self._compared(recorded, called)
        self._steps[-1] = step = step._replace(called=called, agreement=agreement)
        self._history += called.response.messages
        wanted = tool_calls(called.response)
        if not await self._answer(index, step, called, wanted):
            return False
        return self._goes_on(index, wanted)

    def _rebase(self, recorded: RecordedCall | None) -> str:
        """Take what is asked from the recorded call, while the way is the recorded one; return a refusal."""
        if recorded is None or (self._base is not None and not self._decides_alike):
            return ""
        changed = self._work.changes.of(recorded)
        if isinstance(changed, str):
            return changed
        if not self._is_departed:
            self._history = list(changed.request.messages)
        elif self._base is not None:
            changed = changed._replace(request=_going_on(changed.request, self._base.request))
        self._base, self._base_of = changed, recorded
        return ""

    def _changes(self) -> tuple[str, ...]:
        """Return what the variant changes of this step: away from the recorded way, of all but messages."""
        if not self._is_departed or self._base_of is None:
            return self._base.changes if self._base else ()
        call = self._base_of
        frame = self._work.changes.of(call._replace(request=call.request._replace(messages=())))
        return () if isinstance(frame, str) else frame.changes

    async def _ask(self, step: Step) -> Called:
        failed = self._work.failures.get(step.step)
        if failed is not None and step.step not in self._work.answered:
            raise CallFailed(failed)
        asked = Asked(
            self._work.item, step.step, step.model, step.request, step.recorded, not self._is_departed
        )
        return await self._caller.call(asked, self._work.answered)

    def _failed(self, index: int, step: Step, why: CallFailed | OutOfMoney) -> bool:
        if isinstance(why, OutOfMoney):
            self._steps.pop()
            return self._end(Outcome.BUDGET, index, why.message)
        self._steps[-1] = step._replace(failed=why.failed)
        ended = Outcome.INCOMPLETE if isinstance(why, Unfinished) else Outcome.ERROR
        return self._end(ended, index, why.message)

    def _compared(self, recorded: RecordedCall | None, called: Called) -> Agreement | None:
        """Return how far an answer agrees with the recorded one; None from where the ways part."""
        if recorded is None or recorded.response is None or not self._decides_alike:
            self._is_departed = True
            return None
        agreement = compare(recorded.response, called.response)
        self._decides_alike = agreement.decision
        self._is_departed |= not agreement.is_same
        return agreement

    async def _answer(self, index: int, step: Step, called: Called, wanted: Sequence[ToolCall]) -> bool:
        """Let the mocks answer the tools that were asked for; return whether the way goes on."""
        answered: list[AnsweredTool] = []
        for number, call in enumerate(wanted):
            try:
                answer = await self._tools.answer(call.name, call.arguments, step=step.step)
            except Stopped:
                raise
            except OutOfMoney as exc:  # for a result that a model makes up
                return self._end(Outcome.BUDGET, index, exc.message)
            except SpotlightError as exc:  # a stub of the user's, or such a call
                return self._end(Outcome.ERROR, index, str(exc))
            stops = answer.rung is Rung.DIVERGED and self._plan.on_divergence == "stop"
            if answer.rung is Rung.DIVERGED and not stops:
                answer = answer._replace(result=f"no answer to this call of {call.name}", is_error=True)
            answered.append(AnsweredTool(call, answer, called.ended_ns))
            self._steps[-1] = step._replace(tools=tuple(answered))
            if stops:
                return self._end(Outcome.DIVERGED, index, answer.reason)
            self._is_departed |= answer.rung is not Rung.EXACT
            call_id = call.id or f"call_{step.step}_{number}"
            self._history.append(Message("tool", (_told(call, call_id, answer),)))
        return True

    def _goes_on(self, index: int, wanted: Sequence[ToolCall]) -> bool:
        """Return whether another call follows; where the user spoke next, what was said goes in."""
        if not self._is_departed:
            self._turns.pop(index, None)
            return index + 1 < len(self._calls)  # it ends where the recording does
        if wanted:
            return not any(self._tools.ends_run(call.name) for call in wanted)
        turn = index if self._decides_alike else min(self._turns, default=index)
        said = self._turns.pop(turn, ())
        self._history += said
        self._blind_turns += bool(said) and not self._decides_alike
        return bool(said)


def _going_on(request: Request, before: Request) -> Request:
    """Return a request that goes on from the answer that `before` goes on from: the history is that one's."""
    fields = [
        {name: value for name, value in mine.items() if name != CHAIN}
        | {name: value for name, value in its.items() if name == CHAIN}
        for mine, its in ((request.params, before.params), (request.extra, before.extra))
    ]
    return request._replace(params=fields[0], extra=fields[1])


def _told(call: ToolCall, call_id: str, answer: ToolAnswer) -> ToolCallResponse:
    """Return what the model is told: of a recording that nothing was done to, what it was told then."""
    then = answer.source.told if answer.source else None
    if then is not None and then.response == answer.result:
        return replace(then, id=call_id)
    return ToolCallResponse(call_id, answer.result, call.name, answer.is_error or None)


def _turns(calls: Sequence[RecordedCall]) -> dict[int, tuple[Message, ...]]:
    """Return what the user said after answers without tool calls, by the place of the answer."""
    found: dict[int, tuple[Message, ...]] = {}
    for index, (call, after) in enumerate(itertools.pairwise(calls)):
        ours, theirs = len(call.message_digests), after.message_digests
        if call.response is None or tool_calls(call.response) or call.message_digests != theirs[:ours]:
            continue
        said = tuple(m for m in after.request.messages[ours:] if m.role not in ("assistant", "tool"))
        if said:
            found[index] = said
    return found
