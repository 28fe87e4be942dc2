"""What agents did with their memory: reads, and writes proposed, accepted and corrected; stale reads."""

from __future__ import annotations

from spotlight.reports.filters import RunFilters
from spotlight.reports.metric import Metric
from spotlight.reports.questions import Reports


def memory(reports: Reports, filters: RunFilters) -> tuple[Metric, ...]:
    """Return memory_reads, memory_writes, writes_proposed, writes_accepted, writes_corrected, stale_reads."""
    raise NotImplementedError
