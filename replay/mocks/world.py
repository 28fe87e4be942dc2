"""Whether a recorded read still tells the truth: which writes its world has seen, and which the replay's.

A recording was made in a world with the writes before it. Where the replay made others, or did not make
those, or nobody knows, what the read tells is stale. Only tools whose effect is declared can be followed. A
write that failed is taken to have changed nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from replay.mocks.policy import FaultKind
from replay.mocks.tape import PolicyOf, WriteKey
from replay.model import Rung, ToolAnswer


class Mismatch(NamedTuple):
    """Names of writes that only one of two worlds has seen."""

    only_replayed: tuple[str, ...]
    only_recorded: tuple[str, ...]

    def __bool__(self) -> bool:
        """Return whether the worlds differ."""
        return bool(self.only_replayed or self.only_recorded)


class World:
    """The writes of one replay so far."""

    def __init__(self, policy_of: PolicyOf, given: Mapping[WriteKey, int]) -> None:
        """`given`: the writes of the context that the replay starts from."""
        self._policy_of = policy_of
        self._made = Counter(given)
        self._unknown = list[str]()  # writes of which nobody knows whether they happened

    def note(self, name: str, key: str, answer: ToolAnswer, fault: FaultKind | None) -> None:
        """Take in one answered call; `key` is that of the recording where it is the same by the rules."""
        if not self._policy_of(name).changes_world:
            return
        if answer.rung is Rung.DIVERGED or fault is FaultKind.TIMEOUT:
            self._unknown.append(name)
        elif not answer.is_error:
            self._made[(name, key)] += 1

    def against(self, recorded: Mapping[WriteKey, int]) -> Mismatch:
        """Return in what this world differs from that of a recording."""
        return Mismatch(
            tuple(sorted({*self._unknown, *self._beyond(self._made, recorded)})),
            tuple(sorted(self._beyond(recorded, self._made))),
        )

    def _beyond(self, one: Mapping[WriteKey, int], other: Mapping[WriteKey, int]) -> set[str]:
        def worth(count: int, name: str) -> int:
            return min(count, 1) if self._policy_of(name).idempotent else count

        return {
            key[0] for key, count in one.items() if worth(count, key[0]) > worth(other.get(key, 0), key[0])
        }


def in_words(found: Mismatch) -> str:
    """Return why what a recording tells may be out of date."""
    parts = [
        f"recorded without {', '.join(found.only_replayed)}" if found.only_replayed else "",
        f"recorded after {', '.join(found.only_recorded)}" if found.only_recorded else "",
    ]
    return "; ".join(filter(None, parts))
