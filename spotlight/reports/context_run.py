"""The contexts of a run's model calls one after the other: how they grew, shrank and were rewritten."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Final, NamedTuple

from spotlight.reports.context import Context, told_context
from spotlight.reports.context_read import MOST_CANDIDATES, Call, Seen, before, calls_of, compactions_of, seen
from spotlight.reports.questions import Reports

# Of a longer run, the contexts of the latest calls are told: all of them can be gigabytes.
MOST_CALLS: Final = 100
_AT_ONCE: Final = 16
# Calls kept in memory to be compared with: those of several agents at work side by side.
_KEPT: Final = 4 * MOST_CANDIDATES


class RunContexts(NamedTuple):
    """The contexts of the latest `MOST_CALLS` of a run's `calls`, by start, read as they are asked for."""

    calls: int
    contexts: Iterator[Context]


def contexts_of(reports: Reports, run_id: str) -> RunContexts:
    """Return what the model calls of a run saw, each beside the call before it in its thread."""
    run = str(reports.run(run_id)["run_id"])
    calls = calls_of(reports, run)
    own = [call for call in calls if call.run_id == run]
    return RunContexts(len(own), _contexts(reports, run, calls, own[-MOST_CALLS:]))


def _contexts(reports: Reports, run_id: str, calls: list[Call], wanted: list[Call]) -> Iterator[Context]:
    known = deque(_earlier(reports, calls, wanted), maxlen=_KEPT)
    compactions = compactions_of(reports, run_id)
    for first in range(0, len(wanted), _AT_ONCE):
        for one in seen(reports, run_id, wanted[first : first + _AT_ONCE]):
            candidates = set(before(calls, one.call))
            earlier = [other for other in reversed(known) if other.call in candidates]
            yield told_context(run_id, one, earlier, compactions)
            known.append(one)


def _earlier(reports: Reports, calls: list[Call], wanted: list[Call]) -> list[Seen]:
    """Return what the calls saw from which the first of those wanted may go on."""
    found = before(calls, wanted[0])[::-1] if wanted else []
    return seen(reports, found[0].run_id, found) if found else []
