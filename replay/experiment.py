"""An experiment as it came out: every case of a plan, done by every variant, from the journal and the lake.

The journal says how each item ended, the lake what its calls took. What was recorded stands beside the
variants: the same calls of the recorded run.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from replay.emission import result_id
from replay.journal import ItemState
from replay.path import Outcome
from replay.plan import BASELINE, Case, Sealed
from replay.progress import Progress, read_items, read_progress
from replay.providers.models import RECORDED
from replay.sealing import load
from replay.variants import Variant
from spotlight.reports import Reports
from spotlight.reports.scored import ABOVE
from spotlight.reports.statistics import Better

ORIGINAL: Final = ""  # the recorded run beside the variants, all of which have a name
CENSORED: Final = frozenset({Outcome.DIVERGED, Outcome.BUDGET, Outcome.ERROR, Outcome.INCOMPLETE})
_WHAT_CHANGES: Final = ("params", "prompt", "prompt_file", "pack")


class Call(NamedTuple):
    """One model call; `step` is the recorded call that it stands for. None is unknown."""

    step: int
    cost_usd: float | None  # at list price, also where the answer came from the cache
    model_ms: float | None  # None where no model was asked: remembered and recorded answers take no time
    input_tokens: int | None
    output_tokens: int | None
    same_tools: bool | None = None
    same_arguments: bool | None = None
    same_text: bool | None = None


class Trial(NamedTuple):
    """One case, done once; the recorded run is one, too."""

    run_id: str
    repeat: int
    outcome: str | None  # None while it has not ended
    at_step: int | None
    reason: str
    same: int  # steps that decide as recorded
    compared: int  # of so many
    first_difference: int | None
    fidelity: Mapping[str, int]  # tool calls by rung
    is_stored: bool  # whether its run can be opened
    calls: tuple[Call, ...]
    scores: Mapping[str, float]

    @property
    def is_complete(self) -> bool:
        """Whether it went its way to the end."""
        return self.outcome == Outcome.COMPLETE

    @property
    def is_censored(self) -> bool:
        """Whether it was broken off: what it would have come to is not known, only bounds of it."""
        return self.outcome in CENSORED


class Row(NamedTuple):
    """One case: what was recorded, and what each variant made of it."""

    case_no: int
    case: Case
    name: str
    cluster: str  # what it counts together with: cases of one conversation or one task
    recorded: Trial
    trials: Mapping[str, tuple[Trial, ...]]  # by variant, in the order of repeats
    followed: Mapping[str, tuple[Trial, ...]]  # closed loops that went on from a divergence

    def of(self, variant: str) -> tuple[Trial, ...]:
        """Return the trials of a variant, or the recorded run."""
        return (self.recorded,) if variant == ORIGINAL else self.trials.get(variant, ())


class Experiment(NamedTuple):
    """A plan and all that came of it."""

    sealed: Sealed
    progress: Progress
    rows: tuple[Row, ...]
    better: Mapping[str, Better] = {}  # of scores, as the user says; of all others the name tells

    @property
    def variants(self) -> list[str]:
        """The names of all variants, in the order of the plan."""
        return [variant.name for variant in self.sealed.plan.all_variants()]

    @property
    def baseline(self) -> str | None:
        """The variant that asks models anew and changes nothing; None where none does."""
        return next((v.name for v in self.sealed.plan.all_variants() if is_unchanged(v)), None)


def is_unchanged(variant: Variant) -> bool:
    """Return whether a variant asks what was recorded, of the model that was recorded.

    Another model or address is a change, but for a variant that the user calls the baseline: recordings do
    not say at which address their model was asked, and some not which model it was.
    """
    if any(getattr(variant, name) for name in _WHAT_CHANGES) or is_free(variant):
        return False
    return (variant.model is None and variant.base_url is None) or variant.name == BASELINE


def is_free(variant: Variant) -> bool:
    """Return whether a variant asks nobody: the recording answers."""
    return variant.model == RECORDED


def experiment(data: Path, reports: Reports, plan_id: str) -> Experiment:
    """Return an experiment as it is now; the beginning of its id is enough. Raises: NotFound."""
    folder, sealed = load(data, plan_id)
    states = read_items(folder)
    results = {state.item.item: result_id(sealed, _case_of(sealed, state), state.item) for state in states}
    recorded = [case.run_id for case in sealed.cases]
    runs = _Runs(reports, [*recorded, *results.values()])
    together = clusters(sealed.cases, [runs.facts.get(run_id, {}).get("session_id") for run_id in recorded])
    tried: dict[tuple[int, str], dict[str, list[Trial]]] = defaultdict(lambda: defaultdict(list))
    for state in states:  # repeats of a variant stand in their order
        item = state.item
        tried[item.case_no, item.leg][item.variant].append(_trial(state, results[item.item], runs))
    return Experiment(
        sealed,
        read_progress(folder),
        tuple(
            _row(number, case, cluster, runs, tried)
            for number, (case, cluster) in enumerate(zip(sealed.cases, together, strict=True))
        ),
    )


def clusters(cases: Sequence[Case], sessions: Sequence[str | None]) -> list[str]:
    """Return for each case the run id of the one that it counts together with, directly or through others.

    Runs of one conversation are no independent cases, and runs of one task are repeats of it. `sessions` are
    the conversations of the cases; None stands alone.
    """
    heads = list(range(len(cases)))
    first: dict[tuple[str, str], int] = {}

    def head(at: int) -> int:
        while heads[at] != at:
            at = heads[at]
        return at

    for at, (case, session) in enumerate(zip(cases, sessions, strict=True)):
        for kind, shared in (("session", session), ("task", case.question)):
            if shared:
                heads[head(at)] = head(first.setdefault((kind, shared), at))
    return [cases[head(at)].run_id for at in heads]


def _row(
    number: int, case: Case, cluster: str, runs: _Runs,
    tried: Mapping[tuple[int, str], Mapping[str, Sequence[Trial]]],
) -> Row:  # fmt: skip
    run = runs.facts.get(case.run_id, {})
    path, follow = (
        {variant: tuple(trials) for variant, trials in tried.get((number, leg), {}).items()}
        for leg in ("path", "follow")
    )
    name = str(run.get("name") or run.get("agent_name") or "")
    return Row(number, case, name, cluster, _recorded(case, runs), path, follow)


def _case_of(sealed: Sealed, state: ItemState) -> Case:
    return sealed.cases[state.item.case_no]


class _Runs:
    """What the lake holds of some runs."""

    def __init__(self, reports: Reports, run_ids: Sequence[str]) -> None:
        ids = {"run_ids": list(dict.fromkeys(run_ids))}
        self.calls: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
        for row in reports.ask("experiment_calls", ids).to_pylist():
            self.calls[row["run_id"]].append(row)
        self.scores: dict[str, dict[str, float]] = defaultdict(dict)
        for row in reports.ask("experiment_scores", ids | {"above": ABOVE}).to_pylist():
            self.scores[row["run_id"]][row["name"]] = row["value"]
        self.facts = {row["run_id"]: row for row in reports.ask("experiment_runs", ids).to_pylist()}


def _recorded(case: Case, runs: _Runs) -> Trial:
    """Return the recorded run as one of the trials: of its calls those that are asked anew."""
    rows = [row for row in runs.calls.get(case.run_id, ()) if row["number"] in case.steps]
    calls = tuple(_call(row, row["number"], row["duration_ms"]) for row in rows)
    scores = runs.scores.get(case.run_id, {})
    return Trial(case.run_id, 1, Outcome.COMPLETE, None, "", 0, 0, None, {}, True, calls, scores)


def _trial(state: ItemState, run_id: str, runs: _Runs) -> Trial:
    told = json.loads(state.detail or "{}")
    calls = tuple(
        _call(row, row["replay_step"], row["duration_ms"] if row["tries"] else None)
        for row in runs.calls.get(run_id, ())
        if row["replay_step"] is not None
    )
    return Trial(
        run_id, state.item.repeat, state.outcome, told.get("at_step"), told.get("reason") or "",
        told.get("same") or 0, told.get("compared") or 0, told.get("first_difference"),
        told.get("fidelity") or {}, run_id in runs.facts, calls, runs.scores.get(run_id, {}),
    )  # fmt: skip


def _call(row: Mapping[str, Any], step: int, ms: float | None) -> Call:
    same = (row["same_tools"], row["same_arguments"], row["same_text"])
    return Call(step, row["cost_usd"], ms, row["input_tokens"], row["output_tokens"], *same)


def score_names(found: Experiment) -> list[str]:
    """Return the names of all scores that any run of an experiment has."""
    trials: Iterable[Trial] = (
        trial for row in found.rows for trials in (*row.trials.values(), row.of(ORIGINAL)) for trial in trials
    )
    return sorted({name for trial in trials for name in trial.scores})
