"""Needleman-Wunsch over steps that are not known to be the same: by kind, name and the words they share.

Only a band around the diagonal is looked at, so that time and memory stay linear: 20,000 against 20,000
steps that share no step take about 2 s and 100 MB.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from typing import Final, NamedTuple, Protocol

import numpy as np

# Half the width of the band: a step finds its like among this many neighbours on either side.
BAND: Final = 256
# Steps weighed at once, and the most columns that their words share: both bound memory.
CHUNK: Final = 256
MOST_COLUMNS: Final = 1024

GAP: Final = -0.6  # a step that the other side does not have
EXACT: Final = 3.0  # the same step
SAME_NAME: Final = 1.0
# Below two gaps: another name is another step, unless they share more than a fifth of their words.
OTHER_NAME: Final = -1.5
WORDS: Final = 1.5  # times the share of their words that both say
OTHER_KIND: Final = -9.0  # never side by side

_PAIRED: Final = 0
_REMOVED: Final = 1
_ADDED: Final = 2


class Weighable(Protocol):
    """What is weighed of a step."""

    @property
    def kind(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def key(self) -> Hashable: ...
    @property
    def tokens(self) -> frozenset[str]: ...


class _Codes(NamedTuple):
    """Kind, name, key (int64) and number of words (float32) of every step of one side."""

    kind: np.ndarray
    name: np.ndarray
    key: np.ndarray
    words: np.ndarray


def weighed(a: Sequence[Weighable], b: Sequence[Weighable]) -> list[tuple[int | None, int | None]]:
    """Return the best rows for two lists, neither empty, as places in them; None where a side has nothing."""
    starts, ends = _band(len(a), len(b))
    steps = _steps(a, b, starts, ends)
    rows: list[tuple[int | None, int | None]] = []
    i, j = len(a), len(b)
    while i or j:
        # Above the first row and left of the first column there is one way only.
        step = _ADDED if i == 0 else _REMOVED if j == 0 else int(steps[i - 1][j - starts[i]])
        i, j = i - (step != _ADDED), j - (step != _REMOVED)
        rows.append((None if step == _ADDED else i, None if step == _REMOVED else j))
    return rows[::-1]


def _band(n: int, m: int) -> tuple[list[int], list[int]]:
    """Return the first and the last column of the band in each of the rows 0..n of the table."""
    half = max(BAND, -(-m // n) + 1)  # neighbouring rows of the band must overlap
    middle = [i * m // n for i in range(n + 1)]
    return [max(0, at - half) for at in middle], [min(m, at + half) for at in middle]


def _steps(
    a: Sequence[Weighable], b: Sequence[Weighable], starts: Sequence[int], ends: Sequence[int]
) -> list[np.ndarray]:
    """Return per step of `a` how the best way reaches each column of the band (uint8)."""
    costs = GAP * np.arange(len(b) + 1)
    before = np.where(np.arange(len(b) + 1) <= ends[0], costs, -np.inf)
    steps = []
    for i, likeness in _likeness(a, b, starts, ends):
        first, last = starts[i + 1], ends[i + 1]
        above = before[first : last + 1] + GAP
        beside = np.concatenate(([-np.inf], before))[first : last + 1]
        paired = beside + np.concatenate((likeness[:0] if first else [-np.inf], likeness))
        best = np.maximum(paired, above)
        ways = np.where(above > paired, _REMOVED, _PAIRED).astype(np.uint8)
        # From the left a gap costs the same at every step: a running maximum finds the best start.
        reached = np.maximum.accumulate(best - costs[first : last + 1]) + costs[first : last + 1]
        ways[reached > best + 1e-9] = _ADDED
        steps.append(ways)
        before = np.full(len(b) + 1, -np.inf)
        before[first : last + 1] = reached
    return steps


def _likeness(
    a: Sequence[Weighable], b: Sequence[Weighable], starts: Sequence[int], ends: Sequence[int]
) -> Iterator[tuple[int, np.ndarray]]:
    """Yield for every step of `a` what pairing it with each step of `b` inside the band is worth."""
    codes_a, codes_b = _codes(a, b)
    for at in range(0, len(a), CHUNK):
        upto = min(at + CHUNK, len(a))
        # Row i + 1 of the table pairs step i with the step left of its column.
        low, high = max(0, starts[at + 1] - 1), ends[upto]
        here_a = _Codes(*(column[at:upto, None] for column in codes_a))
        here_b = _Codes(*(column[None, low:high] for column in codes_b))
        shared = _shared_words(a[at:upto], b[low:high])
        every = here_a.words + here_b.words - shared
        share = np.divide(shared, every, out=np.ones_like(shared), where=every > 0)
        worth = np.where(here_a.name == here_b.name, SAME_NAME, OTHER_NAME) + WORDS * share
        worth[here_a.kind != here_b.kind] = OTHER_KIND
        worth[here_a.key == here_b.key] = EXACT
        for i in range(at, upto):
            yield i, worth[i - at, max(0, starts[i + 1] - 1) - low : ends[i + 1] - low]


def _codes(a: Sequence[Weighable], b: Sequence[Weighable]) -> tuple[_Codes, _Codes]:
    """Return the words that both sides use as numbers, the same on both."""
    seen: dict[Hashable, int] = {}

    def coded(steps: Sequence[Weighable], name: str) -> np.ndarray:
        values = ((name, getattr(step, name)) for step in steps)
        return np.array([seen.setdefault(value, len(seen)) for value in values], np.int64)

    def side(steps: Sequence[Weighable]) -> _Codes:
        sizes = np.array([len(step.tokens) for step in steps], np.float32)
        return _Codes(coded(steps, "kind"), coded(steps, "name"), coded(steps, "key"), sizes)

    return side(a), side(b)


def _shared_words(a: Sequence[Weighable], b: Sequence[Weighable]) -> np.ndarray:
    """Return how many words each step of `a` shares with each of `b` (float32, a by b)."""
    both = frozenset().union(*(s.tokens for s in a)) & frozenset().union(*(s.tokens for s in b))
    # Beyond that many words some share a column: two steps then may look a little more alike.
    column = {word: number % MOST_COLUMNS for number, word in enumerate(sorted(both))}
    width = min(len(both), MOST_COLUMNS)

    def said(steps: Sequence[Weighable]) -> np.ndarray:
        table = np.zeros((len(steps), width), np.float32)
        for row, step in enumerate(steps):
            table[row, [column[word] for word in step.tokens & both]] = 1
        return table

    return np.asarray(said(a) @ said(b).T)
