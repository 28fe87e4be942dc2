"""Traces that belong together, kept while they arrive in any order."""

from __future__ import annotations

from collections.abc import Iterable

from spotlight.assembly.membership import Ties


class Families:
    """Sets of traces that must be assembled together; a trace without ties is in none."""

    def __init__(self) -> None:
        self._members: dict[str, set[str]] = {}  # trace -> its family, one set shared by all of it
        self._named: dict[str, str] = {}  # what is shared -> a trace that shares it

    def add(self, tied: Ties) -> None:
        """Take notice of what traces share."""
        for trace, name in zip(*tied, strict=True):
            self._join(self._named.setdefault(name, trace), trace)

    def _join(self, one: str, other: str) -> None:
        large, small = (self._members.setdefault(trace, {trace}) for trace in (one, other))
        if large is small:
            return
        if len(large) < len(small):
            large, small = small, large
        large |= small
        for trace in small:
            self._members[trace] = large

    def of(self, traces: Iterable[str]) -> set[str]:
        """Return all traces of the families that these traces are in."""
        found: set[str] = set()
        for trace in traces:
            if trace not in found:
                found |= self._members.get(trace, set())
        return found
