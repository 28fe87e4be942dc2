"""The dimensions that figures can be divided by, and what each means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from spotlight.errors import SpotlightError

# Name -> what it means; sql/dimension.sql says which column that is.
DIMENSIONS: Final = {
    "tenant": "customer that the run names",
    "user": "end user of the run",
    "session": "conversation of the run",
    "run": "the run itself",
    "feature": "product feature",
    "surface": "cli, ide, web, slack, ...",
    "environment": "deployment environment",
    "service": "service.name of the sender",
    "provider": "model provider",
    "model": "model that answered, else the one asked for",
    "agent": "agent at work in the step",
    "tool": "tool called; of a model call the tool whose result it goes on from",
    "skill": "skill in use",
    "prompt": "prompt template",
    "prompt_version": "version of the prompt template",
    "experiment": "experiment that a replay belongs to",
    "variant": "what a replay changed",
    "pack": "what was deployed",
    "version": "version of the pack",
    "kind": "what the step is: llm, tool, retrieval, ...",
    "status": "how the run ended: ok, error or incomplete",
    "day": "day of the step, in the zone of the report",
    "hour": "hour of the step, in the zone of the report",
}
# Those of whole runs; sql/run_dimension.sql says which column that is.
RUN_DIMENSIONS: Final = {
    name: DIMENSIONS[name]
    for name in (
        "tenant", "user", "session", "run", "feature", "surface", "environment", "service", "agent",
        "experiment", "variant", "pack", "version", "status",
    )
} | {
    "model": "models that answered, all of the run's together",
    "error": "signature of the error that decided the run",
    "day": "day of the run's start, in the zone of the report",
    "hour": "hour of the run's start, in the zone of the report",
}  # fmt: skip
MOST: Final = 3  # dimensions at once


def checked(by: Sequence[str], dimensions: Mapping[str, str] = DIMENSIONS) -> dict[str, object]:
    """Return the SQL parameters by_1, by_2, by_3 for some dimensions; None for those not asked for.

    Raises: SpotlightError for a dimension that does not exist, one named twice, or more than three.
    """
    for name in by:
        if name not in dimensions:
            raise SpotlightError(f"no such dimension: {name!r}", hint=f"one of {', '.join(dimensions)}")
    if len(set(by)) < len(by) or len(by) > MOST:
        raise SpotlightError(
            f"cannot divide by {', '.join(by)!r}", hint=f"name 1 to {MOST} dimensions, each once"
        )
    return {f"by_{at + 1}": by[at] if at < len(by) else None for at in range(MOST)}
