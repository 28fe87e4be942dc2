"""What one run recorded of its tools, and what of it was used. A look never uses; only `use` does."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from replay.mocks.matching import exact_key, normalised, similarity
from replay.mocks.policy import ToolPolicy
from replay.model import RecordedTool, Recording
from spotlight.messages.canonical import Json
from spotlight.messages.digests import canonical_json

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


class Tape:
    """The recordings of one run in the order of their positions, and which of them were used."""

    def __init__(self, recorded: Recorded, policy_of: PolicyOf, *, from_step: int | None = None) -> None:
        """`from_step`: what earlier steps asked for is part of the given context and counts as used."""
        self.run_id = recorded.run_id
        self.tools = tuple(sorted(recorded.tools, key=lambda tool: tool.position))
        self._policy_of = policy_of
        self._by_name: Mapping[str, list[RecordedTool]] = defaultdict(list)
        self._keys: dict[int, str] = {}
        self._normal: dict[int, str] = {}
        for tool in self.tools:
            self._by_name[tool.name].append(tool)
            self._keys[tool.position] = exact_key(tool.arguments)
        self.given = tuple(
            tool for tool in self.tools if from_step and tool.step is not None and tool.step < from_step
        )
        self._used = {tool.position for tool in self.given}

    def named(self, name: str) -> list[RecordedTool]:
        """Return the calls of a tool."""
        return list(self._by_name.get(name, ()))

    def is_used(self, tool: RecordedTool) -> bool:
        """Return whether a recording has answered already."""
        return tool.position in self._used

    def use(self, tool: RecordedTool) -> None:
        """Mark a recording as used."""
        self._used.add(tool.position)

    def unused(self) -> tuple[RecordedTool, ...]:
        """Return the recordings that nothing asked for."""
        return tuple(tool for tool in self.tools if tool.position not in self._used)

    def exact(self, name: str, key: str) -> RecordedTool | None:
        """Return the first unused recording with these arguments."""
        return self._first(tool for tool in self._answering(name) if self._keys[tool.position] == key)

    def repeated(self, name: str, key: str) -> RecordedTool | None:
        """Return the last used recording with these arguments: the latest state of the world it tells."""
        used = [t for t in self._answering(name) if self.is_used(t) and self._keys[t.position] == key]
        return used[-1] if used else None

    def normalised(self, name: str, arguments: Json) -> RecordedTool | None:
        """Return the first unused recording that is the same by the tool's rules, else a repeatable one."""
        policy = self._policy_of(name)
        key = canonical_json(normalised(arguments, policy.normalise))
        same = [tool for tool in self._answering(name) if self._normal_key(tool, policy) == key]
        return self._first(same) or (same[-1] if same and policy.may_repeat else None)

    def in_turn(self, name: str) -> RecordedTool | None:
        """Return the tool's first unused recording, whatever its arguments."""
        return self._first(self._answering(name))

    def any_of(self, name: str) -> RecordedTool | None:
        """Return the tool's first unused recording, else its last."""
        found = list(self._answering(name))
        return self._first(found) or (found[-1] if found else None)

    def always(self, name: str, key: str) -> RecordedTool | None:
        """Return a recording with these arguments, used or not, the unused first."""
        return self.exact(name, key) or self.repeated(name, key)

    def same(self, name: str, key: str) -> list[RecordedTool]:
        """Return the answered calls with these arguments, used or not."""
        return [tool for tool in self._answering(name) if self._keys[tool.position] == key]

    def nearest(self, name: str, arguments: Json) -> list[Near]:
        """Return the tool's recordings, most similar arguments first by its rules, then by position."""
        rules = self._policy_of(name).normalise
        asked = normalised(arguments, rules)
        near = [
            Near(tool, self.run_id, similarity(asked, normalised(tool.arguments, rules)), self.is_used(tool))
            for tool in self.named(name)
        ]
        return sorted(near, key=lambda each: (-each.similarity, each.recorded.position))

    def writes_before(self, position: int) -> Counter[WriteKey]:
        """Return the calls before a position that changed the world, as far as effects are declared."""
        earlier = (tool for tool in self.tools if tool.position < position)
        return Counter(self.write_key(tool) for tool in earlier if self._did_change(tool))

    def writes_given(self) -> Counter[WriteKey]:
        """Return the same for the calls that are part of the given context."""
        return Counter(self.write_key(tool) for tool in self.given if self._did_change(tool))

    def write_key(self, tool: RecordedTool) -> WriteKey:
        """Return what a recorded write is known by, in every run."""
        return (tool.name, self._keys[tool.position])

    def _did_change(self, tool: RecordedTool) -> bool:
        return not tool.is_error and self._policy_of(tool.name).changes_world

    def _answering(self, name: str) -> Iterable[RecordedTool]:
        return (tool for tool in self._by_name.get(name, ()) if tool.has_result)

    def _first(self, tools: Iterable[RecordedTool]) -> RecordedTool | None:
        return next((tool for tool in tools if tool.position not in self._used), None)

    def _normal_key(self, tool: RecordedTool, policy: ToolPolicy) -> str:
        if tool.position not in self._normal:
            self._normal[tool.position] = canonical_json(normalised(tool.arguments, policy.normalise))
        return self._normal[tool.position]
