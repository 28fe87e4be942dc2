"""An experiment as plain values: for pages, and for programs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from replay.experiment import ORIGINAL, Experiment, Row, Trial
from replay.experiment_case import CaseView, Cell
from replay.experiment_figures import (
    AGREEMENT,
    MARGIN,
    Compared,
    Metric,
    against,
    case_values,
    compare_all,
    metrics_of,
    regression,
)

Document = dict[str, Any]
# From where on a case is called worse: costs within the margin are not.
_LEAST: Final = {"score": 1e-9, "agreement": 1e-9, "broken_off": 0.0, "cost": MARGIN}
_CELL_METRICS: Final = ("agreement", "cost_usd", "model_ms")


def experiment_document(found: Experiment, reference: str | None = None) -> Document:
    """Return an experiment: every comparison, and the matrix of cases and variants, the worst case first."""
    reference = against(found) if reference is None else reference
    plan, done = found.sealed.plan, found.progress
    metrics = metrics_of(found)
    shown = [metric for metric in metrics if metric.name in _CELL_METRICS or metric.name.startswith("score:")]
    rows = sorted(found.rows, key=lambda row: regression(found, row, reference), reverse=True)
    return {
        "id": found.sealed.id, "mode": plan.mode, "from_step": plan.from_step, "repeat": plan.repeat,
        "state": done.state, "items": done.items, "ended": done.ended, "outcomes": dict(done.outcomes),
        "spent_usd": float(done.spent_usd), "variants": found.variants,
        "reference": reference, "baseline": found.baseline, "original": ORIGINAL,
        "metrics": [_metric(metric) for metric in metrics],
        "compared": [compared_document(one) for one in compare_all(found, reference)],
        "cells": [_metric(metric) for metric in shown],
        "cases": [_case(found, row, shown, reference) for row in rows],
    }  # fmt: skip


def compared_document(one: Compared) -> Document:
    """Return one comparison."""
    told = one.found
    return {
        "variant": one.variant, "metric": one.metric.name, "title": one.metric.title, "unit": one.metric.unit,
        "better": one.metric.better, "level": one.level._asdict(), "before": one.before, "after": one.after,
        "difference": told.value, "difference_low": told.low, "difference_high": told.high,
        "cases": told.n, "clusters": told.clusters, "p": told.p, "p_holm": one.p_holm, "test": told.test,
        "smallest": told.smallest, "changed": told.changed, "ratio": one.ratio and one.ratio._asdict(),
        "noise": one.noise, "lowest": one.lowest, "highest": one.highest, "censored": one.censored,
        "unknown": one.unknown, "word": one.word,
    }  # fmt: skip


def _metric(metric: Metric) -> Document:
    return {"name": metric.name, "title": metric.title, "unit": metric.unit, "better": metric.better}


def _case(found: Experiment, row: Row, shown: list[Metric], reference: str) -> Document:
    worst = regression(found, row, reference)
    sides = {name: _side(found, row, name, shown) for name in (ORIGINAL, *found.variants)}
    return {
        "case": row.case_no, "run_id": row.case.run_id, "name": row.name, "grade": row.case.grade,
        "reason": row.case.reason, "steps": len(row.case.steps), "sides": sides,
        "worse": next((name for name, value in worst._asdict().items() if value > _LEAST[name]), None),
    }  # fmt: skip


def _side(found: Experiment, row: Row, name: str, shown: list[Metric]) -> Document:
    trials = row.of(name)
    values = {metric.name: _mean(case_values(found, row, name, metric)) for metric in shown}
    return {
        "trials": [trial_document(trial) for trial in trials],
        "followed": [trial_document(trial) for trial in row.followed.get(name, ()) if trial.is_stored],
        "values": values,
    }  # fmt: skip


def _mean(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None


def trial_document(trial: Trial) -> Document:
    """Return one trial without its calls."""
    return {
        "run_id": trial.run_id if trial.is_stored else None, "repeat": trial.repeat,
        "outcome": trial.outcome, "at_step": trial.at_step, "reason": trial.reason, "same": trial.same,
        "compared": trial.compared, "first_difference": trial.first_difference,
        "fidelity": dict(trial.fidelity), "is_censored": trial.is_censored,
        "agreement": AGREEMENT.value(trial, frozenset()), "scores": dict(trial.scores),
    }  # fmt: skip


def case_document(view: CaseView) -> Document:
    """Return a case side by side."""
    return {
        "case": view.row.case_no, "run_id": view.row.case.run_id, "name": view.row.name,
        "grade": view.row.case.grade, "reason": view.row.case.reason,
        "skipped": {str(step): why for step, why in view.row.case.skipped.items()},
        "sides": [
            {"variant": side.variant, "repeats": side.repeats, "first": side.first}
            | {"trial": trial_document(side.trial)}
            for side in view.sides
        ],
        "lines": [[None if cell is None else _cell(cell) for cell in line.cells] for line in view.lines],
        "missing": list(view.missing),
    }  # fmt: skip


def _cell(cell: Cell) -> Mapping[str, Any]:
    return cell._asdict() | {"step": cell.step._asdict(), "differs": list(cell.differs)}
