"""How likely differences between two groups are by chance alone, and the correction for looking at many.

Sources: Fisher 1922 (exact test of a 2x2 table, two-sided by summing what is no more likely); Mann and
Whitney 1947 (ranks, normal approximation with correction for ties and continuity); Benjamini and Hochberg
1995 (false discovery rate).
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
_AS_LIKELY: Final = 1 + 1e-7  # what differs in the last binary digits is as likely


def fisher(inside: Ints, outside: Ints, inside_n: int, outside_n: int) -> Floats:
    """Return the two-sided p of every row: `inside` of inside_n and `outside` of outside_n have a feature."""
    logs = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, inside_n + outside_n + 1)))])
    pairs = np.stack([inside, outside], axis=1)
    distinct, place = np.unique(pairs, axis=0, return_inverse=True)
    found = np.array([_fisher(int(a), int(b), inside_n, outside_n, logs) for a, b in distinct], np.float64)
    return found[place.reshape(-1)] if len(pairs) else np.empty(0)


def _fisher(inside: int, outside: int, inside_n: int, outside_n: int, logs: Floats) -> float:
    having, n = inside + outside, inside_n + outside_n
    possible = np.arange(max(0, having - outside_n), min(having, inside_n) + 1)
    weights = (
        logs[inside_n] - logs[possible] - logs[inside_n - possible]
        + logs[outside_n] - logs[having - possible] - logs[outside_n - having + possible]
        - (logs[n] - logs[having] - logs[n - having])
    )  # fmt: skip
    likely = np.exp(weights)
    at = likely[inside - possible[0]]
    return float(min(1.0, likely[likely <= at * _AS_LIKELY].sum()))


class Ranked(NamedTuple):
    """Two groups of numbers compared by rank."""

    p: float
    superiority: float  # how often a value of the first is the larger one; ties count half


def mann_whitney(first: Floats, second: Floats) -> Ranked | None:
    """Return whether two groups of numbers differ; None where a group is empty or nothing differs at all."""
    n, m = len(first), len(second)
    if not n or not m:
        return None
    together = np.concatenate([first, second])
    values, place, counts = np.unique(together, return_inverse=True, return_counts=True)
    if len(values) == 1:
        return None
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    u = ranks[:n].sum() - n * (n + 1) / 2
    total = n + m
    ties = float((counts.astype(np.float64) ** 3 - counts).sum())
    spread = np.sqrt(n * m / 12 * (total + 1 - ties / (total * (total - 1))))
    distance = max(0.0, abs(u - n * m / 2) - 0.5)
    return Ranked(math.erfc(float(distance / spread) / math.sqrt(2)), float(u / (n * m)))


def false_discovery(p: Floats) -> Floats:
    """Return every p's q: the smallest false discovery rate at which it counts (Benjamini and Hochberg)."""
    n = len(p)
    if not n:
        return np.empty(0)
    order = np.argsort(p, kind="stable")
    scaled = p[order] * n / np.arange(1, n + 1)
    q = np.empty(n)
    q[order] = np.minimum(1.0, np.minimum.accumulate(scaled[::-1])[::-1])
    return q
