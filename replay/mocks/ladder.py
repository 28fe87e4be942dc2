"""`Mocks`: answers the tool calls of one replayed run, each by the first rung of the ladder that holds.

fault > user stub > tool policy > exact > repeated > normalised > pooled > similar > simulated > DIVERGED.
Nothing here can run a tool: an answer was recorded, or comes from the user's own stub or policy, or was made
up by a model at the user's wish and says so. What nothing answers is a divergence, and a miss uses nothing.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple, Protocol

from replay.mocks.faults import WITHOUT_ANSWER, Draw, fits, refusal, spoiled, strikes
from replay.mocks.fidelity import Fidelity, Served, fidelity
from replay.mocks.matching import differences, exact_key, settled, shown, told
from replay.mocks.policy import Declares, FaultKind, FaultRule, Kind, Policy, ToolPolicy, tool_policy
from replay.mocks.tape import Near, Recorded, Tape
from replay.mocks.world import World, in_words
from replay.model import RecordedTool, Rung, ToolAnswer
from spotlight.errors import SpotlightError
from spotlight.messages.canonical import Json, ToolDefinition
from spotlight.messages.digests import canonical_json

EXAMPLES: Final = 5  # recordings that a simulation is shown
_NEAREST: Final = 3  # recordings that a miss names
_PLACEHOLDER: Final = re.compile(r"\{\{([^{}]+)\}\}")


class Asked(NamedTuple):
    """One tool call of a replay; `position` counts them from 1."""

    position: int
    step: int | None
    name: str
    arguments: Json
    key: str
    policy: ToolPolicy


class Outcome(NamedTuple):
    """What a stub or a simulation answered."""

    result: Json
    is_error: bool = False


class Stubs(Protocol):
    """Functions of the user's that answer for tools: see `replay.mocks.stub_host`."""

    @property
    def names(self) -> frozenset[str]:
        """The tools that have a stub."""

    def call(self, name: str, arguments: Json, about: Mapping[str, Json]) -> Outcome:
        """Return what a stub answers; blocks until then."""


class Simulation(NamedTuple):
    """What a model is asked to make up."""

    name: str
    arguments: Json
    definition: ToolDefinition | None
    examples: tuple[RecordedTool, ...]  # recorded calls of the tool, the most similar first


Simulate = Callable[[Simulation], Awaitable[Outcome | None]]  # None: nothing usable came of it


