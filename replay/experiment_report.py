"""An experiment as a report: tables for a terminal, CSV and an HTML file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import pyarrow as pa

from replay.experiment import ORIGINAL, Experiment, Row, Trial, score_names
from replay.experiment_figures import against, compare_all, metrics_of, regression
from spotlight.reports import RunFilters
from spotlight.reports.columns import COUNT, NUMBER, TEXT
from spotlight.reports.export import Report, Section

RECORDED: Final = "as recorded"
_CHANGES: Final[Mapping[str, pa.DataType]] = {
    "variant": TEXT, "figure": TEXT, "title": TEXT, "unit": TEXT, "value": NUMBER, "low": NUMBER,
    "high": NUMBER, "before": NUMBER, "after": NUMBER, "difference": NUMBER, "difference_low": NUMBER,
    "difference_high": NUMBER, "noise": NUMBER, "smallest": NUMBER, "p": NUMBER, "p_holm": NUMBER,
    "test": TEXT, "better": TEXT,
    "times": NUMBER, "times_from": NUMBER, "times_to": NUMBER, "lowest": NUMBER, "highest": NUMBER,
    "cases": COUNT, "clusters": COUNT, "changed": COUNT, "unknown": COUNT, "broken_off": COUNT, "word": TEXT,
}  # fmt: skip
_CASES: Final[Mapping[str, pa.DataType]] = {
    "case": COUNT, "of_run_id": TEXT, "name": TEXT, "grade": TEXT, "variant": TEXT, "repeat": COUNT,
    "run_id": TEXT, "outcome": TEXT, "at_step": COUNT, "same_share": NUMBER, "compared": COUNT,
    "first_difference": COUNT, "cost_usd": NUMBER, "model_ms": NUMBER, "input_tokens": NUMBER,
    "output_tokens": NUMBER, "tools": TEXT, "reason": TEXT,
}  # fmt: skip


def experiment_report(found: Experiment, now_ns: int, reference: str | None = None) -> Report:
    """Return an experiment as a report of two tables: what changed, and every trial of every case."""
    reference = against(found) if reference is None else reference
    sealed = found.sealed
    filters = RunFilters(experiment_id=sealed.id)
    sections = (_changes(found, reference), _cases(found, reference))
    ended = found.progress
    return Report(
        "experiment", f"Replay {sealed.id}", "What does each variant do differently, and is it better?",
        filters, (), sum(ended.outcomes.values()), ended.started_ns, ended.ended_ns, (), now_ns, sections,
    )  # fmt: skip


def name_of(variant: str) -> str:
    """Return what a side is called."""
    return RECORDED if variant == ORIGINAL else variant


def _changes(found: Experiment, reference: str) -> Section:
    rows = []
    for one in compare_all(found, reference):
        if one.level.value is None and one.before is None:
            continue
        told, ratio = one.found, one.ratio
        rows.append({
            "variant": name_of(one.variant), "figure": one.metric.name, "title": one.metric.title,
            "unit": one.metric.unit, "value": one.level.value, "low": one.level.low, "high": one.level.high,
            "before": one.before, "after": one.after, "difference": told.value, "difference_low": told.low,
            "difference_high": told.high, "noise": one.noise, "smallest": told.smallest, "p": told.p,
            "p_holm": one.p_holm, "better": one.metric.better, "test": told.test,
            "times": ratio and ratio.value, "times_from": ratio and ratio.low,
            "times_to": ratio and ratio.high, "lowest": one.lowest, "highest": one.highest, "cases": told.n,
            "clusters": told.clusters, "changed": told.changed, "unknown": one.unknown,
            "broken_off": one.censored, "word": one.word,
        })  # fmt: skip
    notes = [
        f"Held against: {name_of(reference)}. Paired by case, repeats averaged first; cases of one "
        f"conversation or one task count together: {_clustered(found)}.",
        *_looked_at(sum(row["p"] is not None for row in rows)),
        "Noise is how far repeating the unchanged baseline moves a difference by itself."
        if any(row["noise"] is not None for row in rows)
        else "How much answers differ by themselves is not known: repeat the unchanged baseline "
        "(--baseline --repeat 3).",
        "What was broken off is in no figure; lowest and highest say where it could bring the difference.",
    ]
    shown = (
        "variant", "title", "better", "value", "before", "difference", "difference_low", "difference_high",
        "noise", "times", "p_holm", "cases", "broken_off", "word",
    )  # fmt: skip
    return Section(
        "changes", "What changed", "What is better, what worse, and how sure is that?",
        _table(rows, _CHANGES), None, tuple(notes), len(found.rows), "cases", shown,
    )  # fmt: skip


def _clustered(found: Experiment) -> str:
    clusters = len({row.cluster for row in found.rows})
    return f"{len(found.rows):,} cases in {clusters:,} clusters"


def _looked_at(chances: int) -> list[str]:
    if not chances:
        return []
    return [
        f"p_holm is p corrected (Holm) for {chances} figures of this table; nothing is called better or "
        "worse where it is above 5 %."
    ]


def _cases(found: Experiment, reference: str) -> Section:
    worst = sorted(found.rows, key=lambda row: regression(found, row, reference), reverse=True)
    rows = [line for row in worst for line in _trials(found, row)]
    shown = (
        "case", "name", "variant", "repeat", "outcome", "at_step", "same_share", "first_difference",
        "cost_usd", "model_ms", "tools", "run_id",
    )  # fmt: skip
    schema = dict(_CASES) | {f"score_{name}": NUMBER for name in score_names(found)}
    return Section(
        "cases", "Cases and variants", "How did each case end? The worst regression stands first.",
        _table(rows, schema), None, (), len(rows), "trials", shown,
    )  # fmt: skip


def _trials(found: Experiment, row: Row) -> Iterator[dict[str, Any]]:
    for variant in (ORIGINAL, *found.variants):
        for trial in row.of(variant):
            yield _line(found, row, variant, trial)


def _line(found: Experiment, row: Row, variant: str, trial: Trial) -> dict[str, Any]:
    figures = {metric.name: metric.value(trial, frozenset()) for metric in metrics_of(found)}
    rungs = ", ".join(f"{number} {rung}" for rung, number in trial.fidelity.items())
    return {
        "case": row.case_no + 1, "of_run_id": row.case.run_id, "name": row.name, "grade": row.case.grade,
        "variant": name_of(variant), "repeat": trial.repeat,
        "run_id": trial.run_id if trial.is_stored else None,
        "outcome": trial.outcome, "at_step": trial.at_step, "same_share": figures["agreement"],
        "compared": trial.compared, "first_difference": trial.first_difference,
        **{name: figures[name] for name in ("cost_usd", "model_ms", "input_tokens", "output_tokens")},
        "tools": rungs or None, "reason": trial.reason or None,
    } | {f"score_{name}": value for name, value in trial.scores.items()}  # fmt: skip


def _table(rows: list[dict[str, Any]], schema: Mapping[str, pa.DataType]) -> pa.Table:
    return pa.table({name: pa.array([row.get(name) for row in rows], kind) for name, kind in schema.items()})
