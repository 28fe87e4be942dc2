"""What an agent asked of the proxy and how each request was answered, as it went on."""

from __future__ import annotations

import time
from collections import Counter
from decimal import Decimal
from typing import Any, NamedTuple

from replay.proxy.matching import Difference, Match


class Event(NamedTuple):
    """One request and how it was answered; without any of its content but what differs."""

    number: int  # counts requests from 1
    at_ns: int  # UTC
    api: str
    match: Match
    step: int | None  # the recorded call that answered
    detail: str = ""  # why it was refused, or who answered
    differences: tuple[Difference, ...] = ()
    not_compared: tuple[str, ...] = ()
    is_repeated: bool = False
    is_early: bool = False
    notes: tuple[str, ...] = ()  # what the answer, or a live request, lost on its way

    @property
    def is_exact(self) -> bool:
        """Whether the recording answered what it was asked, at its place."""
        return self.match is Match.EXACT and not self.is_repeated and not self.is_early

    def sentence(self) -> str:
        """Return the event in words, content of others among them: hostile text."""
        said = f"request {self.number}: {self.match.value}"
        said += f", step {self.step}" if self.step is not None else ""
        said += ", asked before" if self.is_repeated else ""
        said += ", before its turn" if self.is_early else ""
        said += f": {self.detail}" if self.detail else ""
        more = [f"{d.field} was {d.recorded}, is {d.asked}" for d in self.differences]
        more += [f"not recorded, so not compared: {', '.join(self.not_compared)}"] * bool(self.not_compared)
        return "; ".join([said, *more, *self.notes])


class Report(NamedTuple):
    """Everything so far."""

    run_id: str
    to_step: int
    events: tuple[Event, ...]
    unasked: tuple[int, ...]  # recorded steps that the agent never asked for
    is_halted: bool  # it asked something else, and was to be stopped then
    spent_usd: Decimal  # by live requests
    unpriced_calls: int  # of them, in no sum

    @property
    def inexact(self) -> tuple[Event, ...]:
        """Every request that was not answered by the same question's recorded answer, in its turn."""
        return tuple(event for event in self.events if not event.is_exact)

    def document(self) -> dict[str, Any]:
        """Return the report as JSON."""
        counts = Counter(event.match.value for event in self.events)
        return {
            "run_id": self.run_id, "to_step": self.to_step, "requests": len(self.events),
            "by_match": {match.value: counts[match.value] for match in Match}, "unasked": list(self.unasked),
            "is_halted": self.is_halted, "spent_usd": float(self.spent_usd),
            "unpriced_calls": self.unpriced_calls, "events": [event_document(event) for event in self.events],
        }  # fmt: skip


def event_document(event: Event) -> dict[str, Any]:
    """Return an event as JSON."""
    told = event._asdict() | {"match": event.match.value}
    return told | {"differences": [difference._asdict() for difference in event.differences]}


class Log:
    """Events as they come."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def add(self, api: str, match: Match, step: int | None = None, **more: Any) -> Event:
        """Keep and return an event of now."""
        event = Event(len(self.events) + 1, time.time_ns(), api, match, step, **more)
        self.events.append(event)
        return event
