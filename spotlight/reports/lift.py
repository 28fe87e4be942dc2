"""What differs about some runs: every feature they have, beside how often other runs have it.

A feature is true of a run or not: the version it ran, a tool it called, a value it passed, a phrase that was
said. Each is tested exactly, and corrected for how many were: among few runs and thousands of features some
always differ. What the runs were chosen by is left out, since it differs by choice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from spotlight.reports.chance import false_discovery, fisher, mann_whitney
from spotlight.reports.filters import RunFilters
from spotlight.reports.find.checking import named_fields, read
from spotlight.reports.find.writing import all_of, none_of
from spotlight.reports.questions import Reports
from spotlight.reports.statistics import difference, share

MOST_INSIDE: Final = 5_000  # runs; of more, a sample that is the same each time
MOST_OUTSIDE: Final = 20_000
FEWEST: Final = 3  # runs that have a feature, inside and outside together: fewer show nothing
RATE: Final = 0.05  # of the features called different, so many are expected to differ by chance
QUESTIONS: Final = ("lift_features", "lift_arguments", "lift_phrases")
# Of features that are true of the very same runs, the earliest of these is told, the others beside it.
RANK: Final = (
    "version", "pack", "prompt", "model", "provider", "agent", "skill", "feature", "surface", "environment",
    "tenant", "user", "service", "content", "tool failed", "tool tried again", "tool called", "argument",
    "approval", "finish reason", "failed step", "error", "status", "error said", "tool answered", "user said",
)  # fmt: skip
NUMBERS: Final = {
    "duration_ms": "duration", "cost_usd": "cost", "ttft_ms": "time to first token",
    "first_action_ms": "time to first action", "unaccounted_ms": "unaccounted time",
    "human_ms": "time waiting for people", "steps": "steps", "generations": "model calls",
    "tool_calls": "tool calls", "failed_tool_calls": "failed tool calls", "retries": "retries",
    "fallbacks": "fallbacks", "repeats": "same tool in a row", "input_tokens": "tokens in",
    "output_tokens": "tokens out", "largest_context": "largest context",
    "cache_share": "share read from cache",
}  # fmt: skip
# What follows from having been chosen by a field, and so is left out.
FOLLOWS: Final[dict[str, tuple[str, ...]]] = {
    "status": ("status", "error", "failed step", "error said"),
    "signature": ("status", "error", "failed step", "error said"),
    "error": ("status", "error", "failed step", "error said"),
    "error_type": ("status", "error", "failed step", "error said"),
    "failed_step": ("status", "error", "failed step"),
    "tool": ("tool called", "tool failed"),
    "prompt": ("prompt",), "duration": ("duration",), "ttft": ("time to first token",), "cost": ("cost",),
    "tokens": ("tokens in", "tokens out"), "input_tokens": ("tokens in",), "output_tokens": ("tokens out",),
    "calls": ("model calls",), "tool_calls": ("tool calls",), "args": ("argument",),
    "failed_tool_calls": ("failed tool calls", "tool failed"), "repeats": ("same tool in a row",),
    "input": ("user said", "tool answered"), "result": ("tool answered",), "spans": ("steps",),
    "text": ("user said", "tool answered", "argument", "error said"),
}  # fmt: skip


class Feature(NamedTuple):
    """Something that runs have or have not; shares are of the runs of a side, None of nothing."""

    what: str
    value: str  # hostile text
    inside: int
    outside: int
    inside_share: float | None
    outside_share: float | None
    lift: float | None  # inside_share / outside_share; None where no run outside has it
    difference: float | None  # of the shares, with its interval
    low: float | None
    high: float | None
    p: float
    q: float
    same_as: tuple[str, ...]  # features that are true of the very same runs
    run_ids: tuple[str, ...]  # some of the runs inside that have it


class Number(NamedTuple):
    """A number that runs inside have larger or smaller."""

    what: str
    inside_median: float
    outside_median: float
    inside_n: int  # runs in which it is known
    outside_n: int
    superiority: float  # how often that of a run inside is larger than that of a run outside; ties count half
    p: float
    q: float


class _Tested(NamedTuple):
    """A feature and what marks the runs that have it."""

    mark: tuple[int, int, int]
    feature: Feature


class Lift(NamedTuple):
    """What differs; the most certain first."""

    features: tuple[Feature, ...]
    numbers: tuple[Number, ...]
    inside_n: int  # runs compared
    outside_n: int
    inside_all: int  # runs there are; more than compared where a sample was taken
    outside_all: int
    tested: int  # features and numbers: what the correction is for
    left_out: tuple[str, ...]  # because the runs were chosen by it


def lift(reports: Reports, chosen: str, rest: RunFilters, rate: float = RATE) -> Lift:
    """Return what differs about the runs that a search finds, among those that the filters leave.

    Told are the features and numbers with q <= rate; rate 1 tells all that were tested.
    Raises: UnreadableSearch.
    """
    inside = _runs(reports, rest._replace(query=all_of(rest.query, chosen)), MOST_INSIDE)
    chosen_ids = {row["run_id"] for row in inside}
    others = _runs(reports, rest, MOST_OUTSIDE + len(inside))
    # Of a sample, runs that were chosen and are not in it are told apart by asking for the opposite.
    sampled = bool(inside) and inside[0]["n"] > len(inside)
    if sampled:
        others = _runs(reports, rest._replace(query=all_of(rest.query, none_of(chosen))), MOST_OUTSIDE)
    outside = [row for row in others if row["run_id"] not in chosen_ids][:MOST_OUTSIDE]
    left_out = followers(chosen)
    tested = _features(reports, inside, outside, left_out)
    numbers = _numbers(inside, outside, left_out)
    q = false_discovery(
        np.array([t.feature.p for t in tested] + [number.p for number in numbers], np.float64)
    )
    told = [
        t._replace(feature=t.feature._replace(q=float(at)))
        for t, at in zip(tested, q[: len(tested)], strict=True)
        if at <= rate
    ]
    weighed = [n._replace(q=float(at)) for n, at in zip(numbers, q[len(tested) :], strict=True) if at <= rate]
    all_inside = inside[0]["n"] if inside else 0
    all_outside = (others[0]["n"] if others else 0) - (0 if sampled else all_inside)
    return Lift(
        tuple(sorted(_alike(told), key=_order)),
        tuple(sorted(weighed, key=lambda n: (n.p, n.what))),
        len(inside), len(outside), all_inside, max(all_outside, len(outside)), len(q), left_out,
    )  # fmt: skip


def followers(chosen: str) -> tuple[str, ...]:
    """Return what differs by choice alone where runs are chosen by a search. Raises: UnreadableSearch."""
    named = named_fields(read(chosen))
    return tuple(dict.fromkeys(what for name in named for what in FOLLOWS.get(name, (name,))))


def _runs(reports: Reports, filters: RunFilters, limit: int) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = reports.ask("lift_runs", filters.params() | {"limit": limit}).to_pylist()
    return rows


def _features(
    reports: Reports,
    inside: Sequence[dict[str, Any]],
    outside: Sequence[dict[str, Any]],
    left_out: Sequence[str],
) -> list[_Tested]:
    """Return every feature that enough runs have, without its q."""
    if not inside or not outside:
        return []
    sides = {"inside": [row["run_id"] for row in inside], "outside": [row["run_id"] for row in outside]}
    rows = [
        row
        for name in QUESTIONS
        for row in reports.ask(name, sides | {"fewest": FEWEST}).to_pylist()
        if row["what"] not in left_out
    ]
    counts = np.array([(row["inside"], row["outside"]) for row in rows], np.int64).reshape(-1, 2)
    p = fisher(counts[:, 0], counts[:, 1], len(inside), len(outside))
    return [
        _Tested(
            (row["mark"], row["inside"], row["outside"]), _feature(row, float(at), len(inside), len(outside))
        )
        for row, at in zip(rows, p, strict=True)
    ]


def _feature(row: dict[str, Any], p: float, inside_n: int, outside_n: int) -> Feature:
    here, there = share(row["inside"], inside_n), share(row["outside"], outside_n)
    apart = difference(there, here)
    return Feature(
        row["what"], row["value"], row["inside"], row["outside"], here.value, there.value,
        here.value / there.value if here.value is not None and there.value else None,
        apart.value, apart.low, apart.high, p, 1.0, (), tuple(row["run_ids"] or ()),
    )  # fmt: skip


def _order(feature: Feature) -> tuple[float, float, int, int, str]:
    """Return what features are sorted by: certain first, what is there before what is not, what explains."""
    place = RANK.index(feature.what)
    return (
        float(f"{feature.p:.6g}"),
        -(feature.difference or 0.0),
        place,
        -len(feature.value),
        feature.value,
    )


def _alike(tested: Iterable[_Tested]) -> list[Feature]:
    """Return one feature for all that the very same runs have: the first of RANK, the longest phrase."""
    groups: dict[tuple[int, int, int], list[Feature]] = {}
    for mark, feature in tested:
        groups.setdefault(mark, []).append(feature)
    told = []
    for group in groups.values():
        best, *others = sorted(group, key=_order)
        told.append(best._replace(same_as=tuple(f"{other.what}: {other.value}" for other in others)))
    return told


def _numbers(
    inside: Sequence[dict[str, Any]], outside: Sequence[dict[str, Any]], left_out: Sequence[str]
) -> list[Number]:
    found = []
    for column, what in NUMBERS.items():
        here, there = _known(inside, column), _known(outside, column)
        ranked = None if what in left_out else mann_whitney(here, there)
        if ranked is not None:
            found.append(
                Number(
                    what, float(np.median(here)), float(np.median(there)), len(here), len(there),
                    ranked.superiority, ranked.p, 1.0,
                )
            )  # fmt: skip
    return found


def _known(rows: Sequence[dict[str, Any]], column: str) -> npt.NDArray[np.float64]:
    return np.array([row[column] for row in rows if row[column] is not None], np.float64)
