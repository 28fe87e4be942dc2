"""How much of what the models of a run were sent is known, from what their spans and log records hold.

The same rules as those of a recording: a call knows the tools that its agent tells of, a call without
messages what a wrapper around it and no other call was sent, and a report of a call what its twin says.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from spotlight.assembly.link import Links
from spotlight.assembly.outcome import Outcome
from spotlight.assembly.usage import UsageRoles
from spotlight.messages.completeness import LEVELS, WRAPPERS, Held, flags, verdict

_OWN: Final = ~int(Held.PARAMS)  # what a wrapper says besides: of parameters each call speaks for itself
_NO_CALL: Final = (LEVELS.index("none"), "the run has no model call")


def replay_grades(
    spans: pa.Table, links: Links, roles: UsageRoles, outcome: Outcome, said: pa.Table
) -> dict[str, pa.Array]:
    """Return the columns replay_grade and replay_reason of every run: those of its least complete call."""
    held = _flags(spans.column("held")) | _of_logs(spans, said)
    twins = np.flatnonzero(roles.twin >= 0)
    np.bitwise_or.at(held, roles.twin[twins], held[twins])
    calls = np.flatnonzero(roles.is_generation)
    own = held[calls]
    own |= _of_wrappers(spans, links, held, calls, own)
    own |= _of_agents(spans, links, held, calls) & int(Held.TOOLS)
    run = links.run[calls]
    offered = _any(run, (own & int(Held.TOOLS | Held.BODY)) != 0, links.runs)
    calling = _any(links.run, outcome.is_tool_call, links.runs) | _any(
        run, (own & int(Held.CALLS)) != 0, links.runs
    )
    own |= np.where(offered[run], int(Held.TOOLS), 0)
    return _least(run, own, calling, links.runs)


def _flags(column: pa.ChunkedArray) -> np.ndarray:
    encoded = column.combine_chunks().dictionary_encode()
    meanings = np.array([int(flags(words)) for words in encoded.dictionary.to_pylist()] + [0], np.int64)
    found: np.ndarray = meanings[encoded.indices.fill_null(len(meanings) - 1).to_numpy()]
    return found


def _of_logs(spans: pa.Table, said: pa.Table) -> np.ndarray:
    """Return what log records tell of each span."""
    found = np.zeros(spans.num_rows, np.int64)
    told = said.filter(pc.and_(pc.is_valid(said.column("held")), pc.is_valid(said.column("span_id"))))
    if told.num_rows:
        ids = pc.unique(told.column("span_id"))
        of_id = np.zeros(len(ids), np.int64)
        at = pc.index_in(told.column("span_id"), value_set=ids).to_numpy()
        np.bitwise_or.at(of_id, at, _flags(told.column("held")))
        place = pc.index_in(spans.column("span_id"), value_set=ids)
        rows = np.flatnonzero(pc.is_valid(place).to_numpy())
        found[rows] = of_id[place.fill_null(0).to_numpy()[rows]]
    return found


def _of_wrappers(
    spans: pa.Table, links: Links, held: np.ndarray, calls: np.ndarray, own: np.ndarray
) -> np.ndarray:
    """Return what wrappers around calls without messages hold, where they wrap no other call."""
    found = np.zeros(len(calls), np.int64)
    wraps = np.asarray(pc.is_in(spans.column("kind"), value_set=pa.array(WRAPPERS)))
    lacks = (own & int(Held.MESSAGES)) == 0
    if not lacks.any() or not (wraps & ((held & int(Held.MESSAGES)) != 0)).any():
        return found
    below = np.zeros(spans.num_rows, np.int64)
    chains: list[np.ndarray] = []
    above = links.parent[calls]
    while ((above >= 0) & wraps[above]).any():
        above = np.where((above >= 0) & wraps[above], above, -1)
        np.add.at(below, above[above >= 0], 1)
        chains.append(above)
        above = np.where(above >= 0, links.parent[above], -1)
    for chain in chains:
        fits = lacks & (chain >= 0) & (below[chain] == 1) & ((held[chain] & int(Held.MESSAGES)) != 0)
        found = np.where(fits, held[chain] & _OWN, found)
        lacks &= ~fits
    return found


def _of_agents(spans: pa.Table, links: Links, held: np.ndarray, calls: np.ndarray) -> np.ndarray:
    """Return what the nearest agent above each call holds."""
    is_agent = np.asarray(pc.equal(spans.column("kind"), "agent"))
    found = np.zeros(len(calls), np.int64)
    if not (is_agent & (held != 0)).any():
        return found
    above = links.parent[calls]
    while (climbing := (above >= 0) & ~is_agent[above]).any():
        above = np.where(climbing, links.parent[above], above)
    return np.where(above >= 0, held[above], 0)


def _any(run: np.ndarray, marked: np.ndarray, runs: int) -> np.ndarray:
    found: np.ndarray = np.bincount(run[marked], minlength=runs) > 0
    return found


def _least(run: np.ndarray, own: np.ndarray, calling: np.ndarray, runs: int) -> dict[str, pa.Array]:
    """Return the grade of the least complete call of every run; the same flags are judged once."""
    states, codes = np.unique(own * 2 + calling[run], return_inverse=True)
    verdicts = [verdict(Held(int(state) // 2), calls_tools=bool(state % 2)) for state in states.tolist()]
    found = [(LEVELS.index(level), reason) for level, reason in verdicts]
    order = sorted(set(found) | {_NO_CALL})
    place = {known: number for number, known in enumerate(order)}
    rank = np.array([place[known] for known in found], np.int64)
    least = np.full(runs, -1, np.int64)
    if len(run):
        np.maximum.at(least, run, rank[codes])
    least = np.where(least < 0, place[_NO_CALL], least)
    grades = pa.array([LEVELS[level] for level, _ in order], pa.string())
    reasons = pa.array([reason or None for _, reason in order], pa.string())
    return {"replay_grade": grades.take(pa.array(least)), "replay_reason": reasons.take(pa.array(least))}
