"""What one run recorded of its tools, and what of it was used. A look never uses; only `use` does."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from replay.mocks.matching import alike, exact_key, leaves, normalised
from replay.mocks.policy import Normalise, ToolPolicy
from replay.model import RecordedTool, Recording
from spotlight.messages.canonical import Json
from spotlight.messages.digests import canonical_json

_MOST_COMPARED: Final = 100  # recordings that a missed call is compared with, 4 us each

PolicyOf = Callable[[str], ToolPolicy]
WriteKey = tuple[str, str]  # name and exact key of the arguments of a call that changes the world


class Recorded(NamedTuple):
    """The tool calls of one run: what a tape is made of."""

    run_id: str | None
    started_ns: int | None
    tools: tuple[RecordedTool, ...]


class Near(NamedTuple):
    """A recording that does not answer, and how much of the arguments is equal, 0 to 1."""

    recorded: RecordedTool
    run_id: str | None
    similarity: float
    is_used: bool


def recorded_of(recording: Recording) -> Recorded:
    """Return the tool calls of a recording."""
    return Recorded(recording.run.get("run_id"), recording.run.get("started_ns"), recording.tools)


class _Line:
    """Recordings that would answer one and the same call, in order; what is used stays used."""

    def __init__(self) -> None:
        self.tools: list[RecordedTool] = []
        self._at = 0

    def first_unused(self, used: set[int]) -> RecordedTool | None:
        """Return the first recording that has not answered yet."""
        while self._at < len(self.tools) and self.tools[self._at].position in used:
            self._at += 1
        return self.tools[self._at] if self._at < len(self.tools) else None


class Tape:
    """The recordings of one run in the order of their positions, and which of them were used."""

    def __init__(self, recorded: Recorded, policy_of: PolicyOf, *, from_step: int | None = None) -> None:
        """`from_step`: what earlier steps asked for is part of the given context and counts as used."""
        self.run_id = recorded.run_id
        self.tools = tuple(sorted(recorded.tools, key=lambda tool: tool.position))
        self._policy_of = policy_of
        self._by_name: dict[str, list[RecordedTool]] = defaultdict(list)
        self._answering: dict[str, _Line] = defaultdict(_Line)
        self._same: dict[tuple[str, str], _Line] = defaultdict(_Line)
        self._normal: dict[str, dict[str, _Line]] = {}
        self._leaves: dict[int, Mapping[str, str]] = {}
        self._writes: list[tuple[int, WriteKey]] = []
        for tool in self.tools:
            key = (tool.name, exact_key(tool.arguments))
            self._by_name[tool.name].append(tool)
            if tool.has_result:
                self._answering[tool.name].tools.append(tool)
                self._same[key].tools.append(tool)
            if not tool.is_error and policy_of(tool.name).changes_world:
                self._writes.append((tool.position, key))
        given = (tool for tool in self.tools if from_step and tool.step is not None and tool.step < from_step)
        self._used = {tool.position for tool in given}
        self._given = frozenset(self._used)

    def use(self, tool: RecordedTool) -> None:
        """Mark a recording as used."""
        self._used.add(tool.position)

    def unused(self) -> tuple[RecordedTool, ...]:
        """Return the recordings that nothing asked for."""
        return tuple(tool for tool in self.tools if tool.position not in self._used)

    def exact(self, name: str, key: str) -> RecordedTool | None:
        """Return the first unused recording with these arguments."""
        line = self._same.get((name, key))
        return line.first_unused(self._used) if line else None

    def repeated(self, name: str, key: str) -> RecordedTool | None:
        """Return the last used recording with these arguments: the latest state of the world it tells."""
        same = self.same(name, key)
        return next((tool for tool in reversed(same) if tool.position in self._used), None)

    def always(self, name: str, key: str) -> RecordedTool | None:
        """Return a recording with these arguments, used or not, the unused first."""
        return self.exact(name, key) or self.repeated(name, key)

    def same(self, name: str, key: str) -> Sequence[RecordedTool]:
        """Return the answered calls with these arguments, used or not."""
        line = self._same.get((name, key))
        return line.tools if line else ()

    def normalised(self, name: str, arguments: Json) -> RecordedTool | None:
        """Return the first unused recording that is the same by the tool's rules, else a repeatable one."""
        policy = self._policy_of(name)
        if policy.normalise == Normalise():
            return None
        if name not in self._normal:
            self._normal[name] = self._by_rules(name, policy.normalise)
        line = self._normal[name].get(canonical_json(normalised(arguments, policy.normalise)))
        if line is None:
            return None
        return line.first_unused(self._used) or (line.tools[-1] if policy.may_repeat else None)

    def in_turn(self, name: str) -> RecordedTool | None:
        """Return the tool's first unused recording, whatever its arguments."""
        line = self._answering.get(name)
        return line.first_unused(self._used) if line else None

    def any_of(self, name: str) -> RecordedTool | None:
        """Return the tool's first unused recording, else its last."""
        line = self._answering.get(name)
        return self.in_turn(name) or (line.tools[-1] if line else None)

    def nearest(self, name: str, arguments: Json) -> list[Near]:
        """Return recordings of the tool, most similar arguments first by its rules, then by position.

        Of a tool with very many calls the first unused and, if there are too few, the last used are compared.
        """
        recorded = self._by_name.get(name)
        if not recorded:
            return []
        asked = leaves(normalised(arguments, self._policy_of(name).normalise))
        unused = (tool for tool in recorded if tool.position not in self._used)
        used = (tool for tool in reversed(recorded) if tool.position in self._used)
        some = itertools.islice(itertools.chain(unused, used), _MOST_COMPARED)
        near = [
            Near(tool, self.run_id, alike(asked, self._leaves_of(tool)), tool.position in self._used)
            for tool in some
        ]
        return sorted(near, key=lambda each: (-each.similarity, each.recorded.position))

    def writes_before(self, position: int) -> Counter[WriteKey]:
        """Return the calls before a position that changed the world, as far as effects are declared."""
        return Counter(key for at, key in self._writes if at < position)

    def writes_given(self) -> Counter[WriteKey]:
        """Return the same for the calls that are part of the given context."""
        return Counter(key for at, key in self._writes if at in self._given)

    def _by_rules(self, name: str, rules: Normalise) -> dict[str, _Line]:
        lines: dict[str, _Line] = defaultdict(_Line)
        for tool in self._answering[name].tools:
            lines[canonical_json(normalised(tool.arguments, rules))].tools.append(tool)
        return lines

    def _leaves_of(self, tool: RecordedTool) -> Mapping[str, str]:
        if tool.position not in self._leaves:
            rules = self._policy_of(tool.name).normalise
            self._leaves[tool.position] = leaves(normalised(tool.arguments, rules))
        return self._leaves[tool.position]
