"""Intervals of shares, means and quantiles, and of their differences: closed formulas, no random numbers.

Sources: Wilson 1927 for shares; Student 1908 for means; order statistics for quantiles (Conover 1999,
3.2); Newcombe 1998 and Zou and Donner 2008 (MOVER) for the difference of two of them.
"""

from __future__ import annotations

import math
from functools import cache
from statistics import NormalDist
from typing import Final, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

CONFIDENCE: Final = 0.95
# Below so many on either side an interval says more about its formula than about the runs.
FEWEST: Final = 5

Better = Literal["higher", "lower"]
Word = Literal["better", "not worse", "worse", "cannot tell"]


class Estimate(NamedTuple):
    """A figure with its interval; None where n does not give one."""

    value: float | None
    low: float | None
    high: float | None
    n: int


class Difference(NamedTuple):
    """After minus before, with its interval; None where one side gives none."""

    value: float | None
    low: float | None
    high: float | None


UNKNOWN: Final = Estimate(None, None, None, 0)


def share(hits: int, n: int, confidence: float = CONFIDENCE) -> Estimate:
    """Return hits / n with Wilson's score interval; unknown of nothing."""
    if n <= 0:
        return UNKNOWN
    z, p = _z(confidence), hits / n
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    reach = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    low = 0.0 if hits == 0 else max(0.0, middle - reach)
    high = 1.0 if hits == n else min(1.0, middle + reach)
    return Estimate(p, low, high, n)


def mean(average: float | None, deviation: float | None, n: int, confidence: float = CONFIDENCE) -> Estimate:
    """Return a mean with Student's interval; `deviation` is the sample's (divided by n - 1).

    One value has no interval.
    """
    if n <= 0 or average is None:
        return UNKNOWN
    if n == 1 or deviation is None:
        return Estimate(average, None, None, n)
    reach = student(1 - (1 - confidence) / 2, n - 1) * deviation / math.sqrt(n)
    return Estimate(average, average - reach, average + reach, n)


def quantile(values: npt.NDArray[np.float64], q: float, confidence: float = CONFIDENCE) -> Estimate:
    """Return a quantile (interpolated, as numpy's) with the interval of the order statistics around it.

    The ranks are those of the normal approximation of Binomial(n, q). Where one lies beyond the sample,
    n is too small to bound the quantile, and there is no interval.
    """
    n = len(values)
    if not n:
        return UNKNOWN
    ordered = np.sort(values)
    value = float(np.quantile(ordered, q))
    reach = _z(confidence) * math.sqrt(n * q * (1 - q))
    low, high = math.floor(n * q - reach), math.ceil(n * q + reach) + 1  # ranks from 1
    if low < 1 or high > n:
        return Estimate(value, None, None, n)
    return Estimate(value, float(ordered[low - 1]), float(ordered[high - 1]), n)


def difference(before: Estimate, after: Estimate) -> Difference:
    """Return after - before with the interval that the two intervals give (MOVER).

    Of two shares it is Newcombe's hybrid score interval, of two means close to Welch's.
    """
    if before.value is None or after.value is None:
        return Difference(None, None, None)
    change = after.value - before.value
    if before.low is None or before.high is None or after.low is None or after.high is None:
        return Difference(change, None, None)
    down = math.hypot(after.value - after.low, before.high - before.value)
    up = math.hypot(after.high - after.value, before.value - before.low)
    return Difference(change, change - down, change + up)


def word(before: Estimate, after: Estimate, better: Better, margin: float) -> Word:
    """Return in a word what the difference says; `margin` is how much worse still counts as not worse.

    better: the whole interval lies on the good side of 0.  worse: it lies on the bad side, with more than
    the margin possible.  not worse: no more than the margin of harm is possible.  Else, and below FEWEST
    on either side, cannot tell.
    """
    found = difference(before, after)
    if found.low is None or found.high is None or min(before.n, after.n) < FEWEST:
        return "cannot tell"
    return interval_word(found.low, found.high, better, margin)


def interval_word(low: float, high: float, better: Better, margin: float) -> Word:
    """Return in a word what the interval of a difference says: see `word`."""
    worst, best = (low, high) if better == "higher" else (-high, -low)
    if worst > 0:
        return "better"
    if worst >= -margin:
        return "not worse"
    return "worse" if best < 0 else "cannot tell"


@cache
def _z(confidence: float) -> float:
    return NormalDist().inv_cdf(1 - (1 - confidence) / 2)


@cache
def student(p: float, freedom: float) -> float:
    """Return the p-quantile (0.5 <= p < 1) of Student's t distribution, to 1e-10.

    Bisection of the incomplete beta function: of all that scipy (40 MB) has, this is what is asked for.
    """
    low, high = 0.0, 2.0
    while _student_cdf(high, freedom) < p:
        low, high = high, high * 2
    while high - low > 1e-12 * max(1.0, high):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (middle, high) if _student_cdf(middle, freedom) < p else (low, middle)
    return (low + high) / 2


def student_p(t: float, freedom: float) -> float:
    """Return how likely a value of Student's t distribution lies as far from 0 as t, on either side."""
    return 2 * (1 - _student_cdf(abs(t), freedom))


def _student_cdf(t: float, freedom: float) -> float:
    """Return P(T <= t) for t >= 0."""
    return 1 - 0.5 * _incomplete_beta(freedom / (freedom + t * t), freedom / 2, 0.5)


def _incomplete_beta(x: float, a: float, b: float) -> float:
    """Return the regularised incomplete beta function (continued fraction, Numerical Recipes 6.4)."""
    if x in (0.0, 1.0):
        return x
    log_front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    if x > (a + 1) / (a + b + 2):
        return 1 - math.exp(log_front) * _fraction(1 - x, b, a) / b
    return math.exp(log_front) * _fraction(x, a, b) / a


def _fraction(x: float, a: float, b: float) -> float:
    """Return the continued fraction of the incomplete beta function, by Lentz's method."""
    tiny = 1e-300
    c, d = 1.0, 1 / _off_zero(1 - (a + b) * x / (a + 1), tiny)
    found = d
    for m in range(1, 1000):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for step in (even, odd):
            d = 1 / _off_zero(1 + step * d, tiny)
            c = _off_zero(1 + step / c, tiny)
            found *= d * c
        if abs(d * c - 1) < 1e-15:
            break
    return found


def _off_zero(value: float, tiny: float) -> float:
    return value if abs(value) > tiny else tiny
