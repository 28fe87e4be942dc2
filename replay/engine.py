"""Working through a sealed plan: case by case, its items beside each other, every result handed on.

What the journal knows is not asked again. An item whose result was not handed on before the process ended
is gone through once more from the journal alone, and handed on then.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, NamedTuple

from replay.budget import Budget, Prices
from replay.calling import Ask, Asked, Caller, Stopped
from replay.journal import Item, ItemState, Journal
from replay.mocks.ladder import Mocks, Simulate
from replay.mocks.simulation import simulating
from replay.model import Recording, Request, Response
from replay.outbox import Outbox
from replay.path import Outcome, Path
from replay.plan import Sealed
from replay.sealing import Recordings, recording_digest
from replay.targets import Changes
from replay.walk_loop import follow, walk_loop
from replay.walk_steps import Work, walk_steps
from spotlight.errors import SpotlightError

SIMULATED: Final = 1_000_000  # calls that make up tool results are journaled as steps from here on
_CASES_AHEAD: Final = 4  # cases whose recordings are held beside each other, at least

# Returns the mocked tools of an item from a step on; the last is what makes results up, if anything does.
MocksOf = Callable[[Recording, Item, int, Simulate | None], Mocks]
# Takes results to where runs are kept; returns when they are in safe hands.
Emit = Callable[[Sequence["Result"]], Awaitable[None]]


class Result(NamedTuple):
    """One item gone to its end, ready to be handed on."""

    path: Path
    run: Mapping[str, Any]  # the recorded run's row
    times: tuple[int, int]


class Engine(NamedTuple):
    """All that the work on a plan needs from outside."""

    sealed: Sealed
    journal: Journal
    recordings: Recordings
    changes: Callable[[str, Recording], Changes]
    ask: Ask
    tools: MocksOf
    prices: Prices
    emit: Emit


async def work(engine: Engine, *, budget_usd: Decimal | None) -> None:
    """Work until everything has ended, the money is spent or somebody cancels.

    Raises: SpotlightError where a recording is no longer what it was when the plan was made; ModelRefused
    where a model cannot be asked at all.
    """
    budget = Budget(budget_usd, engine.journal.spent())
    caller = Caller(engine.journal, budget, engine.prices, engine.ask, engine.sealed.plan.concurrency)
    states = [state for state in engine.journal.items() if _is_open(state)]
    groups = itertools.groupby(states, key=lambda state: state.item.case_no)
    cases = ((number, list(group)) for number, group in groups)
    ahead = max(_CASES_AHEAD, engine.sealed.plan.concurrency // 4)

    async def emit(results: Sequence[Result]) -> None:
        await engine.emit(results)
        engine.journal.sent(result.path.item.item for result in results)

    async with Outbox(emit) as outbox:
        try:
            async with asyncio.TaskGroup() as tasks:
                for _ in range(ahead):
                    tasks.create_task(_next_cases(engine, caller, cases, outbox))
        except ExceptionGroup as several:
            raise several.exceptions[0] from several
    if caller.refusal is not None:
        raise caller.refusal


def _is_open(state: ItemState) -> bool:
    return state.outcome is None or (not state.is_sent and state.outcome != Outcome.BUDGET)


async def _next_cases(
    engine: Engine, caller: Caller, cases: Iterator[tuple[int, list[ItemState]]], outbox: Outbox[Result]
) -> None:
    """Work on one case after the other until none is left."""
    for case_no, states in cases:
        if caller.is_stopped:
            return
        case = engine.sealed.cases[case_no]
        found = await asyncio.to_thread(engine.recordings, case.run_id)
        if recording_digest(found) != case.digest:
            raise SpotlightError(
                f"run {case.run_id} is not what it was when this plan was made",
                hint="more of it may have arrived; make a new plan",
            )
        pairs = _pairs(states)
        done = await asyncio.gather(*(_pair(engine, caller, found, pair) for pair in pairs))
        outbox.put([result for several in done for result in several])


def _pairs(states: Sequence[ItemState]) -> list[list[ItemState]]:
    """Return items that depend on each other together: a path, and what follows it."""
    grouped = itertools.groupby(states, key=lambda state: (state.item.variant, state.item.repeat))
    return [list(group) for _, group in grouped]


async def _pair(engine: Engine, caller: Caller, found: Recording, pair: Sequence[ItemState]) -> list[Result]:
    """Go through an item and what follows it; return what is to be handed on, nothing when stopped."""
    results: list[Result] = []
    first: Path | None = None
    try:
        for state in pair:
            path = await _walk(engine, caller, found, state, first)
            first = path
            times = _finish(engine.journal, state, path)
            if path.outcome is Outcome.SKIPPED:
                engine.journal.sent([state.item.item])  # there is nothing to hand on
            elif path.outcome is not Outcome.BUDGET:
                results.append(Result(path, found.run, times))
    except Stopped:
        pass
    return results


async def _walk(
    engine: Engine, caller: Caller, found: Recording, state: ItemState, first: Path | None
) -> Path:
    item = state.item
    work = _work_of(engine, found, state)
    if item.leg == "path" and engine.sealed.plan.mode == "step":
        return await walk_steps(work, caller)
    if item.leg == "path":
        tools = engine.tools(found, item, work.case.steps[0], _simulate(engine, caller, work))
        return await walk_loop(work, caller, tools, engine.sealed.plan)
    if first is None:  # it was handed on by a process before this one
        before = ItemState(Item(item.item - 1, *item[1:4], "path"), Outcome.COMPLETE, None, None, True)
        first = await walk_steps(_work_of(engine, found, before), caller)
    if first.outcome is Outcome.BUDGET:  # which step is the first to decide otherwise is not known yet
        return Path(item, work.case, (), Outcome.BUDGET, reason=first.reason)
    start = first.first_difference
    failed = [
        step.step for step in first.steps if step.called is None and step.step < (start or step.step + 1)
    ]
    if (
        start is None or failed
    ):  # a step that failed may be the first to decide otherwise, once it is answered
        return Path(item, work.case, (), Outcome.SKIPPED, reason=_nothing_to_follow(first, failed))
    tools = engine.tools(found, item, start, _simulate(engine, caller, work))
    path = await follow(work, caller, tools, engine.sealed.plan, first)
    return path._replace(notes=(*_unknown_before(first), *path.notes))


def _unknown_before(first: Path) -> list[str]:
    """Return in words that an earlier step than the one that is followed may decide otherwise, too."""
    until = first.first_difference or 0
    before = [step.step for step in first.steps if step.agreement is None and step.step < until]
    return [f"steps {before} before it cannot be compared: it may not be the first divergence"] * bool(before)


def _nothing_to_follow(first: Path, failed: Sequence[int]) -> str:
    """Return why no step of a path is gone on from: none differs, or which does first is not known."""
    if failed:
        return f"which step first decides otherwise is not known: no answer to {list(failed)}: {first.reason}"
    same, compared = first.agreement
    if compared == len(first.steps):
        return "no step decides otherwise" if compared else "no step was asked"
    return f"no answer of {same} that can be compared decides otherwise, of {len(first.steps)} steps"


def _simulate(engine: Engine, caller: Caller, work: Work) -> Simulate | None:
    """Return what makes up tool results by the plan's model: journaled and paid like every other call."""
    if engine.sealed.plan.simulate is None:
        return None
    model = engine.sealed.plan.simulate.parsed()
    numbers = itertools.count(SIMULATED)

    async def ask(request: Request) -> Response:
        asked = Asked(work.item, next(numbers), model, request, None, False)
        return (await caller.call(asked, work.answered)).response

    return simulating(ask, model.provider, model.name)


def _work_of(engine: Engine, found: Recording, state: ItemState) -> Work:
    item, journal = state.item, engine.journal
    return Work(
        item,
        engine.sealed.cases[item.case_no],
        found,
        engine.changes(item.variant, found),
        journal.answered(item.item),
        {} if state.outcome is None else journal.failures(item.item),
    )


def _finish(journal: Journal, state: ItemState, path: Path) -> tuple[int, int]:
    """Write down how an item ended, once; return when it ended, twice, for where no call was made."""
    same, compared = path.agreement
    told = {
        "at_step": path.at_step, "reason": path.reason, "steps": len(path.steps), "same": same,
        "compared": compared, "first_difference": path.first_difference, "fidelity": path.fidelity,
        "skipped": {str(step): why for step, why in path.skipped.items()}, "unused": list(path.unused),
        "notes": list(path.notes),
    }  # fmt: skip
    ended_ns = state.ended_ns
    if state.outcome is None or ended_ns is None:
        ended_ns = journal.finish(state.item.item, path.outcome.value, json.dumps(told))
    return ended_ns, ended_ns
