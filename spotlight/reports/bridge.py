"""Why the cost changed: the difference between two sets of runs as a sum of named effects."""

from __future__ import annotations

from typing import NamedTuple

import pyarrow as pa

from spotlight.reports.filters import RunFilters
from spotlight.reports.questions import Reports


class BridgeLine(NamedTuple):
    """One effect: what it adds to the cost from before to after."""

    name: str  # volume, pack_mix, model_mix, calls_per_run, retries, ...: see `bridge`
    label: str  # for people
    cost_usd: float  # negative where it saves
    meaning: str  # one sentence
    runs: list[str]  # ids of the runs that weigh most in it, the heaviest first
    runs_are: str  # before or after: on which side these runs are


class BridgeSide(NamedTuple):
    """One side of a bridge."""

    runs: int
    cost_usd: float  # of what is priced
    calls: int  # steps with usage or a price
    unpriced_calls: int  # those with usage and without a price: in no line but `coverage`
    unpriced_tokens: int
    unpriced_token_share: float | None
    generations_without_usage: int


class Bridge(NamedTuple):
    """The difference between two sides, explained; math.fsum over the lines is exactly the difference."""

    before: BridgeSide
    after: BridgeSide
    difference_usd: float
    lines: list[BridgeLine]  # in the order in which the effects were taken


def bridge(reports: Reports, before: RunFilters, after: RunFilters, *, examples: int = 5) -> Bridge:
    """Return why the runs of `after` cost more or less than those of `before`.

    The sides are two periods, two versions, or any two filters. With n runs, for pack a and model m

        cost = n x s_a x c_a x m_am x (1 + r_am) x q_am x (i x (p_u (1 - h - w) + p_h h + p_w w) + o p_o + f)

    summed over a and m. From the values of before to those of after one factor is replaced at a time, in
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
    paid tools, are one model of their own.
    """
    raise NotImplementedError


def bridge_table(found: Bridge) -> pa.Table:
    """Return the lines of a bridge as a table: name, label, cost_usd, meaning, runs, runs_are."""
    columns = zip(*found.lines, strict=True)
    return pa.table(dict(zip(BridgeLine._fields, map(list, columns), strict=True)))
