"""A run as one columnar document: the structure of its spans, ready to draw."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from spotlight.assembly import Assembly, assemble
from spotlight.assembly.link import Links, depths
from spotlight.assembly.outcome import Outcome
from spotlight.assembly.timing import timing
from spotlight.assembly.usage import ROLE_NAMES, UsageRoles, inclusive_input
from spotlight.errors import NotFound
from spotlight.exact_json import plain_row
from spotlight.reports.display_order import display_order, starts
from spotlight.reports.noise import is_hidden, noise
from spotlight.reports.opening_step import Spending, opening_step

FINE, SPAN_ERROR, HIDDEN_FAILURE = 0, 1, 2


def run_document(
    run: dict[str, object],
    spans: pa.Table,
    prices: Mapping[str, float | None] | None = None,
    calls: pa.Table | None = None,
    budget_usd: float | None = None,
) -> dict[str, object]:
    """Return the run, and its spans as columns in display order: depth first, siblings by start.

    `prices` are the costs of its steps, USD, by span id; `calls` what its tool calls show about going
    wrong (sql/call_signs.sql); `budget_usd` is what it may cost,
    None for any sum. `opens_at` is the first bad step and why it is (see `first_bad`), None
    where no rule speaks.

    `cols.parent` holds row numbers (-1 for none); `start` and `dur` are ms, start counted from the
    run's start; `dur` is None for a span that has not ended; `err` is 1 for a span in error, 2 for a
    failed tool whose span does not say so; tokens and `cost`, USD, are None where unknown; `critical`
    is a step's ms on the critical path (see `assembly.timing`), None for what does no work of its own;
    `log` is 1 for a step made from a log record (its `dur` is None where the record told none);
    `noise` is 1 for a row that is no step of the agent, see `noise.noise`. Numbers index the lists of
    the same name; -1 is nothing.
    """
    found = only_run(assemble(spans), str(run["run_id"]))
    rows = found.spans
    order = display_order(found.links.parent, starts(rows))
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    parent = np.where(found.links.parent >= 0, place[np.maximum(found.links.parent, 0)], -1)
    origin = int(starts(rows).min(initial=np.iinfo(np.int64).max)) if len(order) else 0
    ordered = rows.take(pa.array(order))
    words = {name: _numbered(column) for name, column in _words(ordered).items()}
    bad = None if calls is None else opening_step(found, calls, Spending(prices or {}, budget_usd))
    noisy, errors = noise(found)[order], _errors(found)[order]
    ids = ordered.column("span_id").to_pylist()
    columns = {
        "id": ids,
        "parent": parent[order].tolist(),
        "depth": depths(found.links.parent)[order].tolist(),
        **{name: numbered.numbers for name, numbered in words.items()},
        "start": ((starts(ordered) - origin) / 1e6).round(4).tolist(),
        "err": errors.tolist(),
        "noise": noisy.astype(int).tolist(),
        "cost": [(prices or {}).get(span_id) for span_id in ids],
        **_figures(found, ordered, order),
    }
    return {
        "run": plain_row(run),
        "count": len(order),
        "shown": len(order),
        "total_ms": _total_ms(ordered, origin),
        "started_ns": str(origin),
        "opens_at": bad and {"span": bad.span_id, "rule": bad.rule, "why": bad.why},
        **{f"{name}s": numbered.values for name, numbered in words.items()},
        "noise": {
            "spans": int(noisy.sum()),
            "errors": int((errors[noisy] != FINE).sum()),
            "hidden": is_hidden(int(noisy.sum()), len(order)),
        },
        "cols": columns,
    }


def _figures(found: Assembly, ordered: pa.Table, order: npt.NDArray[np.int64]) -> dict[str, list[Any]]:
    """Return, in display order, what each span took and used."""
    ended = pc.is_valid(ordered.column("ended_ns"))
    critical = timing(found.spans, found.links).critical_ms[order].round(4)
    return {
        "dur": pc.if_else(ended, ordered.column("duration_ms"), None).to_pylist(),
        "tin": inclusive_input(ordered).to_pylist(),
        "tout": ordered.column("output_tokens").to_pylist(),
        "critical": pa.array(critical, from_pandas=True).to_pylist(),
        "ttft": ordered.column("ttft_ms").to_pylist(),
        "role": [ROLE_NAMES[r] for r in found.roles.role[order]],
        "orphan": found.links.orphan[order].astype(int).tolist(),
        "log": pc.fill_null(pc.equal(ordered.column("signal"), "log"), False).cast(pa.int8()).to_pylist(),
    }


def _words(ordered: pa.Table) -> dict[str, pa.ChunkedArray]:
    """Return, in display order, the columns whose words repeat; the document numbers them."""
    return {
        "name": ordered.column("name"),
        "kind": ordered.column("kind"),
        "model": pc.coalesce(ordered.column("response_model"), ordered.column("request_model")),
        "tool": ordered.column("tool_name"),
        "agent": ordered.column("agent_name"),
        "trace": ordered.column("trace_id"),
        "decision": ordered.column("approval_decision"),
        "decider": ordered.column("approval_source"),
    }


def only_run(found: Assembly, run_id: str) -> Assembly:
    """Return an assembly of several runs cut down to one of them.

    Spans may be there already that change which runs there are: then it is the one that has its place.
    Raises: NotFound where none has.
    """
    ids = found.runs.column("run_id").to_pylist()
    if len(ids) < 2:
        return found
    number = ids.index(run_id) if run_id in ids else _successor(found, run_id)
    kept = np.flatnonzero(found.links.run == number)
    place = np.full(found.spans.num_rows + 1, -1, np.int64)  # the last entry answers for row -1
    place[kept] = np.arange(len(kept))
    links = Links(np.zeros(len(kept), np.int64), place[found.links.parent[kept]], found.links.orphan[kept], 1)
    roles = UsageRoles(*(array[kept] for array in found.roles))._replace(twin=place[found.roles.twin[kept]])
    deciding = place[found.outcome.deciding[number : number + 1]]
    outcome = Outcome(
        found.outcome.failed[kept],
        found.outcome.is_tool_call[kept],
        found.outcome.status[number : number + 1],
        found.outcome.reason[number : number + 1],
        deciding,
    )
    steps = place[found.told.column("step").to_numpy()]
    told = found.told.set_column(2, "step", pa.array(steps)).filter(pa.array(steps >= 0))
    spans = found.spans.take(pa.array(kept))
    return Assembly(spans, told, links, roles, outcome, found.runs.slice(number, 1))


def _successor(found: Assembly, run_id: str) -> int:
    """Return the number of the run that has the root which names this one, or the start of its trace."""
    trace, _, span = run_id.partition("-")
    own = pc.equal(found.spans.column("trace_id"), trace)
    if span:
        own = pc.and_(own, pc.equal(found.spans.column("span_id"), span))
    rows = np.flatnonzero(np.asarray(own))
    if not len(rows):
        raise NotFound(f"run {run_id!r} is a part of another now", hint="ask again in a moment")
    return int(found.links.run[rows[np.argmin(starts(found.spans)[rows])]])


class _Numbered(NamedTuple):
    """The distinct values of a column, and every row's place among them, -1 for NULL."""

    values: list[str]
    numbers: list[int]


def _numbered(column: pa.ChunkedArray) -> _Numbered:
    encoded = column.combine_chunks().dictionary_encode()
    return _Numbered(encoded.dictionary.to_pylist(), encoded.indices.fill_null(-1).to_pylist())


def _errors(found: Assembly) -> np.ndarray:
    is_error = pc.fill_null(pc.equal(found.spans.column("status"), "error"), False).to_numpy()
    return np.where(is_error, SPAN_ERROR, np.where(found.outcome.failed, HIDDEN_FAILURE, FINE))


def _total_ms(spans: pa.Table, origin: int) -> float:
    if not spans.num_rows:
        return 0.0
    end = pc.max(pc.coalesce(spans.column("ended_ns"), spans.column("started_ns"))).as_py()
    return max(0.0, ((end or origin) - origin) / 1e6)
