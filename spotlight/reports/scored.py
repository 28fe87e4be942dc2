"""Figures that scores of certain names carry, as metrics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from spotlight.reports.filters import RunFilters
from spotlight.reports.metric import Metric, Signal, not_reported, reported
from spotlight.reports.questions import Reports
from spotlight.reports.statistics import UNKNOWN, Better, mean, share

# Above it a number is a yes: half a success is none.
ABOVE = 0.5
# Scores of which less is better, by a word in their name.
_LESS_IS_BETTER: Final = (
    "toxic", "hallucinat", "error", "violation", "bias", "pii", "leak", "harm", "correction", "escalat",
    "stale", "sensitive", "secret", "jailbreak", "injection", "refusal", "cost", "latency", "duration",
    "edit_distance", "unsafe", "fail", "risk",
)  # fmt: skip


def better_by_name(name: str) -> Better:
    """Return whether more or less of a score is better: less where its name says so."""
    return "lower" if any(part in name.lower() for part in _LESS_IS_BETTER) else "higher"


def scored_metrics(
    reports: Reports, filters: RunFilters, signals: Sequence[Signal], runs: int, above: float = ABOVE
) -> dict[str, Metric]:
    """Return the metrics of signals that scores carry, by name; `runs` is how many runs match.

    A signal that no score in the whole lake carries is not reported. One that some carry is: then a run
    without such a score counts as a no where the signal is a share of all runs.
    """
    carriers = [{"name": name, "signal": signal.name} for signal in signals for name in signal.scores]
    names = [carrier["name"] for carrier in carriers]
    params = filters.params() | {"names": names, "carriers": carriers, "above": above}
    found = {row["signal"]: row for row in reports.ask("score_signals", params).to_pylist()}
    return {signal.name: _metric(signal, found.get(signal.name), runs) for signal in signals}


def _metric(signal: Signal, row: dict[str, Any] | None, runs: int) -> Metric:
    if row is None:
        return not_reported(signal)
    if signal.unit == "score":
        if row["is_binary"]:
            found = share(round(row["mean"] * row["numeric_n"]), row["numeric_n"])
        elif row["numeric_n"]:
            found = mean(row["mean"], row["deviation"], row["numeric_n"])
        else:
            found = share(row["hits"], row["judged"])
        return reported(signal, found, row["other_run_ids"] or ())
    of = runs if signal.of == "runs" else row["judged"]
    behind = row["other_run_ids"] if signal.name == "acceptance" else row["hit_run_ids"]
    return reported(signal, share(row["hits"], of) if of else UNKNOWN, behind or ())
