"""Why the cost changed: the difference between two sets of runs as a sum of named effects."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa

from spotlight.reports.bridge_effects import CLASSES, EXCHANGES, Array, Cells, Key, cells, effects
from spotlight.reports.cost import cost_total
from spotlight.reports.filters import RunFilters
from spotlight.reports.questions import Reports

_TABLE: Final = pa.schema(
    [
        ("name", pa.string()),
        ("label", pa.string()),
        ("cost_usd", pa.float64()),
        ("meaning", pa.string()),
        ("runs", pa.list_(pa.string())),
        ("runs_are", pa.string()),
    ]
)


class _Line(NamedTuple):
    label: str
    meaning: str
    driver: str  # what makes a run weigh in the line: see sql/bridge_runs.sql


_LINES: Final[Mapping[str, _Line]] = {
    "volume": _Line("Volume", "more or fewer runs", "cost"),
    "pack_mix": _Line("Mix of packs", "other shares of the packs in the runs", "cost"),
    "calls_per_run": _Line("Calls per run", "more or fewer paid calls in a run of the same pack", "calls"),
    "model_mix": _Line("Mix of models", "other models that answer the calls of the same pack", "cost"),
    "retries": _Line("Retries", "more or fewer tries of what had been paid for and failed", "retries"),
    "input_tokens": _Line("Input per call", "more or fewer input tokens in a call", "input"),
    "output_tokens": _Line("Output per call", "more or fewer output tokens in a call", "output"),
    "cache": _Line("Cache", "another share of the input read from or written to the cache", "uncached"),
    "coverage": _Line("Priced share", "calls that have a price on one side only", "cost"),
    "price": _Line("Price", "other prices per token, and other fees per call", "cost"),
}
_ROUNDING: Final = "what floating-point arithmetic leaves over"
# An effect below this part of the larger side is the noise of the arithmetic (2^-53 a step), and no effect.
_NOISE: Final = 1e-10
_MOST_CELLS: Final = 50  # packs and models per line in which runs are looked for
# Driver of a line -> classes of tokens that it counts.
_TOKENS: Final = {
    "input": ("uncached", "cache_read", "cache_write"),
    "output": ("output",),
    "uncached": ("uncached", "cache_write"),
}


class BridgeLine(NamedTuple):
    """One effect: what it adds to the cost from before to after."""

    name: str  # volume, pack_mix, calls_per_run, ..., rounding: see `bridge`
    label: str  # for people
    cost_usd: float  # negative where it saves
    meaning: str  # a few words
    runs: list[str]  # ids of the runs that weigh most in it, the heaviest first
    runs_are: str | None  # before or after: on which side these runs are; None where nothing changed


class BridgeSide(NamedTuple):
    """One side of a bridge."""

    runs: int
    cost_usd: float  # of what is priced
    calls: int  # steps with usage or a price
    unpriced_calls: int  # those with usage and without a price: in no line but `coverage`
    unpriced_tokens: int
    unpriced_token_share: float | None
    generations_without_usage: int  # in no figure


class Bridge(NamedTuple):
    """The difference between two sides, explained; math.fsum over the lines is exactly the difference."""

    before: BridgeSide
    after: BridgeSide
    difference_usd: float
    lines: list[BridgeLine]  # in the order in which the effects were taken, `rounding` last


class _Side(NamedTuple):
    summary: BridgeSide
    rows: list[dict[str, Any]]
    packs: list[dict[str, Any]]


def bridge(reports: Reports, before: RunFilters, after: RunFilters, *, examples: int = 5) -> Bridge:
    """Return why the runs of `after` cost more or less than those of `before`.

    The sides are two periods, two versions, or any two filters. With n runs, for pack a and model m

        cost = n x s_a x c_a x m_am x (1 + r_am) x q_am x (i x (p_u (1 - h - w) + p_h h + p_w w) + o p_o + f)

    summed over a and m. From the values of before to those of after one factor is exchanged at a time, in
    this order; what the sum moves by is the factor's effect (sequential substitution):

        volume         n     runs with a step that matches
        pack_mix       s_a   share of the runs that are of pack a
        calls_per_run  c_a   paid calls per run of the pack, without retries
        model_mix      m_am  share of the pack's calls that model m answered
        retries        r_am  calls that try again what had been paid for and failed, per other call
        input_tokens   i     input tokens per priced call, cached or not
        output_tokens  o     output tokens per priced call
        cache          h, w  shares of the input that were read from, and written to, the cache
        coverage       q_am  share of the calls that have a price: usage that was unpriced on one side
        price          p, f  USD per token of each class that was really paid, and fees per call
        rounding             what floating point leaves over, so that the lines add up exactly

    Where a side has nothing to tell a factor from (a model that it never called has no price), the other
    side's value stands for it: a new model is mix, not price. p is the average paid per token of a class, so
    tiers, batch discounts and the lifetime of cache writes are price, too. Calls without a model, such as
    paid tools, are one model of their own. A paid call is a step with usage or a price.

    The runs of a line are those of after where it adds, of before where it saves, weighed by the line's
    effect in their pack and model and by their share of what drives it there: cost, calls, retries or tokens.
    """
    sides = _side(reports, before), _side(reports, after)
    keys: list[Key] = list(dict.fromkeys((row["pack"], row["model"]) for side in sides for row in side.rows))
    first, last = (cells(keys, side.rows, side.packs) for side in sides)
    found = effects(first, last)
    larger = max(side.summary.cost_usd for side in sides)
    sums = {name: math.fsum(values.tolist()) for name, values in found.items()}
    sums = {name: usd if abs(usd) > _NOISE * larger else 0.0 for name, usd in sums.items()}
    difference = sides[1].summary.cost_usd - sides[0].summary.cost_usd
    named = _runs(reports, (before, first), sums, found, keys, examples, saves=True)
    named |= _runs(reports, (after, last), sums, found, keys, examples, saves=False)
    lines = [
        BridgeLine(name, _LINES[name].label, usd, _LINES[name].meaning, named.get(name, []), _runs_are(usd))
        for name, usd in sums.items()
    ]
    rest = math.fsum([difference, *(-usd for usd in sums.values())])
    lines.append(BridgeLine("rounding", "Rounding", rest, _ROUNDING, [], None))
    return Bridge(sides[0].summary, sides[1].summary, difference, lines)


def bridge_table(found: Bridge) -> pa.Table:
    """Return the lines of a bridge as a table: name, label, cost_usd, meaning, runs, runs_are."""
    columns = dict(zip(BridgeLine._fields, map(list, zip(*found.lines, strict=True)), strict=True))
    return pa.table([pa.array(columns[f.name], f.type) for f in _TABLE], _TABLE)


def _side(reports: Reports, filters: RunFilters) -> _Side:
    total = cost_total(reports, filters)
    rows, packs = (reports.ask(f"bridge_{name}", filters.params()).to_pylist() for name in ("cells", "packs"))
    summary = BridgeSide(
        total.runs,
        total.cost_usd or 0.0,
        sum(row["calls"] + row["retries"] for row in rows),
        total.unpriced_generations,
        total.unpriced_tokens,
        total.unpriced_token_share,
        total.generations_without_usage,
    )
    return _Side(summary, rows, packs)


def _runs_are(usd: float) -> str | None:
    return None if usd == 0 else "after" if usd > 0 else "before"


def _runs(
    reports: Reports,
    side: tuple[RunFilters, Cells],
    sums: Mapping[str, float],
    found: Mapping[str, Array],
    keys: Sequence[Key],
    examples: int,
    *,
    saves: bool,
) -> dict[str, list[str]]:
    """Return the heaviest runs of one side by line: of the lines that save, or of those that add."""
    weights = []
    for name in EXCHANGES:
        if sums[name] == 0 or (sums[name] < 0) != saves:
            continue
        driver = _LINES[name].driver
        amount = _amount(side[1], driver)
        share = np.clip(found[name] * math.copysign(1, sums[name]), 0, None)
        weigh = np.divide(share, amount, out=np.zeros_like(share), where=amount > 0)
        for at in np.argsort(-share, kind="stable")[:_MOST_CELLS].tolist():
            pack, model = keys[at]
            cell = {"line": name, "pack": pack, "model": model, "driver": driver}
            weights += [cell | {"weight": float(weigh[at])}] if weigh[at] > 0 else []
    listed: defaultdict[str, list[str]] = defaultdict(list)
    if weights and examples:
        asked = side[0].params() | {"weights": weights, "examples": examples}
        for row in reports.ask("bridge_runs", asked).to_pylist():
            listed[row["line"]].append(row["run_id"])
    return listed


def _amount(side: Cells, driver: str) -> Array:
    """Return how much of a line's driver each cell of a side has."""
    if driver in _TOKENS:
        return np.asarray(sum(side.tokens[CLASSES.index(name)] for name in _TOKENS[driver]))
    return {"cost": side.cost_usd, "calls": side.calls, "retries": side.retries}[driver]
