"""Where two sequences surely meet: what is unique on both sides, in the longest common order (patience)."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Sequence


def anchors(a: Sequence[Hashable], b: Sequence[Hashable]) -> list[tuple[int, int]]:
    """Return the places of what is unique on both sides, rising on both. Takes n log n steps."""
    often_a, often_b = Counter(a), Counter(b)
    place = {value: j for j, value in enumerate(b) if often_b[value] == 1}
    return _longest_rising([(i, place[v]) for i, v in enumerate(a) if often_a[v] == 1 and v in place])


def _longest_rising(met: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the most of some places, in order on the left, that are in order on the right too."""
    lowest: list[int] = []  # of all rising lists of a length, the lowest place one ends with on the right
    last: list[int] = []  # the number of the place that it ends with
    before: list[int] = []
    for number, (_, j) in enumerate(met):
        length = bisect_left(lowest, j)
        if length == len(lowest):
            lowest.append(j)
            last.append(number)
        else:
            lowest[length], last[length] = j, number
        before.append(last[length - 1] if length else -1)
    found: list[tuple[int, int]] = []
    number = last[-1] if last else -1
    while number >= 0:
        found.append(met[number])
        number = before[number]
    return found[::-1]
