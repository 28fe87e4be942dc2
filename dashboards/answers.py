"""Answers kept while the data stands: a rerun of a page asks the lake nothing it was asked before."""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable
from typing import Any, Concatenate, Final, NamedTuple, ParamSpec, TypeVar, cast

import pyarrow as pa

from dashboards.clock import UTC_NAME, zone
from dashboards.source import RunSource, published
from spotlight.reports import Reports, RunFilters, RunsSummary
from spotlight.reports.find.passages import Passages
from spotlight.reports.find.passages import passages as find_passages
from spotlight.reports.zone import times_in

KEPT: Final = 256  # answers per process, of all visitors; most are tables of a few rows
P = ParamSpec("P")
T = TypeVar("T")


@functools.lru_cache(maxsize=KEPT)
def _answer(
    question: Callable[..., Any],
    reports: RunSource,
    version: int,
    zone_name: str,
    given: tuple[Any, ...],
    named: tuple[Any, ...],
) -> Any:
    # `version` is part of the key only: when anything new is visible, every answer is asked for anew.
    with times_in(zone_name):
        return question(reports, *given, **dict(named))


class Lake(NamedTuple):
    """The reports as of one version of the data: a page draws all its figures from the same one."""

    source: RunSource
    version: int
    zone: str = UTC_NAME  # in which days and hours are counted

    def ask(self, question: Callable[Concatenate[Any, P], T], *given: P.args, **named: P.kwargs) -> T:
        """Return `question(reports, ...)`, from memory where it was asked since the data changed.

        What is given must be hashable; the answer is shared between visitors: do not change it.
        """
        answer: T = _answer(
            question,
            cast("Hashable", self.source),
            self.version,
            self.zone,
            given,
            tuple(sorted(named.items())),
        )
        return answer


def lake() -> Lake:
    """Return the published reports as of now."""
    source = published().source
    return Lake(source, source.data_version(), zone().name)


def run_facets(source: RunSource, *, other: bool = False) -> dict[str, list[str]]:
    """Return the values that runs can be filtered by, by column."""
    return source.run_facets(other=other)


def run_count(source: RunSource, filters: RunFilters) -> int:
    """Return how many runs the filters leave."""
    return source.run_count(filters)


def runs_summary(source: RunSource, filters: RunFilters) -> RunsSummary:
    """Return the figures of the runs that the filters leave."""
    return source.runs_summary(filters)


def runs(source: RunSource, filters: RunFilters, limit: int, offset: int = 0) -> pa.Table:
    """Return a page of the runs that the filters leave."""
    return source.runs(filters, limit, offset)


def noted_runs(source: RunSource, run_ids: tuple[str, ...]) -> dict[str, int]:
    """Return how many notes stand on these runs and their steps, by run id."""
    return source.noted_runs(run_ids)


def passages(source: RunSource, filters: RunFilters, limit: int) -> Passages:
    """Return where the text that the filters search for stands."""
    return find_passages(cast("Reports", source), filters, limit)


def newest_start(source: RunSource) -> int | None:
    """Return when the newest run started, ns UTC; None without a run."""
    found = source.runs(RunFilters(), 1)
    start: int | None = found.column("started_ns")[0].as_py() if found.num_rows else None
    return start


def run(source: RunSource, run_id: str) -> dict[str, Any]:
    """Return one run's row. Raises: NotFound."""
    return source.run(run_id)


def sources(source: RunSource, since_ns: int | None, *, looked_into: bool = True) -> list[dict[str, Any]]:
    """Return every source with its counts and hints; at once, and fewer, unless looked into."""
    return source.sources(since_ns, looked_into=looked_into)
