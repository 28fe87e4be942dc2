"""What runs of one kind have in common that other runs have not."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from spotlight.reports.filters import RunFilters
from spotlight.reports.questions import Reports

VALUES_PER_DIMENSION: Final = 5


def what_differs(
    reports: Reports, region: RunFilters, rest: RunFilters, per_dimension: int = VALUES_PER_DIMENSION
) -> pa.Table:
    """Return the values that are more, or less, frequent in a region than elsewhere.

    Inside are the runs that match `region`, outside those that match `rest` and not `region`. A row
    per (dimension, value), the dimension with the largest difference first. Columns: dimension, value
    (NULL is unknown), inside, outside (runs that have the value), inside_n, outside_n (all runs),
    inside_share, outside_share, difference (inside_share - outside_share), lift (their ratio; NULL
    where no run outside has the value). Shares are NULL where a side has no runs. A run counts once
    for each of its models and tools, so their shares need not add up to 1.
    """
    wanted = {
        "region": region.params()["filters"],
        "rest": rest.params()["filters"],
        "per_dimension": per_dimension,
    }
    return reports.ask("what_differs", wanted)


def runs_with_value(
    reports: Reports, filters: RunFilters, dimension: str, value: str | None, limit: int = 50
) -> list[str]:
    """Return the ids of the runs behind one row of `what_differs`, the slowest first."""
    asked = {"dimension": dimension, "value": value, "limit": limit}
    found: list[str] = reports.ask("runs_with_value", filters.params() | asked).column("run_id").to_pylist()
    return found
