"""Intervals against published tables and numbers worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spotlight.reports.statistics import (
    UNKNOWN,
    Difference,
    Estimate,
    difference,
    mean,
    quantile,
    share,
    student,
    word,
)


@pytest.mark.parametrize(
    ("freedom", "expected"),
    [(1, 12.7062047), (2, 4.3026527), (5, 2.5705818), (10, 2.2281389), (30, 2.0422725), (1e6, 1.9599664)],
)
def test_student_agrees_with_the_tables(freedom: float, expected: float) -> None:
    """The 97.5 % quantile for 1, 2, 5, 10 and 30 degrees of freedom, and the normal one in the limit."""
    assert expected == pytest.approx(student(0.975, freedom), abs=2e-6)


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    # Newcombe 1998, Statistics in Medicine 17, table I, method 3; and the two ends.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718),
     (20, 20, 0.8389, 1.0)],
    ids=["81 of 263", "15 of 148", "none of 20", "1 of 29", "all of 20"],
)  # fmt: skip
def test_shares_have_wilsons_interval(hits: int, n: int, low: float, high: float) -> None:
    """As published; of no hits it begins at 0, of nothing but hits it ends at 1."""
    found = share(hits, n)
    assert (hits / n, n) == (found.value, found.n)
    assert (low, high) == (pytest.approx(found.low, abs=5e-5), pytest.approx(found.high, abs=5e-5))


def test_means_have_students_interval() -> None:
    """Of 1, 2, 3, 4, 5: mean 3, deviation sqrt(2.5), t = 2.7764451: 3 -+ 1.9632432."""
    found = mean(3.0, math.sqrt(2.5), 5)
    assert (3.0, 5) == (found.value, found.n)
    assert (1.0367568, 4.9632432) == (pytest.approx(found.low), pytest.approx(found.high))


def test_what_n_does_not_give_is_unknown() -> None:
    """Nothing has no value, one value no interval, few values no bound of a high quantile."""
    assert UNKNOWN == share(0, 0) == mean(None, None, 0) == quantile(np.zeros(0), 0.5)
    assert Estimate(7.0, None, None, 1) == mean(7.0, None, 1)
    assert Estimate(10.0, None, None, 11) == quantile(np.arange(0.0, 11.0), 1.0)
    assert Estimate(2.0, None, None, 3) == quantile(np.arange(1.0, 4.0), 0.5)


def test_quantiles_lie_between_order_statistics() -> None:
    """Median of 1 to 100: ranks 50 -+ 1.96 * 5, outwards: the 40th and the 61st value."""
    assert Estimate(50.5, 40.0, 61.0, 100) == quantile(np.arange(1.0, 101.0), 0.5)


def test_differences_of_shares_have_newcombes_interval() -> None:
    """56 of 70 against 48 of 80 is 0.2 with 0.0524 to 0.3339: Newcombe 1998, table II, method 10."""
    found = difference(share(48, 80), share(56, 70))
    expected = tuple(pytest.approx(value, abs=5e-5) for value in (0.2, 0.0524, 0.3339))
    assert expected == tuple(found)


def test_a_side_without_interval_gives_none() -> None:
    """The difference of one value and another is known, what chance did to it is not."""
    one = Estimate(2.0, None, None, 1)
    assert Difference(-1.0, None, None) == difference(Estimate(3.0, 2.0, 4.0, 9), one)
    assert Difference(None, None, None) == difference(UNKNOWN, one)


@pytest.mark.parametrize(
    ("before", "after", "better", "expected"),
    [
        ((50, 100), (90, 100), "higher", "better"),
        ((50, 100), (90, 100), "lower", "worse"),
        ((50, 100), (50, 100), "higher", "cannot tell"),
        ((50_000, 100_000), (50_000, 100_000), "higher", "not worse"),
        ((0, 4), (4, 4), "higher", "cannot tell"),
        ((0, 0), (90, 100), "higher", "cannot tell"),
    ],
    ids=["up is good", "up is bad", "too wide", "equal and many", "below five", "nothing before"],
)
def test_the_word_follows_from_the_interval(
    before: tuple[int, int], after: tuple[int, int], better: str, expected: str
) -> None:
    """Better and worse only where the whole interval says so, not worse within the margin."""
    assert expected == word(share(*before), share(*after), better, 0.02)  # type: ignore[arg-type]


counts = st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(counts, counts)
def test_intervals_hold_their_values(one: tuple[int, int], other: tuple[int, int]) -> None:
    """A share lies in its interval within 0 and 1, a difference in its own, turned round it is mirrored."""
    before, after = share(*one), share(*other)
    assert [0.0, before.low, before.value, before.high, 1.0] == sorted(
        [before.high, 1.0, before.low, 0.0, before.value]  # type: ignore[list-item]
    )
    forth, back = difference(before, after), difference(after, before)
    assert [forth.low, forth.value, forth.high] == sorted([forth.high, forth.low, forth.value])  # type: ignore[type-var]
    assert [-value for value in forth] == pytest.approx([back.value, back.high, back.low])  # type: ignore[operator]