class Mocks:
    """The mocked tools of one replayed run. Calls are answered one at a time, in the order they come in."""

    def __init__(
        self,
        recorded: Recorded,
        *,
        policy: Policy | None = None,
        declared: Mapping[str, Declares] | None = None,
        pool: Sequence[Recorded] = (),
        stubs: Stubs | None = None,
        simulate: Simulate | None = None,
        tools: Mapping[str, ToolDefinition] | None = None,
        from_step: int | None = None,
        seed: int = 0,
        case: str = "",
        repeat: int = 0,
    ) -> None:
        """Set up the ladder for one run.

        `declared`: what the pack says of its tools (`Pack.tools`). `pool`: other runs of the same case.
        `from_step`: the step a fork begins at; what earlier steps asked for counts as used. `seed`, `case`
        and `repeat` decide the dice of faults.

        Raises: SpotlightError where the policy wants simulated results and no model was named for it.
        """
        self._policy = policy or Policy()
        self.policy_of: Callable[[str], ToolPolicy] = lru_cache(maxsize=None)(
            lambda name: tool_policy(self._policy, name, declared)
        )
        self._own = Tape(recorded, self.policy_of, from_step=from_step)
        newest = sorted(pool, key=lambda run: run.started_ns or 0, reverse=True)
        self._pool = [Tape(run, self.policy_of) for run in newest]
        self._stubs, self._simulate, self._tools = stubs, simulate, tools or {}
        self._draw = Draw(seed, case, repeat, 0)
        self._fitting = [0] * len(self._policy.faults)
        self._world = World(self.policy_of, self._own.writes_given())
        self._served: list[Served] = []
        self._missed: tuple[Near, ...] = ()  # what came closest to the last call that nothing answered
        self._turn = asyncio.Lock()
        wanted = self._policy.defaults.simulate or any(t.simulate for t in self._policy.tools.values())
        if wanted and simulate is None:
            raise SpotlightError(
                "the policy wants simulated tool results, but no model was named to make them up",
                hint="take `simulate` out of the policy, or give `Mocks` a model",
            )

    async def answer(self, name: str, arguments: Json, *, step: int | None = None) -> ToolAnswer:
        """Return the answer to one tool call; for DIVERGED, `reason` tells the call and what came closest.

        Raises: StubFailed where a stub of the user's fails.
        """
        async with self._turn:
            value = settled(arguments)
            position = len(self._served) + 1
            asked = Asked(position, step, name, value, exact_key(value), self.policy_of(name))
            rule = self._fault(asked)
            answer = await self._answered(asked, rule)
            self._note(asked, answer, rule.fault if rule else None)
            return answer

    def ends_run(self, name: str) -> bool:
        """Return whether a call of this tool ends the run."""
        return self.policy_of(name).kind is Kind.TERMINAL

    def served(self) -> tuple[Served, ...]:
        """Return all calls so far with their answers."""
        return tuple(self._served)

    def fidelity(self) -> Fidelity:
        """Return how true the calls so far were to the recording."""
        called = {each.name for each in self._served}
        undeclared = {name for name in called if self.policy_of(name).effect is None}
        return fidelity(self._served, self._own.unused(), undeclared)

    async def _answered(self, asked: Asked, rule: FaultRule | None) -> ToolAnswer:
        if rule and rule.fault in WITHOUT_ANSWER:
            delay = rule.delay_ms if rule.fault is FaultKind.TIMEOUT else 0.0
            said = f"fault {rule.fault}"
            return ToolAnswer(Rung.FAULT, refusal(rule), is_error=True, reason=said, delay_ms=delay)
        answer = await self._climbed(asked)
        return self._spoiled(asked, answer, rule) if rule else answer

    async def _climbed(self, asked: Asked) -> ToolAnswer:
        if self._stubs and asked.name in self._stubs.names:
            return await self._stubbed(asked, self._stubs)
        for rung in (self._by_policy, self._recorded, self._pooled, self._similar):
            answer = rung(asked)
            if answer:
                return answer
        if asked.policy.simulate and self._simulate:
            definition = self._tools.get(asked.name)
            examples = tuple(near.recorded for near in self._nearest(asked) if near.recorded.has_result)
            made = await self._simulate(
                Simulation(asked.name, asked.arguments, definition, examples[:EXAMPLES])
            )
            if made is not None:
                return ToolAnswer(Rung.SIMULATED, made.result, made.is_error, reason="made up by a model")
            said = f"{self._miss(asked)}; the model made up nothing usable"
            return ToolAnswer(Rung.DIVERGED, None, reason=said)
        return ToolAnswer(Rung.DIVERGED, None, reason=self._miss(asked))

    async def _stubbed(self, asked: Asked, stubs: Stubs) -> ToolAnswer:
        about = self._draw._replace(position=asked.position)._asdict() | {"step": asked.step}
        made = await asyncio.to_thread(stubs.call, asked.name, asked.arguments, about)
        met = self._own.exact(asked.name, asked.key) or self._own.normalised(asked.name, asked.arguments)
        if met:  # asked for, though not answered from: not reported as never asked for
            self._own.use(met)
        return ToolAnswer(Rung.STUB, made.result, made.is_error)

    def _by_policy(self, asked: Asked) -> ToolAnswer | None:
        name, policy = asked.name, asked.policy
        if policy.kind is None:
            return None
        tapes = (self._own, *self._pool)
        if policy.kind is Kind.PURE:
            found = ((tape, tape.always(name, asked.key)) for tape in tapes)
        else:
            found = ((tape, tape.any_of(name)) for tape in tapes)
        tape, source = next(((t, s) for t, s in found if s), (None, None))
        answer = None
        if "result" in policy.model_fields_set:
            answer = self._templated(asked, policy.result)
        elif tape and source:
            answer = _from(Rung.POLICY, source, tape)
        elif policy.kind is Kind.TERMINAL:
            answer = ToolAnswer(Rung.POLICY, None, reason="the call ends the run", has_result=False)
        if answer and tape and source:
            tape.use(source)
        return answer

    def _templated(self, asked: Asked, template: Json) -> ToolAnswer | None:
        """Return the user's answer; None where it names an argument that the call lacks."""
        given = asked.arguments if isinstance(asked.arguments, dict) else {}
        if any(name.strip() not in given for name in _PLACEHOLDER.findall(canonical_json(template))):
            return None
        return ToolAnswer(Rung.POLICY, _filled(template, given), reason="as the policy says")

    def _recorded(self, asked: Asked) -> ToolAnswer | None:
        own, name, policy = self._own, asked.name, asked.policy
        exact = own.exact(name, asked.key)
        if policy.match == "sequence":
            source = own.in_turn(name)
            rung = Rung.EXACT if source and source is exact else Rung.SEQUENCE
            return self._taken(asked, rung, source, own)
        repeated = own.repeated(name, asked.key) if exact is None else None
        if repeated and not (policy.may_repeat or (policy.changes_world and repeated.is_error)):
            repeated = None  # a write that failed changed nothing, so that its error may stand again
        return (
            self._taken(asked, Rung.EXACT, exact, own)
            or self._taken(asked, Rung.REPEATED, repeated, own)
            or self._taken(asked, Rung.NORMALISED, own.normalised(name, asked.arguments), own)
        )

    def _pooled(self, asked: Asked) -> ToolAnswer | None:
        name, policy = asked.name, asked.policy
        for tape in self._pool:
            source = tape.always(name, asked.key) if policy.may_repeat else tape.exact(name, asked.key)
            if source:
                return self._taken(asked, Rung.POOLED, source, tape)
        for tape in self._pool:
            source = tape.normalised(name, asked.arguments)
            if source:
                return self._taken(asked, Rung.POOLED, source, tape, "same by the rules of the policy")
        return None

    def _similar(self, asked: Asked) -> ToolAnswer | None:
        policy = asked.policy
        for tape in (self._own, *self._pool) if policy.similar is not None else ():
            for near in tape.nearest(asked.name, asked.arguments):
                usable = near.recorded.has_result and (policy.may_repeat or not near.is_used)
                if usable and near.similarity >= (policy.similar or 1):
                    found = told(differences(asked.arguments, near.recorded.arguments))
                    reason = f"{near.similarity:.0%} of the arguments are equal: {found}"
                    return self._taken(asked, Rung.SIMILAR, near.recorded, tape, reason)
        return None

    def _taken(
        self, asked: Asked, rung: Rung, source: RecordedTool | None, tape: Tape, reason: str = ""
    ) -> ToolAnswer | None:
        """Return a recording as the answer, now used, and marked where it may be out of date."""
        if source is None:
            return None
        tape.use(source)
        answer = _from(rung, source, tape, reason)
        policy = asked.policy
        is_read = policy.effect == "read" or (policy.effect is None and policy.may_repeat)
        if not is_read and rung is not Rung.REPEATED:
            return answer
        mismatch = self._world.against(tape.writes_before(source.position))
        if not mismatch:
            return answer
        return answer._replace(is_stale=True, reason="; ".join(filter(None, [reason, in_words(mismatch)])))

    def _fault(self, asked: Asked) -> FaultRule | None:
        draw = self._draw._replace(position=asked.position)
        struck = None
        for number, rule in enumerate(self._policy.faults):
            if fits(rule, asked.name, asked.arguments):
                self._fitting[number] += 1
                if struck is None and strikes(rule, self._fitting[number], number, draw):
                    struck = rule
        return struck

    def _spoiled(self, asked: Asked, answer: ToolAnswer, rule: FaultRule) -> ToolAnswer:
        if answer.rung is Rung.DIVERGED:
            return answer._replace(reason=f"{answer.reason}; fault {rule.fault} had no answer to spoil")
        if rule.fault is FaultKind.STALE:
            older = self._older(asked, answer)
            if older is None:
                said = "fault stale had no older answer to give"
                return answer._replace(reason="; ".join(filter(None, [answer.reason, said])))
            return older
        delay = rule.delay_ms if rule.fault is FaultKind.SLOW else answer.delay_ms
        return answer._replace(
            rung=Rung.FAULT,
            result=spoiled(rule, answer.result),
            delay_ms=delay,
            reason="; ".join(filter(None, [f"fault {rule.fault} on {answer.rung}", answer.reason])),
        )

    def _older(self, asked: Asked, answer: ToolAnswer) -> ToolAnswer | None:
        """Return a different answer to the same call, from earlier in the run or from another run."""
        for tape in (self._own, *self._pool):
            for tool in tape.same(asked.name, asked.key):
                source = answer.source if answer.source_run == tape.run_id else None
                is_later = source is not None and source.position <= tool.position
                if not is_later and tool.result != answer.result:
                    old = _from(Rung.FAULT, tool, tape, f"fault stale on {answer.rung}")
                    return old._replace(is_stale=True)
        return None

    def _note(self, asked: Asked, answer: ToolAnswer, fault: FaultKind | None) -> None:
        key = asked.key
        if answer.rung is Rung.NORMALISED and answer.source:
            key = exact_key(answer.source.arguments)
        self._world.note(asked.name, key, answer, fault)
        near = self._missed if answer.rung is Rung.DIVERGED else ()
        served = Served(asked.position, asked.step, asked.name, asked.arguments, answer, near)
        self._served.append(served)

    def _nearest(self, asked: Asked) -> list[Near]:
        near = [n for tape in (self._own, *self._pool) for n in tape.nearest(asked.name, asked.arguments)]
        return sorted(near, key=lambda each: -each.similarity)  # stable: the own run first

    def _miss(self, asked: Asked) -> str:
        call = f"{shown(asked.name)}({shown(canonical_json(asked.arguments))})"
        near = self._missed = tuple(self._nearest(asked)[:_NEAREST])
        if not near:
            others = f" or in {len(self._pool)} other runs of the case" if self._pool else ""
            return f"nothing answers {call}: no call of this tool is recorded in the run{others}"
        closest = "; ".join(_told_near(asked, each) for each in near)
        return f"nothing recorded answers {call}; nearest: {closest}"


