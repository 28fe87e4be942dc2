"""One figure about quality, safety or memory: its value, or how to send what it is made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, Literal, NamedTuple

from spotlight.reports.statistics import Estimate

MOST_RUNS: Final = 20
Unit = Literal["share", "count", "score", "ms", "usd", "tokens"]


class Metric(NamedTuple):
    """One figure; with `reported` False the telemetry does not carry it: value is None, never 0."""

    name: str
    title: str  # what it says, for a person
    unit: Unit
    value: float | None
    low: float | None  # 95 % interval; None where there is none
    high: float | None
    n: int  # how many it is of
    of: str  # what n counts: runs, tool calls, judgements, ...
    reported: bool
    how: str  # how it is computed where reported, else how to send it
    runs: tuple[str, ...] = ()  # ids of runs behind it, at most 20, the newest first


class Signal(NamedTuple):
    """A figure that telemetry may carry: what it is called there, and how to send it."""

    name: str
    title: str
    unit: Unit
    of: str
    computed: str  # how it is computed
    send: str  # how to send it: one sentence with the attribute's name
    scores: tuple[str, ...] = ()  # names of scores that carry it, as `plain_name` writes them


def reported(signal: Signal, found: Estimate, runs: Sequence[str] = ()) -> Metric:
    """Return the metric of a signal that the telemetry carries."""
    return Metric(
        signal.name, signal.title, signal.unit, found.value, found.low, found.high, found.n, signal.of, True,
        signal.computed, distinct(runs),
    )  # fmt: skip


def counted(signal: Signal, count: int, n: int, runs: Sequence[str] = ()) -> Metric:
    """Return the metric of a signal that is a plain count of `n` things looked at."""
    return reported(signal, Estimate(float(count), None, None, n), runs)


def not_reported(signal: Signal) -> Metric:
    """Return the metric of a signal that the telemetry does not carry."""
    return Metric(signal.name, signal.title, signal.unit, None, None, None, 0, signal.of, False, signal.send)


def distinct(runs: Iterable[str], most: int = MOST_RUNS) -> tuple[str, ...]:
    """Return the first ids, each once."""
    return tuple(dict.fromkeys(runs))[:most]
