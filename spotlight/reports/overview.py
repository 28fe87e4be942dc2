"""How a fleet is doing: the few figures that say whether it is healthy, whole and over time."""

from __future__ import annotations

from typing import Final, NamedTuple

from spotlight.reports.cost import CostTotal, cost_total
from spotlight.reports.filters import RunFilters
from spotlight.reports.questions import Reports

STEPS: Final = 24


class Moment(NamedTuple):
    """What the runs that began in one step of time add up to; None is unknown."""

    first_ns: int | None
    last_ns: int | None
    runs: int
    failed: int
    incomplete: int
    cost_usd: float | None  # of the priced runs
    priced_runs: int
    timed_runs: int
    p95_ms: float | None

    @property
    def failure_rate(self) -> float | None:
        """Failed runs of those that ended; None where none has."""
        ended = self.runs - self.incomplete
        return self.failed / ended if ended else None

    @property
    def cost_per_run_usd(self) -> float | None:
        """Mean cost of the priced runs."""
        return self.cost_usd / self.priced_runs if self.cost_usd is not None and self.priced_runs else None


class Health(NamedTuple):
    """What some runs add up to: `whole`, in `steps` of the time they span, and what their steps cost.

    `cost` is of the steps that match, as on every page about cost; `whole.cost_usd` of the runs.
    """

    whole: Moment
    steps: list[Moment]  # in order; a step of time without a run is left out
    cost: CostTotal


def health(reports: Reports, filters: RunFilters, *, steps: int = STEPS) -> Health:
    """Return how the matching runs did, whole and in at most `steps` equal steps of the time they span."""
    rows = reports.ask("health", filters.params() | {"steps": steps}).drop_columns(["step"]).to_pylist()
    moments = [Moment(**row) for row in rows]
    return Health(moments[0], moments[1:], cost_total(reports, filters))
