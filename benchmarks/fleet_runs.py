"""The runs of one day of a made-up fleet, before their steps are known."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa

from benchmarks.fleet import (
    ENVIRONMENTS,
    FAILURES,
    FEATURES,
    NS_PER_DAY,
    NS_PER_HOUR,
    PACKS,
    SURFACES,
    TENANTS,
    USERS,
    VERSIONS,
    hex_ids,
    named,
)

# Runs begin by office hours: weight of each UTC hour.
_HOURS: Final = np.array(
    [2, 1, 1, 1, 1, 2, 4, 7, 11, 13, 13, 12, 11, 13, 14, 13, 12, 10, 7, 5, 4, 4, 3, 2], float
)
_SLOW_DAY: Final = 0.6  # of the days: on that one a provider is slow from 9 to 14
_FAILURE_RATE: Final = 0.04


class Day(NamedTuple):
    """Which day of how many it is, and when it begins."""

    place: int
    days: int
    start_ns: int

    @property
    def share(self) -> float:
        return self.place / max(1, self.days - 1)


class Runs(NamedTuple):
    """What is known of runs before they begin; one entry per run in every array."""

    run_id: pa.Array
    session_id: pa.Array
    user_id: pa.Array
    started_ns: np.ndarray
    tenant: np.ndarray
    pack: np.ndarray
    version: np.ndarray
    environment: np.ndarray
    feature: np.ndarray
    surface: np.ndarray
    failure: np.ndarray  # -1 for a run that does not fail
    incomplete: np.ndarray
    slow: np.ndarray  # factor on the time of its model calls
    is_bad: np.ndarray  # runs under the version that went wrong


def draw_runs(random: np.random.Generator, day: Day, count: int) -> Runs:
    """Return `count` runs of a day, in the order in which they begin."""
    hour = random.choice(24, count, p=_HOURS / _HOURS.sum())
    started = np.sort(day.start_ns + hour * NS_PER_HOUR + random.integers(0, NS_PER_HOUR, count))
    hour = (started - day.start_ns) // NS_PER_HOUR
    user = random.zipf(1.35, count) % USERS
    pack = random.choice(len(PACKS), count, p=[0.34, 0.22, 0.2, 0.14, 0.1])
    version = _version(random, day, started)
    wrong = np.array([-1 if p.bad_version is None else p.bad_version for p in PACKS])
    is_bad = wrong[pack] == version
    fails = random.random(count) < np.where(is_bad, 5 * _FAILURE_RATE, _FAILURE_RATE)
    failure = np.where(fails, random.choice(len(FAILURES), count, p=_failure_weights(day)), -1)
    is_slow = (day.place == round(_SLOW_DAY * (day.days - 1))) & (hour >= 9) & (hour < 14) & (pack != 1)
    return Runs(
        run_id=hex_ids(random, count, 32),
        session_id=_sessions(random, day, user, hour),
        user_id=named([f"user-{n:05d}" for n in range(USERS)], user, random.random(count) > 0.06),
        started_ns=started,
        tenant=np.where(random.random(count) < 0.02, -1, user % 11 % len(TENANTS)),
        pack=pack,
        version=version,
        environment=random.choice(len(ENVIRONMENTS), count, p=[0.85, 0.1, 0.05]),
        feature=random.integers(-1, len(FEATURES), count),
        surface=random.integers(-1, len(SURFACES), count),
        failure=failure,
        incomplete=~fails & (random.random(count) < 0.008),
        slow=np.where(is_slow, 4.0, 1.0) * np.where(is_bad, 1.4, 1.0),
        is_bad=is_bad,
    )


def _version(random: np.random.Generator, day: Day, started: np.ndarray) -> np.ndarray:
    """Return the version each run got: a new one every few days, to a few runs first."""
    place = (day.place + (started - day.start_ns) / NS_PER_DAY) * VERSIONS / day.days
    early = random.random(len(started)) < 0.1 * (place % 1.0)
    return np.minimum(place.astype(np.int64) + early, VERSIONS - 1)


def _failure_weights(day: Day) -> np.ndarray:
    weights = np.array([1.0 / (1 + n % 13) for n in range(len(FAILURES))])
    for n, failure in enumerate(FAILURES):
        if not failure.first <= day.share <= failure.last:
            weights[n] = 0
        elif failure.grows:
            weights[n] *= 6 * day.share
    weights[0] += 0.01
    return np.asarray(weights / weights.sum())


def _sessions(random: np.random.Generator, day: Day, user: np.ndarray, hour: np.ndarray) -> pa.Array:
    """Return the conversation of each run: a few runs of a user within two hours."""
    parts = np.bincount(user)[user] // 48 + 1
    part = random.integers(0, parts)
    keys, codes = np.unique((user * 12 + hour // 2) * 10_000 + part, return_inverse=True)
    names = [f"session-{day.place:02d}-{key:09d}" for key in keys.tolist()]
    return named(names, codes, random.random(len(user)) > 0.04)
