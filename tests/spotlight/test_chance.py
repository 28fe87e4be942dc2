"""Tests of differences: against published and hand-computed values, and on noise."""

from __future__ import annotations

import numpy as np
import pytest

from spotlight.reports.chance import false_discovery, fisher, mann_whitney


@pytest.mark.parametrize(
    ("inside", "outside", "inside_n", "outside_n", "p"),
    [
        (3, 1, 4, 4, 34 / 70),  # the lady tasting tea, two-sided
        (10, 0, 10, 10, 2 / 184_756),  # one table of C(20, 10) on either side
        (0, 0, 5, 7, 1.0),
        (5, 7, 5, 7, 1.0),
        (1, 9, 12, 12, 2 * (66 + 12 * 220) / 1_961_256),  # C(12,k) C(12,10-k) / C(24,10), k of 0, 1, 9, 10
    ],
    ids=["tea", "all or none", "nobody", "everybody", "one of twelve"],
)
def test_fisher_is_exact(inside: int, outside: int, inside_n: int, outside_n: int, p: float) -> None:
    """The p of a 2x2 table is the sum over the tables that are no more likely."""
    [found] = fisher(np.array([inside]), np.array([outside]), inside_n, outside_n)
    assert p == pytest.approx(float(found), rel=1e-9)


def test_mann_whitney_by_hand() -> None:
    """Ranks 1-5 against 6-10: U is 0, the normal approximation with continuity gives p = 0.01219."""
    found = mann_whitney(np.arange(1.0, 6), np.arange(6.0, 11))
    assert found is not None
    assert 0.0 == found.superiority
    assert 0.012186 == pytest.approx(found.p, abs=1e-6)


def test_numbers_that_are_all_alike_say_nothing() -> None:
    """Without two different values, or without one side, there is nothing to compare."""
    assert mann_whitney(np.ones(4), np.ones(9)) is None
    assert mann_whitney(np.empty(0), np.ones(9)) is None


def test_false_discovery_by_hand() -> None:
    """Benjamini and Hochberg: p times the number of tests over its rank, never falling with p."""
    found = false_discovery(np.array([0.04, 0.005, 0.03, 0.8]))
    assert [pytest.approx(v) for v in (0.16 / 3, 0.02, 0.16 / 3, 0.8)] == found.tolist()


def test_noise_is_seldom_called_a_difference() -> None:
    """Of 200 times 300 features that mean nothing, at most one time in ten anything is called different."""
    dice = np.random.default_rng(11)
    wrong = 0
    for _ in range(200):
        rates = dice.uniform(0.02, 0.9, 300)
        p = fisher(dice.binomial(40, rates), dice.binomial(160, rates), 40, 160)
        wrong += bool((false_discovery(p) <= 0.05).any())
    assert wrong <= 20
