"""How true a replay was to its recording: by which rungs it was answered, and what it never asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Mapping, Sequence
from typing import NamedTuple

from replay.mocks.tape import Near
from replay.model import RecordedTool, Rung, ToolAnswer
from spotlight.messages.canonical import Json


class Served(NamedTuple):
    """One tool call of a replay and its answer; `position` counts them from 1."""

    position: int
    step: int | None
    name: str
    arguments: Json
    answer: ToolAnswer
    nearest: tuple[Near, ...] = ()  # for DIVERGED: the recordings that came closest, the closest first


class Fidelity(NamedTuple):
    """One replayed run beside its recording."""

    calls: int
    by_rung: Mapping[Rung, int]  # only rungs that answered
    first_divergence: Served | None
    stale_reads: int
    unused: tuple[RecordedTool, ...]  # recorded after the start of the replay, and asked for by nothing
    never_called: tuple[str, ...]  # tools among them that the replay did not call at all
    undeclared: tuple[str, ...]  # tools it called whose effect nobody declared: stale reads are not told


def fidelity(served: Sequence[Served], unused: tuple[RecordedTool, ...], undeclared: set[str]) -> Fidelity:
    """Return how true these calls were to the recording that left `unused` over."""
    called = {each.name for each in served}
    return Fidelity(
        calls=len(served),
        by_rung=Counter(each.answer.rung for each in served),
        first_divergence=next((s for s in served if s.answer.rung is Rung.DIVERGED), None),
        stale_reads=sum(each.answer.is_stale for each in served),
        unused=unused,
        never_called=tuple(dict.fromkeys(tool.name for tool in unused if tool.name not in called)),
        undeclared=tuple(sorted(undeclared)),
    )


def within(found: Fidelity, steps: Container[int]) -> Fidelity:
    """Return the same without unused recordings of other steps: sub-agents asked for those."""
    unused = tuple(tool for tool in found.unused if tool.step is None or tool.step in steps)
    names = {tool.name for tool in unused}
    return found._replace(
        unused=unused, never_called=tuple(name for name in found.never_called if name in names)
    )


def share(found: Fidelity, *rungs: Rung) -> float | None:
    """Return the share of calls answered by these rungs, 0 to 1; None where nothing was called."""
    return sum(found.by_rung.get(rung, 0) for rung in rungs) / found.calls if found.calls else None


def sentences(found: Fidelity) -> list[str]:
    """Return what is odd about a replayed run in words, the gravest first; empty where nothing is."""
    said = []
    if found.first_divergence:
        at = found.first_divergence
        said.append(f"Diverged at tool call {at.position}: {at.answer.reason}.")
    said += [f"The variant never called {name}." for name in found.never_called]
    again = Counter(tool.name for tool in found.unused if tool.name not in found.never_called)
    said += [f"{_calls(count)} of {name} stayed unused." for name, count in again.items()]
    if found.stale_reads:
        said.append(f"{found.stale_reads} of {found.calls} answers may be out of date.")
    if found.undeclared:
        names = ", ".join(found.undeclared)
        said.append(f"Whether answers are out of date cannot be told: no effect is declared for {names}.")
    return said


def _calls(count: int) -> str:
    return "1 recorded call" if count == 1 else f"{count} recorded calls"
