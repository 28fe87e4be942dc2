"""Which rows of a run are no steps of its agent, and what a tree without them looks like.

Some clients export their own inner works: Codex sends 600 spans for three model calls.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from spotlight.assembly import Assembly
from spotlight.assembly.link import mark_ancestors
from spotlight.assembly.membership import AGENT_KINDS
from spotlight.assembly.usage import LEAF
from spotlight.dialects import UNKNOWN
from spotlight.reports.display_order import display_order

_INNER_KINDS: Final = ("other", "http")
# So many rows beside the agent's steps, and more than these, are hidden until someone asks for them.
FEW: Final = 40


class Shown(NamedTuple):
    """A row of a run document that is shown, and the shown row it hangs below (-1 for none)."""

    row: int
    parent: int


def noise(found: Assembly) -> np.ndarray:
    """Return which rows of one run are no steps of the agent: its client's inner works, and traffic.

    Never among them: the root, the row that decided the run's status, a model call that counts,
    what an unknown vocabulary hangs agent steps below (that is somebody's own engine), and
    everything where no agent, model or tool is at work at all.
    """
    spans, links = found.spans, found.links
    works = np.asarray(pc.is_in(spans.column("kind"), value_set=pa.array(AGENT_KINDS)))
    if not works.any():
        return np.zeros(spans.num_rows, bool)
    inner = np.asarray(pc.is_in(spans.column("kind"), value_set=pa.array(_INNER_KINDS)))
    unknown = np.asarray(pc.fill_null(pc.equal(spans.column("dialect"), UNKNOWN), True))
    inner &= ~(unknown & mark_ancestors(links.parent, works)) & (found.roles.role != LEAF)
    kept = found.outcome.deciding
    inner[kept[kept >= 0]] = False
    root = pc.equal(spans.column("span_id"), found.runs.column("root_span_id")[0])
    return np.asarray(inner & ~np.asarray(pc.fill_null(root, False)))


def is_hidden(noisy: int, rows: int) -> bool:
    """Return whether a view leaves out so many of its rows unless it is asked for all of them."""
    return noisy > FEW and 2 * noisy > rows


def shown_rows(document: dict[str, Any], *, everything: bool = False) -> list[Shown]:
    """Return the rows of a run document that a view shows, in its order.

    Without `everything`, noise is left out where `is_hidden` says so; what hung below a row left
    out hangs below the nearest shown row above it, among the others by start.
    """
    columns = document["cols"]
    if everything or not document["noise"]["hidden"]:
        return [Shown(row, parent) for row, parent in enumerate(columns["parent"])]
    rows = [row for row, noisy in enumerate(columns["noise"]) if not noisy]
    above: list[int] = []  # nearest shown row at or above every row
    for row, parent in enumerate(columns["parent"]):
        above.append((above[parent] if parent >= 0 else -1) if columns["noise"][row] else row)
    parents = [above[columns["parent"][row]] if columns["parent"][row] >= 0 else -1 for row in rows]
    place = {row: at for at, row in enumerate(rows)} | {-1: -1}
    order = display_order(
        np.array([place[parent] for parent in parents], np.int64),
        np.array([columns["start"][row] for row in rows]),
    )
    return [Shown(rows[at], parents[at]) for at in order.tolist()]
