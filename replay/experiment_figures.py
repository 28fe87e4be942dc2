"""What an experiment shows: every figure of every variant, paired by case against the baseline.

A figure of a case is the mean of its repeats. Step by step, all sides count the same steps: those that every
finished trial of the case asked. What was broken off is censored: it is in no figure, and bounds say what
the difference would be had it come to the best or the worst.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from statistics import fmean
from typing import Final, Literal, NamedTuple

from replay.experiment import ORIGINAL, Call, Experiment, Row, Trial, score_names
from spotlight.reports.paired import NOTHING, Paired, Verdict, holm, noise, paired, ratio_of_sums, verdict
from spotlight.reports.scored import better_by_name
from spotlight.reports.statistics import CONFIDENCE, UNKNOWN, Better, Estimate

Unit = Literal["share", "usd", "ms", "tokens", "score"]
SHARE_MARGIN: Final = 0.02  # how much worse still counts as not worse: of shares
MARGIN: Final = 0.05  # of all else, relative to the baseline
SCORE: Final = "score:"
_WEAKER: Final[Mapping[Verdict, Verdict]] = {"better": "not worse", "worse": "cannot tell"}
_SUMS: Final = frozenset(("usd", "ms", "tokens"))  # units whose sums are compared as a ratio


class Metric(NamedTuple):
    """One figure of a trial; `value` gives it over some steps, None: not known, or of nothing."""

    name: str
    title: str
    unit: Unit
    better: Better
    value: Callable[[Trial, frozenset[int]], float | None]


class Compared(NamedTuple):
    """One figure of one variant: what it is, and by how much it differs from the baseline."""

    variant: str
    metric: Metric
    level: Estimate  # of the variant, over all cases that have it
    before: float | None  # of the baseline, over the cases that both have
    after: float | None
    found: Paired
    ratio: Estimate | None  # of sums, where the unit has them
    noise: float | None  # how far repeating the baseline moves the difference by itself
    lowest: float | None  # the difference with all that was broken off at its best and at its worst; None:
    highest: float | None  # nothing was, or nothing bounds it
    censored: int  # trials of either side that were broken off
    unknown: int  # cases in which a side has no such figure
    word: Verdict | None  # None: there is nothing to compare
    p_holm: float | None = None  # p, corrected for all figures of all variants that it stands among


def _agreement(trial: Trial, _steps: frozenset[int]) -> float | None:
    return trial.same / trial.compared if trial.compared else None


def _same(field: str) -> Callable[[Trial, frozenset[int]], float | None]:
    """Return the share of calls in which a part is as recorded, of those that have such a part."""

    def value(trial: Trial, steps: frozenset[int]) -> float | None:
        told = [getattr(call, field) for call in _counted(trial, steps)]
        known = [same for same in told if same is not None]
        return fmean(known) if known else None

    return value


def _sum(field: str) -> Callable[[Trial, frozenset[int]], float | None]:
    """Return the sum over the calls; None where one of them does not say it."""

    def value(trial: Trial, steps: frozenset[int]) -> float | None:
        told = [getattr(call, field) for call in _counted(trial, steps)]
        return None if not told or None in told else float(sum(told))

    return value


def _score(name: str) -> Callable[[Trial, frozenset[int]], float | None]:
    return lambda trial, _steps: trial.scores.get(name)


def _counted(trial: Trial, steps: frozenset[int]) -> list[Call]:
    return [call for call in trial.calls if not steps or call.step in steps]


AGREEMENT: Final = Metric("agreement", "Decides as recorded", "share", "higher", _agreement)
_METRICS: Final = (
    AGREEMENT,
    Metric("same_tools", "Same tools", "share", "higher", _same("same_tools")),
    Metric("same_arguments", "Same arguments", "share", "higher", _same("same_arguments")),
    Metric("same_text", "Same text", "share", "higher", _same("same_text")),
    Metric("cost_usd", "Cost", "usd", "lower", _sum("cost_usd")),
    Metric("model_ms", "Time in models", "ms", "lower", _sum("model_ms")),
    Metric("input_tokens", "Tokens in", "tokens", "lower", _sum("input_tokens")),
    Metric("output_tokens", "Tokens out", "tokens", "lower", _sum("output_tokens")),
)


def metrics_of(found: Experiment) -> list[Metric]:
    """Return the figures of an experiment: what its scores say first of all but agreement."""
    scores = [
        Metric(f"{SCORE}{name}", name, "score", found.better.get(name) or better_by_name(name), _score(name))
        for name in score_names(found)
    ]
    return [AGREEMENT, *scores, *_METRICS[1:]]


def against(found: Experiment) -> str:
    """Return what variants are held against: the unchanged baseline where any of it ended, else the run."""
    ended = found.baseline and any(
        not trial.is_censored for row in found.rows for trial in row.of(found.baseline)
    )
    return found.baseline if found.baseline and ended else ORIGINAL


def compare_all(found: Experiment, reference: str | None = None) -> list[Compared]:
    """Return every figure of every variant but the reference's own, figure by figure within a variant.

    Among many figures some differ by chance: p is corrected for all of them, and nothing is called better
    or worse that does not stand that.
    """
    reference = against(found) if reference is None else reference
    metrics = metrics_of(found)
    names = [name for name in (ORIGINAL, *found.variants) if name != reference]
    names = [name for name in names if name != ORIGINAL or found.baseline == reference]
    told = [compare(found, reference, name, metric) for name in names for metric in metrics]
    chances = holm([one.found.p for one in told])
    return [_among_many(one, p) for one, p in zip(told, chances, strict=True)]


def _among_many(one: Compared, p: float | None) -> Compared:
    word = one.word
    if p is not None and p > 1 - CONFIDENCE and word is not None:
        word = _WEAKER.get(word, word)
    return one._replace(p_holm=p, word=word)


def compare(found: Experiment, reference: str, variant: str, metric: Metric) -> Compared:
    """Return one figure of a variant beside that of the reference, paired by case."""
    before, after, clusters, counts, repeats = [], [], [], [], []
    levels: list[tuple[float, str]] = []
    unknown = 0
    for row in found.rows:
        sides = [case_values(found, row, name, metric) for name in (reference, variant)]
        repeats.append(sides[0])
        if sides[1]:
            levels.append((fmean(sides[1]), row.cluster))
        if all(sides):
            before.append(fmean(sides[0]))
            after.append(fmean(sides[1]))
            clusters.append(row.cluster)
            counts.append((len(sides[0]), len(sides[1])))
        else:
            unknown += 1
    told = paired(before, after, clusters) if before else NOTHING
    allowed = SHARE_MARGIN if metric.unit == "share" else MARGIN * abs(fmean(before)) if before else 0.0
    sums = metric.unit in _SUMS and bool(before)
    bounds = _bounds(found, reference, variant, metric)
    censored = _censored(found, reference, variant)
    level = _level(levels)
    if metric.unit == "share" and level.low is not None and level.high is not None:
        level = level._replace(low=max(0.0, level.low), high=min(1.0, level.high))
    return Compared(
        variant, metric, level, fmean(before) if before else None, fmean(after) if after else None,
        told, ratio_of_sums(before, after, clusters) if sums else None,
        noise(repeats, counts) if reference == found.baseline else None, *bounds,
        censored, unknown, _word(told, metric.better, allowed, bounds, censored) if before else None,
    )  # fmt: skip


def _word(
    told: Paired, better: Better, allowed: float, bounds: tuple[float | None, float | None], censored: int
) -> Verdict:
    """Return what a difference says; a word that what was broken off could turn around is not said."""
    word = verdict(told, better, allowed)
    if not censored or word == "cannot tell":
        return word
    low, high = bounds if better == "higher" else (_negated(bounds[1]), _negated(bounds[0]))
    if word == "worse":
        return word if high is not None and high < 0 else "cannot tell"
    least = 0.0 if word == "better" else -allowed
    return word if low is not None and low >= least else "cannot tell"


def _negated(value: float | None) -> float | None:
    return None if value is None else -value


def case_values(found: Experiment, row: Row, variant: str, metric: Metric) -> list[float]:
    """Return what a figure is in every finished trial of a case that has it."""
    steps = common_steps(found, row)
    told = [metric.value(trial, steps) for trial in row.of(variant) if trial.is_complete]
    return [value for value in told if value is not None]


def common_steps(found: Experiment, row: Row) -> frozenset[int]:
    """Return the steps that every finished trial of a case asked; empty means all, as in a closed loop."""
    if found.sealed.plan.mode == "closed":
        return frozenset()
    asked = [
        frozenset(call.step for call in trial.calls)
        for trials in row.trials.values()
        for trial in trials
        if trial.is_complete and trial.calls
    ]
    return frozenset.intersection(*asked) if asked else frozenset()


def _level(values: Sequence[tuple[float, str]]) -> Estimate:
    """Return a mean over cases with the interval that their clusters give."""
    if not values:
        return UNKNOWN
    found = paired([0.0] * len(values), [value for value, _ in values], [cluster for _, cluster in values])
    return Estimate(found.value, found.low, found.high, found.n)


def _censored(found: Experiment, *variants: str) -> int:
    return sum(trial.is_censored for row in found.rows for name in variants for trial in row.of(name))


class _Between(NamedTuple):
    """From what to what the figure of a case may be; None: without end."""

    low: float | None
    high: float | None


def _bounds(
    found: Experiment, reference: str, variant: str, metric: Metric
) -> tuple[float | None, float | None]:
    """Return the least and the greatest difference, over what was broken off; None where nothing was."""
    if not _censored(found, reference, variant):
        return None, None
    most = _most(found, metric)
    pairs = [
        [_case_between(found, row, name, metric, most) for name in (reference, variant)] for row in found.rows
    ]
    whole = [(one, two) for one, two in pairs if one is not None and two is not None]
    lows = [_minus(two.low, one.high) for one, two in whole]
    highs = [_minus(two.high, one.low) for one, two in whole]
    return _mean_known(lows), _mean_known(highs)


def _case_between(
    found: Experiment, row: Row, variant: str, metric: Metric, most: float | None
) -> _Between | None:
    steps = common_steps(found, row)
    told: list[_Between] = []
    for trial in row.of(variant):
        value = metric.value(trial, steps)
        if trial.is_complete and value is not None:
            told.append(_Between(value, value))
        elif trial.is_censored:
            told.append(_open(row, trial, metric, value, most))
    if not told:
        return None
    return _Between(_mean_known([one.low for one in told]), _mean_known([one.high for one in told]))


def _open(row: Row, trial: Trial, metric: Metric, value: float | None, most: float | None) -> _Between:
    """Return between what the figure of a trial would lie had it not been broken off."""
    if metric.unit in _SUMS:
        return _Between(value or 0.0, None)
    if metric is AGREEMENT:
        whole = max(len(row.case.steps), trial.compared) or 1
        return _Between(trial.same / whole, (trial.same + whole - trial.compared) / whole)
    return _Between(None if most is None else 0.0, most)


def _most(found: Experiment, metric: Metric) -> float | None:
    """Return 1 for a figure that lies between 0 and 1, as far as anyone saw; else None."""
    values = [
        value for row in found.rows for name in (ORIGINAL, *found.variants)
        for value in case_values(found, row, name, metric)
    ]  # fmt: skip
    return 1.0 if metric.unit == "share" or (values and min(values) >= 0 and max(values) <= 1) else None


def _minus(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one - other


def _mean_known(values: Sequence[float | None]) -> float | None:
    """Return the mean; None of nothing, and where one has no end."""
    known = [value for value in values if value is not None]
    return fmean(known) if known and len(known) == len(values) else None


class Regression(NamedTuple):
    """How much worse a case became under the variant that treats it worst; the greater, the worse."""

    score: float  # the greatest fall of any score, or rise where less is better
    agreement: float  # how much less often it decides as recorded than the reference does
    broken_off: float  # share of its trials, less that of the reference
    cost: float  # relative rise


def regression(found: Experiment, row: Row, reference: str) -> Regression:
    """Return how much worse a case became, to order cases by; what is not known counts as no change."""
    metrics = metrics_of(found)
    scores = [metric for metric in metrics if metric.name.startswith(SCORE)]
    cost = next(metric for metric in metrics if metric.name == "cost_usd")
    worst = [Regression(0.0, 0.0, 0.0, 0.0)]
    for name in found.variants:
        if name == reference:
            continue
        falls = [
            (_change(found, row, reference, name, metric) or 0.0) * (1 if metric.better == "lower" else -1)
            for metric in scores
        ]
        agreed = case_values(found, row, name, AGREEMENT)
        base = [1.0] if reference == ORIGINAL else case_values(found, row, reference, AGREEMENT)
        spent = _change(found, row, reference, name, cost)
        paid = case_values(found, row, reference, cost)
        worst.append(
            Regression(
                max(falls, default=0.0),
                fmean(base) - fmean(agreed) if base and agreed else 0.0,
                _broken_off(row.of(name)) - _broken_off(row.of(reference)),
                spent / fmean(paid) if spent and paid and fmean(paid) else 0.0,
            )
        )
    return max(worst)


def _broken_off(trials: Sequence[Trial]) -> float:
    return fmean(trial.is_censored for trial in trials) if trials else 0.0


def _change(found: Experiment, row: Row, reference: str, variant: str, metric: Metric) -> float | None:
    sides = [case_values(found, row, name, metric) for name in (reference, variant)]
    return fmean(sides[1]) - fmean(sides[0]) if all(sides) else None
