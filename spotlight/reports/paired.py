"""Whether something changed between two ways to do the same cases: paired, by case, never by repeat.

Repeats of a case are averaged before anything is compared; cases that belong together (one conversation, one
task) are one cluster. Sources: Student 1908; Cameron and Miller 2015 (clustered standard errors, with the
correction G / (G - 1)); Fisher 1935 (sign flips); McNemar 1947, exact; Efron 1987 (bootstrap, BCa); Holm 1979
(several comparisons). numpy is enough: scipy would be 40 MB for a binomial sum and a loop or two.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from statistics import NormalDist
from typing import Final, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from spotlight.reports.statistics import (
    CONFIDENCE,
    FEWEST,
    Better,
    Estimate,
    interval_word,
    student,
    student_p,
)

POWER: Final = 2.8  # z of 5 %, two-sided, plus z of 80 % power
MANY: Final = 30  # from so many clusters on, the t distribution is near enough for any shape
_ALL_SIGNS: Final = 15  # clusters of which every flip is counted: 32,768
_FLIPS: Final = 9_999
_SAMPLES: Final = 2_000
_SEED: Final = 20_261_121
_AS_FAR: Final = 1 - 1e-9  # what differs in the last binary digits is as far

Floats = npt.NDArray[np.float64]
Test = Literal["t", "sign flips", "McNemar"]
Verdict = Literal["better", "not worse", "worse", "same", "cannot tell"]


class Paired(NamedTuple):
    """The mean difference, after minus before, over cases that both sides have; None where n gives none."""

    value: float | None
    low: float | None
    high: float | None
    n: int  # cases
    clusters: int
    p: float | None
    test: Test | None
    smallest: float | None  # the difference that so many cases, so spread, show with 80 % power
    changed: int  # cases in which the sides differ


NOTHING: Final = Paired(None, None, None, 0, 0, None, None, None, 0)


def paired(
    before: Sequence[float], after: Sequence[float], clusters: Sequence[Hashable] | None = None
) -> Paired:
    """Return the mean difference of cases with its interval and how likely chance alone gives as much.

    One value per case on either side; `clusters` says which cases belong together, None: none do. Where every
    case differs by the same amount, nothing is known of the spread, and there is no interval.
    """
    n = len(before)
    if not n:
        return NOTHING
    one, two = np.asarray(before, np.float64), np.asarray(after, np.float64)
    differences = two - one
    groups = _groups(clusters if clusters is not None else range(n))
    count = int(groups.max()) + 1
    value, changed = float(differences.mean()), int(np.count_nonzero(differences))
    test, p = _chance(one, two, differences, groups, count)
    error = clustered_error(differences, groups)
    if error is None or error <= abs(value) * 1e-12:
        return Paired(value, None, None, n, count, p, test, None, changed)
    if test == "t":
        p = student_p(value / error, count - 1)
    reach = student(1 - (1 - CONFIDENCE) / 2, count - 1) * error
    return Paired(value, value - reach, value + reach, n, count, p, test, POWER * error, changed)


def clustered_error(values: Floats, groups: npt.NDArray[np.int64]) -> float | None:
    """Return the standard error of the mean of values in clusters 0, 1, ...; None for a single cluster.

    Without shared clusters it is the deviation / sqrt(n).
    """
    count = int(groups.max()) + 1
    if count < 2:
        return None
    sums = _sums(groups, values - values.mean(), count)
    return math.sqrt(count / (count - 1) * float((sums**2).sum())) / len(values)


def _groups(clusters: Sequence[Hashable]) -> npt.NDArray[np.int64]:
    numbers: dict[Hashable, int] = {}
    return np.array([numbers.setdefault(cluster, len(numbers)) for cluster in clusters], np.int64)


def _sums(groups: npt.NDArray[np.int64], values: Floats, count: int) -> Floats:
    """Return the sum of values of each group."""
    return np.bincount(groups, values, count).astype(np.float64)


def _chance(
    one: Floats, two: Floats, differences: Floats, groups: npt.NDArray[np.int64], count: int
) -> tuple[Test | None, float | None]:
    """Return the test that fits, and its p; that of "t" is not known here."""
    if not differences.any() or count < 2:
        return None, None
    if count == len(one) and np.isin(np.concatenate([one, two]), (0.0, 1.0)).all():
        return "McNemar", mcnemar(int((differences > 0).sum()), int((differences < 0).sum()))
    if count < MANY:
        return "sign flips", sign_flips(_sums(groups, differences, count))
    return "t", None


def mcnemar(gained: int, lost: int) -> float | None:
    """Return the exact two-sided p of cases that changed one way and the other; None where none did."""
    n, fewer = gained + lost, min(gained, lost)
    if not n:
        return None
    ways = sum(math.comb(n, k) for k in range(fewer + 1))
    return min(1.0, float(2 * ways / 2**n))


def sign_flips(sums: Sequence[float] | Floats) -> float:
    """Return how often differences of clusters, their signs drawn anew, add up to as much: two-sided p.

    All flips are counted for up to 15 clusters, else 9,999 drawn with a fixed seed.
    """
    values = np.asarray(sums, np.float64)
    far = abs(float(values.sum())) * _AS_FAR
    if len(values) <= _ALL_SIGNS:
        numbers = np.arange(2 ** len(values))[:, None]
        signs = 1.0 - 2.0 * ((numbers >> np.arange(len(values))) & 1)
        return float((np.abs(signs @ values) >= far).mean())
    draws = np.random.default_rng(_SEED).integers(0, 2, (_FLIPS, len(values)))
    hits = int((np.abs((1.0 - 2.0 * draws) @ values) >= far).sum())
    return (1 + hits) / (1 + _FLIPS)


def ratio_of_sums(
    before: Sequence[float], after: Sequence[float], clusters: Sequence[Hashable] | None = None
) -> Estimate:
    """Return the sum after / the sum before, with the BCa interval of a paired bootstrap over clusters.

    Sums, because a few cases carry most of the money: ratios of them are biased and skewed, which plain
    quantiles of the bootstrap do not correct. The seed is fixed: the same figures, the same interval.
    """
    n = len(before)
    one, two = np.asarray(before, np.float64), np.asarray(after, np.float64)
    if not n or one.sum() <= 0:
        return Estimate(None, None, None, n)
    groups = _groups(clusters if clusters is not None else range(n))
    count = int(groups.max()) + 1
    value = float(two.sum() / one.sum())
    if count < FEWEST:
        return Estimate(value, None, None, n)
    sums = np.stack([_sums(groups, side, count) for side in (one, two)])
    drawn = np.random.default_rng(_SEED).integers(0, count, (_SAMPLES, count))
    totals = sums[:, drawn].sum(axis=2)
    ratios = totals[1][totals[0] > 0] / totals[0][totals[0] > 0]
    without = sums.sum(axis=1, keepdims=True) - sums  # of all clusters but one
    left = without[1] / without[0] if (without[0] > 0).all() else np.full(count, value)
    low, high = np.quantile(ratios, _corrected(value, ratios, left))
    return Estimate(value, float(low), float(high), n)


def _corrected(value: float, drawn: Floats, without: Floats) -> tuple[float, float]:
    """Return which quantiles of a bootstrap bound a figure: corrected for its bias and its skew (BCa).

    `without` is the figure of all clusters but one, for each: their skew is how its error grows with it.
    """
    normal = NormalDist()
    below = float((drawn < value).mean() + (drawn == value).mean() / 2)
    bias = normal.inv_cdf(min(max(below, 1 / len(drawn)), 1 - 1 / len(drawn)))
    apart = without.mean() - without
    spread = float((apart**2).sum()) ** 1.5
    skew = float((apart**3).sum()) / (6 * spread) if spread > 0 else 0.0

    def bound(z: float) -> float:
        return normal.cdf(bias + (bias + z) / (1 - skew * (bias + z)))

    reach = normal.inv_cdf(1 - (1 - CONFIDENCE) / 2)
    return bound(-reach), bound(reach)


def holm(chances: Sequence[float | None]) -> list[float | None]:
    """Return p values corrected for looking at all of them: the chance of any so small where nothing differs.

    What has none has none, and is not looked at.
    """
    known = sorted((p, at) for at, p in enumerate(chances) if p is not None)
    found: list[float | None] = [None] * len(chances)
    most = 0.0
    for rank, (p, at) in enumerate(known):
        most = max(most, min(1.0, p * (len(known) - rank)))
        found[at] = most
    return found


def noise(repeats: Sequence[Sequence[float]], counts: Sequence[tuple[int, int]]) -> float | None:
    """Return how far apart two means lie by repeating alone, in 95 of 100 comparisons; None: not known.

    `repeats` are the values of the same case done again, unchanged, case by case; `counts` says of every
    compared case how often it was done on either side.
    """
    groups = [np.asarray(values, np.float64) for values in repeats if len(values) > 1]
    freedom = sum(len(values) - 1 for values in groups)
    if not freedom or not counts:
        return None
    within = sum(float(((values - values.mean()) ** 2).sum()) for values in groups) / freedom
    spread = math.sqrt(within * sum(1 / a + 1 / b for a, b in counts)) / len(counts)
    return student(1 - (1 - CONFIDENCE) / 2, freedom) * spread


def verdict(found: Paired, better: Better, margin: float) -> Verdict:
    """Return in a word what a paired difference says; `margin` is how much worse still is not worse.

    The words are those of `statistics.word`; `same`: no case differs at all.
    """
    if found.n and not found.changed:
        return "same"
    if found.low is None or found.high is None or found.clusters < FEWEST:
        return "cannot tell"
    return interval_word(found.low, found.high, better, margin)
