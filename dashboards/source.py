"""What the pages ask of `spotlight.reports`, and where the Streamlit script finds it.

Streamlit executes `app.py` afresh for every visitor and every click and passes it nothing, so the one
source of a process is kept here; `server.build_app` sets it before the first request.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from spotlight.errors import PartFailed

if TYPE_CHECKING:
    import pyarrow as pa

    from spotlight.reports import RunFilters, RunsSummary, Source
    from spotlight.reports.transcript import Transcript


class RunSource(Protocol):
    """The questions the pages ask; `spotlight.reports.Reports` answers them. Thread-safe."""

    def runs(self, filters: RunFilters, limit: int = 200, offset: int = 0) -> pa.Table:
        """Return one row per run, columns of `spotlight.model.RUNS`."""

    def run_count(self, filters: RunFilters) -> int:
        """Return how many runs the filters leave."""

    def run_facets(self, *, other: bool = False) -> dict[str, list[str]]:
        """Return the values present, most frequent first, by column; `other`: in traces without an agent."""

    def runs_summary(self, filters: RunFilters) -> RunsSummary:
        """Return the figures above the table."""

    def run(self, run_id: str) -> dict[str, Any]:
        """Return one run's row; the beginning of an id is enough. Raises: NotFound."""

    def noted_runs(self, run_ids: Sequence[str]) -> dict[str, int]:
        """Return how many notes stand on each of some runs and its steps; runs without any are left out."""

    def run_scores(self, run_id: str) -> list[dict[str, Any]]:
        """Return the judgements of one run, its spans and its session. Raises: NotFound."""

    def run_document(self, run_id: str) -> dict[str, Any]:
        """Return the columnar structure of one run. Raises: NotFound."""

    def transcript(self, run_id: str) -> Transcript:
        """Return what every step of a run said. Raises: NotFound."""

    def span_document(self, run_id: str, span_id: str) -> dict[str, Any]:
        """Return everything about one span. Raises: NotFound."""

    def span_content(self, run_id: str, span_id: str, column: str) -> str:
        """Return one content column of a span as it was sent. Raises: NotFound."""

    def sources(self, since_ns: int | None = None, *, looked_into: bool = True) -> list[dict[str, Any]]:
        """Return every source with its counts and hints; at once, and fewer, unless looked into."""

    def source_keys(
        self, source: Source, since_ns: int | None = None, limit: int = 500
    ) -> list[dict[str, Any]]:
        """Return the attribute keys of a source, the unmapped first."""

    def data_version(self) -> int:
        """Return a number that changes when anything new is visible."""


class Intake(NamedTuple):
    """What stands between what is sent and what can be seen; None is unknown."""

    waiting_bytes: int | None  # acknowledged, not yet in the lake
    dead_requests: int | None  # nothing could read them; they are kept
    running: dict[str, bool]  # collector, writer


def unknown_intake() -> Intake:
    """Return that nothing is known."""
    return Intake(None, None, {})


class Published(NamedTuple):
    """What `server.build_app` hands to the Streamlit script."""

    source: RunSource
    otlp_endpoint: Callable[[], str]
    data: Path
    user_header: str = ""  # names the reader where a trusted proxy sets it
    intake: Callable[[], Intake] = unknown_intake


_PUBLISHED: list[Published] = []


def publish(given: Published) -> None:
    """Make `given` what the pages of this process ask."""
    _PUBLISHED[:] = [given]


def published() -> Published:
    """Return what the pages of this process ask. Raises: PartFailed before `publish`."""
    if not _PUBLISHED:
        raise PartFailed("the dashboards have no lake to read", hint="start them with `spotlight up`")
    return _PUBLISHED[0]
