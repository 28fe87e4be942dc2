"""What a question is narrowed to: the same filters for runs and for their steps."""

from __future__ import annotations

from typing import Final, NamedTuple

ORDERS: Final = ("newest", "failed_first", "slowest", "most_tokens", "most_expensive")


class RunFilters(NamedTuple):
    """What runs, or steps, are narrowed to; None lets everything through.

    Of steps, `agent_name` and `model` mean the step's own, the rest its run's. `since_ns` is
    inclusive, `until_ns` exclusive: the start of the run, or of the step. `min_ms` is inclusive,
    `max_ms` exclusive: the duration of the run; a run whose duration is unknown passes neither.
    `query` is a search as `spotlight.reports.find` reads it; of steps, it means their runs.
    """

    status: tuple[str, ...] = ()
    pack_name: str | None = None
    pack_version: str | None = None
    session_id: str | None = None
    user_id: str | None = None
    tenant_claimed: str | None = None
    environment: str | None = None
    feature: str | None = None
    surface: str | None = None
    replay_of: str | None = None
    variant: str | None = None
    experiment_id: str | None = None
    agent_name: str | None = None
    model: str | None = None
    query: str | None = None
    since_ns: int | None = None
    until_ns: int | None = None
    min_ms: float | None = None
    max_ms: float | None = None
    order: str = "newest"
    other: bool = False  # the traces in which no agent was at work, instead of the runs

    def params(self) -> dict[str, object]:
        """Return the SQL parameter `filters`; the order left out.

        The search goes along under its name, for `Reports.ask` to take out.
        """
        values = {k: v or None for k, v in self._asdict().items() if k != "order"}
        # DuckDB takes 0 for a start as a start, `or` would not.
        bounds = {name: getattr(self, name) for name in ("since_ns", "until_ns", "min_ms", "max_ms")}
        return {"filters": values | bounds | {"status": list(self.status) or None, "other": self.other}}
