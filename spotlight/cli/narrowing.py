"""Options that narrow a command to some runs: the same words for every command."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, Final, NamedTuple

import typer

from spotlight.errors import SpotlightError

if TYPE_CHECKING:
    from spotlight.reports import RunFilters


class Narrowing(NamedTuple):
    """What was typed, by the names of `RunFilters`; None lets everything through."""

    pack_name: str | None = None
    pack_version: str | None = None
    user_id: str | None = None
    session_id: str | None = None
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
    status: tuple[str, ...] = ()
    since: str | None = None
    until: str | None = None

    def run_filters(self) -> RunFilters:
        """Return the filters that questions take, times in ns.

        Raises: SpotlightError for a time that cannot be read, and for a window that ends before it begins.
        """
        from spotlight.reports import RunFilters
        from spotlight.reports.moments import moment_ns

        given = self._asdict()
        now_ns = time.time_ns()
        edges = [None if text is None else moment_ns(text, now_ns) for text in (self.since, self.until)]
        if edges[0] is not None and edges[1] is not None and edges[1] <= edges[0]:
            raise SpotlightError(
                f"{self.until!r} is not after {self.since!r}", hint="exchange --since and --until"
            )
        given |= {"since_ns": edges[0], "until_ns": edges[1], "status": tuple(self.status)}
        return RunFilters(**{name: value for name, value in given.items() if name in RunFilters._fields})


# Option, the field it fills, its help, and the word for its value.
_OPTIONS: Final = (
    ("--pack", "pack_name", "Only runs of this pack.", "TEXT"),
    ("--version", "pack_version", "Only runs of this pack version.", "TEXT"),
    ("--user", "user_id", "Only runs for this user.", "TEXT"),
    ("--session", "session_id", "Only runs of this session.", "TEXT"),
    ("--tenant", "tenant_claimed", "Only runs that name this tenant.", "TEXT"),
    ("--env", "environment", "Only runs in this environment.", "TEXT"),
    ("--feature", "feature", "Only runs of this product feature.", "TEXT"),
    ("--surface", "surface", "Only runs on this surface: cli, ide, web, ...", "TEXT"),
    ("--replay-of", "replay_of", "Only replays of this run.", "RUN"),
    ("--variant", "variant", "Only replays with this variant.", "TEXT"),
    ("--experiment", "experiment_id", "Only replays of this experiment.", "TEXT"),
    ("--agent", "agent_name", "Only what this agent did.", "TEXT"),
    ("--model", "model", "Only what this model did.", "TEXT"),
    ("--find", "query", "Only runs that this search finds: `spotlight find --help`.", "SEARCH"),
    ("--status", "status", "Only runs that ended so: ok, error or incomplete; may be repeated.", "TEXT"),
    ("--since", "since", "From this time on: 24h, 7d, today, month, 2026-11-01, ... (UTC).", "TIME"),
    ("--until", "until", "Before this time.", "TIME"),
)


def narrowed(command: Callable[..., None]) -> Callable[..., None]:
    """Return a command that has the filter options besides its own, and gets them as `narrowing`."""
    own = inspect.signature(command, eval_str=True)
    kept = [p for p in own.parameters.values() if p.name != "narrowing"]
    # An option of the command's own goes before one of the same name.
    options = [_parameter(*option) for option in _OPTIONS if option[1] not in own.parameters]

    def called(**given: Any) -> None:
        picked = {p.name: given.pop(p.name) for p in options}
        picked["status"] = tuple(picked.get("status") or ())
        command(**given, narrowing=Narrowing(**picked))

    called.__name__, called.__doc__ = command.__name__, command.__doc__
    parameters = [*kept, *options]
    called.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]
    called.__annotations__ = {p.name: p.annotation for p in parameters}
    return called


def _parameter(name: str, field: str, text: str, metavar: str) -> inspect.Parameter:
    kind: Any = list[str] | None if field == "status" else str | None
    annotation = Annotated[kind, typer.Option(name, help=text, metavar=metavar, rich_help_panel="Narrow to")]
    return inspect.Parameter(field, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)