def _from(rung: Rung, source: RecordedTool, tape: Tape, reason: str = "") -> ToolAnswer:
    return ToolAnswer(
        rung,
        source.result,
        is_error=source.is_error,
        source=source,
        source_run=tape.run_id,
        reason=reason,
        delay_ms=source.duration_ms or 0.0,
    )


def _filled(template: Json, given: Mapping[str, Json]) -> Json:
    """Return a template with arguments in their places, in one pass: what they hold is not read again."""
    if isinstance(template, dict):
        return {key: _filled(value, given) for key, value in template.items()}
    if isinstance(template, list):
        return [_filled(value, given) for value in template]
    if not isinstance(template, str):
        return template
    whole = _PLACEHOLDER.fullmatch(template)
    if whole:
        return given[whole[1].strip()]
    return _PLACEHOLDER.sub(lambda found: _as_text(given[found[1].strip()]), template)


def _as_text(value: Json) -> str:
    return value if isinstance(value, str) else canonical_json(value)


def _told_near(asked: Asked, near: Near) -> str:
    tool = near.recorded
    facts = [
        f"step {tool.step}" if tool.step is not None else "",
        f"run {near.run_id}" if near.run_id else "",
        f"{near.similarity:.0%} equal",
        "already used" if near.is_used else "",
        "" if tool.has_result else "recorded without an answer",
    ]
    found = told(differences(asked.arguments, tool.arguments))
    return f"call {tool.position} ({', '.join(filter(None, facts))})" + (f": {found}" if found else "")
