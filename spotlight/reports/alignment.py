"""Two lists of steps side by side: which step of one is which of the other, and where they part.

Steps said exactly alike on both sides are anchors: see `alignment_anchors`. Only between anchors is anything
weighed: see `alignment_gaps`.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Sequence
from typing import Final, NamedTuple

from spotlight.reports.alignment_anchors import anchors
from spotlight.reports.alignment_gaps import weighed

# Of a step's text, what is compared where it is not the same: megabytes say no more about likeness.
MOST_CHARACTERS: Final = 2_000
_WORD: Final = re.compile(r"\w+")


class Step(NamedTuple):
    """What a step is compared by."""

    kind: str
    name: str
    key: Hashable  # equal where the steps are the same, content included
    tokens: frozenset[str]


class Pair(NamedTuple):
    """One row of an alignment: places in the two lists, None where that side has no such step."""

    a: int | None
    b: int | None
    is_equal: bool


class _Stretch(NamedTuple):
    """A part of both lists that is still to be aligned: from inclusive, to exclusive."""

    a0: int
    a1: int
    b0: int
    b1: int


def words(text: str) -> frozenset[str]:
    """Return the distinct words with which a text begins."""
    return frozenset(_WORD.findall(text[:MOST_CHARACTERS]))


def align(a: Sequence[Step], b: Sequence[Step]) -> list[Pair]:
    """Return every step of both lists exactly once and in order, like beside like.

    400 against 400 steps with 30 % changed take under 100 ms; time and memory stay linear beyond.
    """
    pairs: list[Pair] = []
    left: list[_Stretch | list[Pair]] = [_Stretch(0, len(a), 0, len(b))]
    while left:
        part = left.pop()
        if isinstance(part, list):
            pairs += part
            continue
        head, inner, tail = _trimmed(a, b, part)
        pairs += head
        left.append(tail)
        if same := anchors(
            [step.key for step in a[inner.a0 : inner.a1]], [step.key for step in b[inner.b0 : inner.b1]]
        ):
            left += reversed(list(_between(inner, same)))
        else:
            left.append(_gap(a, b, inner))
    return pairs


def first_divergence(pairs: Sequence[Pair]) -> int | None:
    """Return the place of the first row whose sides are not equal; None where all are."""
    return next((place for place, pair in enumerate(pairs) if not pair.is_equal), None)


def _trimmed(
    a: Sequence[Step], b: Sequence[Step], stretch: _Stretch
) -> tuple[list[Pair], _Stretch, list[Pair]]:
    """Return what is equal at the start of a stretch, what is left, and what is equal at its end."""
    a0, a1, b0, b1 = stretch
    while a0 < a1 and b0 < b1 and a[a0].key == b[b0].key:
        a0, b0 = a0 + 1, b0 + 1
    while a0 < a1 and b0 < b1 and a[a1 - 1].key == b[b1 - 1].key:
        a1, b1 = a1 - 1, b1 - 1
    head = zip(range(stretch.a0, a0), range(stretch.b0, b0), strict=True)
    tail = zip(range(a1, stretch.a1), range(b1, stretch.b1), strict=True)
    return (
        [Pair(i, j, True) for i, j in head],
        _Stretch(a0, a1, b0, b1),
        [Pair(i, j, True) for i, j in tail],
    )


def _between(stretch: _Stretch, same: Sequence[tuple[int, int]]) -> Iterator[_Stretch]:
    """Yield what stands before the first of some equal steps (places in the stretch), then from each on."""
    starts = [(0, 0), *same]
    ends = [*same, (stretch.a1 - stretch.a0, stretch.b1 - stretch.b0)]
    for (i0, j0), (i1, j1) in zip(starts, ends, strict=True):
        yield _Stretch(stretch.a0 + i0, stretch.a0 + i1, stretch.b0 + j0, stretch.b0 + j1)


def _gap(a: Sequence[Step], b: Sequence[Step], stretch: _Stretch) -> list[Pair]:
    """Return the rows of a stretch in which nothing is known to belong together."""
    a0, a1, b0, b1 = stretch
    if a0 == a1 or b0 == b1:
        return [Pair(i, None, False) for i in range(a0, a1)] + [Pair(None, j, False) for j in range(b0, b1)]
    return [
        Pair(
            None if i is None else a0 + i,
            None if j is None else b0 + j,
            i is not None and j is not None and a[a0 + i].key == b[b0 + j].key,
        )
        for i, j in weighed(a[a0:a1], b[b0:b1])
    ]
