"""What a plan will ask, cover, cost and be able to show, before anything is spent."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final, NamedTuple

from replay.budget import Prices, likely_tokens, most_tokens
from replay.calling import Asked, is_other
from replay.journal import Item
from replay.model import RecordedCall, Recording, Usage
from replay.plan import Sealed
from replay.preview_tools import MadeUp, MocksOf, tools_ahead
from replay.providers.models import Model
from replay.sealing import Recordings
from replay.targets import Changed, Changes

# Variance of a task's success between repeats of the same agent: tau-bench airline, gpt-4o, 50 tasks x 4.
_WITHIN: Final = 0.147
_POWER: Final = 2.8  # z of 5 %, two-sided, plus z of 80 % power
_GUESSED_MS: Final = 5_000.0  # a call whose duration is not recorded

ChangesOf = Callable[[str, Recording], Changes]


class Preview(NamedTuple):
    """A plan in figures; money in USD without models that have no price."""

    cases: int
    items: int
    calls: int  # model calls if everything goes as recorded
    grades: Mapping[str, int]  # cases by how complete their recordings are
    rungs: Mapping[str, Mapping[str, int]]  # by variant: recorded tool calls by what would answer them
    skipped: Mapping[str, int]  # steps that are not asked, by reason
    refused: Mapping[str, int]  # the same, for reasons of one variant: `variant: reason`
    models: Mapping[str, int]  # calls by model
    targets: tuple[Model, ...]  # the models that are asked
    unpriced: Mapping[str, str]  # model -> why it has no price
    unpriced_calls: int
    made_up: int  # tool results that a model makes up, beside `calls`, if everything goes as recorded
    expected_usd: Decimal
    worst_usd: Decimal
    input_tokens: int  # expected
    seconds: float  # expected
    smallest_effect: float | None  # difference in success that can be shown, 0 to 1; None: none can


class _Sums:
    def __init__(self) -> None:
        self.calls = 0
        self.models: Counter[str] = Counter()
        self.targets: dict[Model, None] = {}
        self.unpriced: dict[str, str] = {}
        self.unpriced_calls = 0
        self.expected = Decimal(0)
        self.worst = Decimal(0)
        self.input_tokens = 0
        self.ms = 0.0
        self.longest_ms = 0.0
        self.skipped: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.rungs: dict[str, Counter[str]] = {}
        self.made_up = 0


async def preview(
    sealed: Sealed, recordings: Recordings, prices: Prices, changes: ChangesOf, mocks: MocksOf
) -> Preview:
    """Return what a plan will ask, cover and cost. Nothing is asked."""
    sums, plan = _Sums(), sealed.plan
    helper = plan.simulate.parsed() if plan.simulate else None
    for number, case in enumerate(sealed.cases):
        found = recordings(case.run_id)
        calls = {call.step: call for call in found.calls}
        sums.skipped.update(case.skipped.values())
        for variant in plan.all_variants():
            changed = changes(variant.name, found)
            ways = [_way(changed, calls[step], variant.name, sums) for step in case.steps]
            known = [way for way in ways if way is not None]
            _add_way(known, sealed, prices, sums)
            item = Item(0, number, variant.name, 1)
            ahead = await tools_ahead(found, item, case.steps[0], mocks, helper)
            sums.rungs.setdefault(variant.name, Counter()).update(ahead.rungs)
            if helper and known and (plan.mode == "closed" or plan.follow):
                _add_made_up(ahead.made_up, helper, sealed, prices, sums)
    rungs = {variant: counts for variant, counts in sums.rungs.items() if counts}
    per_call = sums.ms / plan.concurrency
    return Preview(
        len(sealed.cases), sum(1 for _ in sealed.items()), sums.calls,
        Counter(case.grade for case in sealed.cases), rungs, sums.skipped, sums.refused, sums.models,
        tuple(sums.targets),
        sums.unpriced, sums.unpriced_calls, sums.made_up, sums.expected, sums.worst, sums.input_tokens,
        max(per_call, sums.longest_ms) / 1000, smallest_effect(len(sealed.cases), plan.repeat),
    )  # fmt: skip


class _Way(NamedTuple):
    call: RecordedCall
    changed: Changed


def _way(changes: Changes, call: RecordedCall, variant: str, sums: _Sums) -> _Way | None:
    changed = changes.of(call)
    if isinstance(changed, str):
        sums.refused[f"{variant}: {changed}"] += 1
        return None
    return _Way(call, changed)


def _add_way(ways: list[_Way], sealed: Sealed, prices: Prices, sums: _Sums) -> None:
    """Add the calls of one case by one variant, all repeats of it."""
    plan = sealed.plan
    worst = Decimal(0)
    largest = Decimal(0)
    total_ms = 0.0
    for call, changed in ways:
        model, repeat = changed.model, plan.repeat
        sums.calls += repeat
        sums.models[f"{model.provider}:{model.name}" if not model.is_recorded else "recorded"] += repeat
        if model.is_recorded:
            continue
        sums.targets[model] = None
        response = call.response
        other = is_other(Asked(Item(0, 0, "", 1), call.step, model, changed.request, call))
        usage = response.usage if response else Usage()
        likely = likely_tokens(changed.request, usage, is_other_model=other, was=call.request)
        most = most_tokens(changed.request, usage, is_other_model=other, was=call.request)
        ms = response.duration_ms if response and response.duration_ms is not None else _GUESSED_MS
        total_ms += ms
        sums.ms += ms * repeat
        sums.longest_ms = max(sums.longest_ms, ms)
        sums.input_tokens += likely.input * repeat
        costs = [prices.most(model.provider, model.name, tokens) for tokens in (likely, most)]
        if costs[0] is None or costs[1] is None:
            why = prices.reason(model.provider, model.name) or "no price for it"
            sums.unpriced[f"{model.provider}:{model.name}"] = why
            sums.unpriced_calls += repeat
            continue
        sums.expected += costs[0] * repeat
        worst += costs[1]
        largest = max(largest, costs[1])
    if plan.mode == "closed":  # a loop may go to its limit, at the size of its largest call
        worst = largest * max(plan.max_steps, len(ways))
        sums.longest_ms = max(sums.longest_ms, total_ms)
    elif plan.follow:  # such a loop may follow, too
        worst += largest * plan.max_steps
    sums.worst += worst * plan.repeat


def _add_made_up(made: MadeUp, helper: Model, sealed: Sealed, prices: Prices, sums: _Sums) -> None:
    """Add the tool results of one case by one variant that a model makes up.

    At worst it makes up every result of a loop that goes to its limit.
    """
    plan = sealed.plan
    if helper.is_recorded or made.largest is None:
        return
    expected = len(made.likely) if plan.mode == "closed" else 0  # whether anything follows is not known
    sums.made_up += expected * plan.repeat
    worst = prices.most(helper.provider, helper.name, made.largest)
    if worst is None:
        name = f"{helper.provider}:{helper.name}"
        sums.unpriced[name] = prices.reason(helper.provider, helper.name) or "no price for it"
        sums.unpriced_calls += max(1, expected) * plan.repeat
        return
    sums.worst += worst * plan.max_steps * made.at_once * plan.repeat
    for tokens in made.likely[:expected]:
        sums.input_tokens += tokens.input * plan.repeat
        sums.expected += (prices.most(helper.provider, helper.name, tokens) or 0) * plan.repeat


def smallest_effect(cases: int, repeats: int) -> float | None:
    """Return the smallest difference in success that so many cases can show, with 80 % power; None: none.

    MDE = 2.8 * sqrt(2 * s2_within / (k * n)), with the variance measured on tau-bench and cases that all
    change alike: with cases that differ in that, more is needed.
    """
    if cases < 2:
        return None
    found = _POWER * math.sqrt(2 * _WITHIN / (repeats * cases))
    return found if found < 1 else None
