"""Answers are kept while the data stands."""

from __future__ import annotations

from typing import Any

from dashboards.answers import Lake
from spotlight.reports import RunFilters
from tests.dashboards.invented import InventedRuns


def test_same_question_is_asked_once_per_version_and_filters() -> None:
    """A rerun asks nothing again; other filters, and new data, do."""
    source, asked = InventedRuns(3), []

    def count(given: Any, filters: RunFilters, *, most: int = 1) -> int:
        asked.append((filters, most))
        return len(asked)

    lake, other = Lake(source, 1), RunFilters(pack_name="x")
    assert [1, 1, 2, 3, 1] == [
        lake.ask(count, RunFilters()),
        lake.ask(count, RunFilters()),
        lake.ask(count, other),
        lake.ask(count, other, most=2),
        lake.ask(count, RunFilters()),
    ]
    assert 4 == Lake(source, 2).ask(count, RunFilters())
