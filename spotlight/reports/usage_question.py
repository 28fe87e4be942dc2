"""Asking what steps cost where `run_usage` answers: its few rows instead of all steps.

Of runs that a window or a period cuts apart, or that were priced again, the steps are asked, so that
the answer is that of the steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pyarrow as pa

from spotlight.model import RUN_USAGE
from spotlight.reports.filters import RunFilters
from spotlight.reports.questions import Reports

# Dimensions by which the rows of a run differ -> the bit of each in a set, as run_usage.first_of has them.
USED_BITS: Final = {"provider": 1, "model": 2, "agent": 4, "tool": 8}
# To plan two questions takes longer than to read the steps of a lake with fewer rows. A lake that an earlier
# version made has none until a writer has started.
LEAST_ROWS: Final = 200_000
PERIODS: Final = ("hour", "day")  # the shorter first: a run within one hour is within one day
# What is the same in all steps of a run. Others (service, skill, prompt, ...) only the steps tell.
OF_RUNS: Final = frozenset(
    ["tenant", "user", "session", "run", "feature", "surface", "environment", "experiment", "variant", "pack",
     "version", "status"]
)  # fmt: skip
SUMMED: Final = OF_RUNS | USED_BITS.keys() | set(PERIODS)


def ask_summed(
    reports: Reports, name: str, filters: RunFilters, by: Sequence[str], params: dict[str, object]
) -> pa.Table:
    """Return the answer to a question about `cost_parts`, by some dimensions, in the quickest way."""
    asked = filters.params() | _summed(filters, by) | params
    fits = SUMMED.issuperset(by) and not filters.query and filters.min_ms is None and filters.max_ms is None
    if not fits or reports.rows(RUN_USAGE.name) < LEAST_ROWS:
        return reports.ask(name, asked)
    timed = ["timed_usage"] if set(by) & set(PERIODS) else []
    cut = reports.ask("cut_runs", {key: asked[key] for key in ("filters", "summed")})
    how = ["summed_and_cut_costs", "only_asked_steps"] if cut.num_rows else ["only_summed_costs"]
    return reports.ask_instead(name, asked, [*timed, *how], cut)


def _summed(filters: RunFilters, by: Sequence[str]) -> dict[str, object]:
    """Return the SQL parameter `summed`.

    period   the shortest period that is divided by: hour or day; None for neither
    bit      number of the bit of `first_of` in rows that stand for a run: the first with its values of what
             is divided or narrowed by
    """
    narrowed = [name for name, value in (("agent", filters.agent_name), ("model", filters.model)) if value]
    subset = sum(USED_BITS[name] for name in {*by, *narrowed} & USED_BITS.keys())
    period = next((name for name in PERIODS if name in by), None)
    return {"summed": {"period": period, "bit": subset}}
