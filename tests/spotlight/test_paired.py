"""Paired comparisons: hand-computed and published values, and what holds for all."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spotlight.reports.paired import NOTHING, holm, mcnemar, noise, paired, ratio_of_sums, sign_flips, verdict

# Darwin's maize, crossed minus self-fertilised, eighths of an inch; Fisher, The Design of Experiments, 1935.
MAIZE = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48]
PAIRS = st.lists(st.tuples(st.integers(-50, 50), st.integers(-50, 50)), min_size=2, max_size=12)


def test_fisher_on_darwins_maize() -> None:
    """Of all 32,768 signs 1,726 give as much, as Fisher counted; Student's interval just leaves out 0."""
    found = paired([0.0] * 15, [float(value) for value in MAIZE])
    assert (1726 / 32768, "sign flips") == (found.p, found.test)
    assert (20.933, 0.033, 41.834) == pytest.approx((found.value, found.low, found.high), abs=2e-3)


def test_mcnemar_is_exact() -> None:
    """Of ten that changed, eight one way: p = 2 * 56 / 1,024; of none there is no p."""
    assert 0.109375 == mcnemar(8, 2)
    assert mcnemar(0, 0) is None
    found = paired([0, 0, 0, 1, 1], [1, 1, 1, 0, 1])
    assert ("McNemar", 2 * 5 / 16, 4) == (found.test, found.p, found.changed)


def test_many_cases_are_judged_by_student() -> None:
    """Of 40 differences 0, 1, 0, 1, ... the mean is 0.5, its error sqrt(10 / 39 / 40), t 6.245 with 39."""
    found = paired([0.0] * 40, [0.0, 2.0] * 20)
    assert "t" == found.test
    assert 6.245 == pytest.approx((found.value or 0) / (found.smallest or 1) * 2.8, abs=1e-3)
    assert 2.3e-7 == pytest.approx(found.p, rel=0.05)


def test_cases_of_one_cluster_count_as_little_as_they_tell() -> None:
    """Differences 1, 1, 3, 3 in two clusters: the error is sqrt(2 / 1 * (4 + 4)) / 4 = 1, not 0.577."""
    found = paired([0] * 4, [1, 1, 3, 3], clusters=["a", "a", "b", "b"])
    assert (2.0, 2, 4) == (found.value, found.clusters, found.n)
    assert (2 - 12.7062, 2.8) == pytest.approx((found.low, found.smallest), abs=1e-3)
    alone = paired([0] * 4, [1, 1, 3, 3])
    assert 2.8 / math.sqrt(3) == pytest.approx(alone.smallest)


def test_what_n_does_not_give_is_none() -> None:
    """Nothing, one case, one cluster and equal differences have no interval; no sum, no ratio."""
    assert NOTHING == paired([], [])
    for found in (paired([1], [2]), paired([1, 2], [2, 4], ["a", "a"]), paired([1, 2, 3], [2, 3, 4])):
        assert (None, None, None) == (found.low, found.high, found.smallest)
    assert ratio_of_sums([0, 0], [1, 1]).value is None
    assert noise([[1.0], [2.0]], [(1, 1)]) is None


def test_costs_are_compared_as_sums() -> None:
    """100 -> 50 and four times 1 -> 2 is 58 of 104, and the same figures give the same interval."""
    found = ratio_of_sums([100, 1, 1, 1, 1], [50, 2, 2, 2, 2])
    assert 58 / 104 == found.value
    assert found == ratio_of_sums([100, 1, 1, 1, 1], [50, 2, 2, 2, 2])
    assert found.low is not None
    assert 0.5 < found.low < 58 / 104


def test_an_interval_of_sums_leans_where_they_are_skewed() -> None:
    """Scipy 1.17's BCa of the same cases, 99,999 samples: 0.943 to 2.625; plain quantiles end at 3.45."""
    before = [100, 3, 2, 5, 1, 4, 2, 3, 60, 2, 1, 3]
    after = [90, 9, 2, 6, 8, 4, 2, 9, 66, 2, 1, 30]
    found = ratio_of_sums(before, after)
    assert (0.943, 2.625) == pytest.approx((found.low, found.high), rel=0.06)


def test_several_comparisons_are_corrected() -> None:
    """Holm's steps by hand: 4 x 0.01, 3 x 0.02, then no less than before; what has no p has none."""
    assert [0.06, None, 0.04, 0.06, 0.5] == pytest.approx(holm([0.02, None, 0.01, 0.03, 0.5]))
    assert [1.0, 1.0] == holm([0.9, 0.6])


def test_repeats_say_how_much_is_noise() -> None:
    """Variances 2 and 0 within two cases, each done twice on both sides: t(2) * sqrt(1 * (1 + 1)) / 2."""
    assert 4.30265 * math.sqrt(2) / 2 == pytest.approx(
        noise([[1, 3], [5, 5], [9]], [(2, 2), (2, 2)]), abs=1e-4
    )


def test_a_word_for_every_difference() -> None:
    """Better, worse and not worse by the interval; the same where nothing changed; few cases cannot tell."""
    zero = [0.0] * 6
    assert "better" == verdict(paired(zero, [1, 2, 1, 2, 1, 2]), "higher", 0.1)
    assert "worse" == verdict(paired(zero, [1, 2, 1, 2, 1, 2]), "lower", 0.1)
    assert "not worse" == verdict(paired(zero, [0.01, -0.01, 0.01, -0.01, 0, 0]), "higher", 0.1)
    assert "same" == verdict(paired(zero, zero), "higher", 0.1)
    assert "cannot tell" == verdict(paired(zero[:4], [1, 2, 1, 2]), "higher", 0.1)


@settings(max_examples=60, deadline=None)
@given(PAIRS)
def test_sides_may_be_changed(pairs: list[tuple[int, int]]) -> None:
    """The other way round everything has the other sign and the same p; clusters of one change nothing."""
    one, two = [float(a) for a, _ in pairs], [float(b) for _, b in pairs]
    found, back = paired(one, two), paired(two, one)
    assert found.value == -(back.value or 0)
    assert found.p == back.p
    assert (found.low is None) == (back.low is None)
    assert found == paired(one, two, clusters=[f"case {at}" for at in range(len(one))])
    assert 0 < sign_flips([b - a for a, b in pairs]) <= 1
