"""Two runs side by side: which step answers to which, what each cost more or less, and where they part."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple

import numpy as np

from spotlight.errors import NotFound
from spotlight.reports.alignment import Step, align
from spotlight.reports.context_difference import ContextDifference, context_difference
from spotlight.reports.questions import Reports
from spotlight.reports.run_diff_parts import DEEDS, MODEL, compared, differing
from spotlight.reports.transcript import Step as Told

Op = Literal["equal", "changed", "removed", "added"]
Unit = Literal["usd", "ms", "tokens", "steps"]
AGENT: Final = "agent"
TOOL: Final = "tool"


class StepSide(NamedTuple):
    """A step of one of the runs; None is unknown."""

    trace_id: str
    span_id: str
    step: int  # place in its run by start, from 1
    kind: str
    name: str  # of the tool for a tool call
    agent: str | None
    model: str | None
    failed: bool
    error: str | None
    duration_ms: float | None
    cost_usd: float | None
    input_tokens: int | None
    output_tokens: int | None


class Row(NamedTuple):
    """One line of the comparison."""

    op: Op
    a: int | None  # place in `RunDiff.a.steps`
    b: int | None
    differs: tuple[str, ...]  # of a changed row: the parts that are not the same
    is_told: bool  # False: no content was recorded on either side, so only kind and name were compared


class RunSide(NamedTuple):
    """One of the runs: its row, and the steps that were compared, by start."""

    run: dict[str, object]
    agent: str | None  # name of the sub-agent to which the side is narrowed
    duration_ms: float | None  # of the run, or of that agent
    steps: tuple[StepSide, ...]
    without_content: int  # of the steps
    agents: tuple[StepSide, ...]  # sub-agents of the run, to which it can be narrowed


class Total(NamedTuple):
    """One figure of both runs; None is unknown, `missing` counts the steps that the figure leaves out."""

    name: str
    unit: Unit
    a: float | None
    b: float | None
    missing_a: int = 0
    missing_b: int = 0


class Divergence(NamedTuple):
    """The first row whose sides are not equal, and what the model was given just before it on either side.

    Models seldom say the same twice: `deed_row` is the first row in which something else was done, a tool
    called otherwise or with another outcome; None where only words differ.
    """

    row: int
    deed_row: int | None
    context: ContextDifference | None  # None where a side has no model call at or before it


class RunDiff(NamedTuple):
    """Two runs, aligned."""

    a: RunSide
    b: RunSide
    rows: tuple[Row, ...]
    totals: tuple[Total, ...]
    divergence: Divergence | None  # None where every row is equal


def run_diff(
    reports: Reports, a: str, b: str, agent_a: str | None = None, agent_b: str | None = None
) -> RunDiff:
    """Return two runs aligned step by step; the beginning of an id is enough.

    `agent_a` and `agent_b` narrow a side to one sub-agent and what it started: the span id of its agent.
    Raises: NotFound for a run or an agent that is not there.
    """
    sides = [side_of(reports, run_id, agent) for run_id, agent in ((a, agent_a), (b, agent_b))]
    rows = aligned(*sides)
    totals = tuple(_totals(sides[0], sides[1]))
    place = next((at for at, row in enumerate(rows) if row.op != "equal"), None)
    found = RunDiff(sides[0].shown, sides[1].shown, tuple(rows), totals, None)
    if place is None:
        return found
    deed = next((at for at, row in enumerate(rows) if _is_deed(found, row)), None)
    return found._replace(divergence=Divergence(place, deed, _context(reports, found, place)))


class Side(NamedTuple):
    """One side while it is compared: what is shown of it, and what every one of its steps said."""

    shown: RunSide
    told: tuple[Told | None, ...]  # beside `shown.steps`


def aligned(a: Side, b: Side) -> list[Row]:
    """Return the rows of two sides: every step exactly once, in order."""
    pairs = align(*([_compared(step, told) for step, told in _both(side)] for side in (a, b)))
    rows = []
    for pair in pairs:
        before = a.told[pair.a] if pair.a is not None else None
        after = b.told[pair.b] if pair.b is not None else None
        if pair.a is None or pair.b is None:
            rows.append(Row("added" if pair.a is None else "removed", pair.a, pair.b, (), True))
        elif pair.is_equal:
            rows.append(Row("equal", pair.a, pair.b, (), _is_told(before) or _is_told(after)))
        else:
            names = a.shown.steps[pair.a].name, b.shown.steps[pair.b].name
            what = differing(before, after)
            rows.append(
                Row("changed", pair.a, pair.b, what or (("name",) if names[0] != names[1] else ()), True)
            )
    return rows


def _is_deed(found: RunDiff, row: Row) -> bool:
    """Return whether something else was done, not only said, on one side of a row."""
    if row.op == "changed":
        return not DEEDS.isdisjoint(row.differs)
    step = found.a.steps[row.a] if row.a is not None else found.b.steps[row.b or 0]
    return row.op != "equal" and step.kind != MODEL


def _both(side: Side) -> Iterator[tuple[StepSide, Told | None]]:
    return zip(side.shown.steps, side.told, strict=True)


def _compared(step: StepSide, told: Told | None) -> Step:
    # What a model call is called often names the model; who called it says which step it is.
    name = step.agent or "" if step.kind == MODEL else step.name
    return compared(told, step.kind, name)


def _is_told(told: Told | None) -> bool:
    return told is not None and told.state != "absent"


def side_of(reports: Reports, run_id: str, agent: str | None = None) -> Side:
    """Return one side of a comparison: a run, or the sub-agent of it with this span id. Raises: NotFound."""
    run = reports.run(run_id)
    every = reports.ask("diff_steps", {"run_id": run["run_id"], "date": run["date"]}).to_pylist()
    agents = tuple(_step(row) for row in every if row["kind"] == AGENT and row["agent_span_id"] is not None)
    top = next((step for step in agents if step.span_id == agent), None)
    if agent is not None and top is None:
        hint = "a sub-agent is named by the span id of its agent step: see `spotlight show RUN --json`"
        raise NotFound(f"run {run_id!r} has no sub-agent {agent!r}", hint=hint)
    rows = [row for row in (_below(every, agent) if agent else every) if _is_compared(row)]
    said = {(step.trace_id, step.span_id): step for step in reports.transcript(str(run["run_id"])).steps}
    told = tuple(said.get((row["trace_id"], row["span_id"])) for row in rows)
    duration: Any = run["duration_ms"] if top is None else top.duration_ms
    shown = RunSide(
        run=run,
        agent=None if top is None else top.agent or top.name,
        duration_ms=duration,
        steps=tuple(_step(row) for row in rows),
        without_content=sum(not _is_told(step) for step in told),
        agents=agents,
    )
    return Side(shown, told)


def _below(rows: Sequence[Mapping[str, Any]], agent: str) -> list[Mapping[str, Any]]:
    """Return the steps of one agent and of those that it started, by start."""
    inside = {agent}
    found = []
    for row in sorted(rows, key=lambda row: int(row["depth"])):
        if row["agent_span_id"] in inside:
            inside |= {row["span_id"]} if row["kind"] == AGENT else set()
            found.append(row)
    return sorted(found, key=lambda row: int(row["step"]))


def _is_compared(row: Mapping[str, Any]) -> bool:
    """Return whether a step is told here: not a second telling of a call, nor the agent of the whole run."""
    if row["kind"] == MODEL:
        return bool(row["is_generation"])
    if row["kind"] == TOOL:
        return bool(row["is_tool_call"])
    return bool(row["kind"] != AGENT) or row["agent_span_id"] is not None


def _step(row: Mapping[str, Any]) -> StepSide:
    error = ": ".join(part for part in (row["error_type"], row["error_message"]) if part)
    return StepSide(
        **{name: row[name] for name in StepSide._fields if name in row} | {"failed": bool(row["failed"])},
        agent=row["agent_name"],
        error=error or None,
    )


def _totals(a: Side, b: Side) -> Iterator[Total]:
    """Yield what both sides took: sums of their steps, but the duration of the runs where they are whole."""
    sides = (a.shown.steps, b.shown.steps)
    yield _sum("cost", "usd", sides, "cost_usd", _is_paid)
    yield Total("duration", "ms", a.shown.duration_ms, b.shown.duration_ms)
    yield _sum("input", "tokens", sides, "input_tokens", _is_model)
    yield _sum("output", "tokens", sides, "output_tokens", _is_model)
    yield Total("steps", "steps", *map(len, sides))
    yield Total("model calls", "steps", *(sum(map(_is_model, steps)) for steps in sides))
    yield Total("tool calls", "steps", *(sum(step.kind == TOOL for step in steps) for steps in sides))
    yield Total("failed", "steps", *(sum(step.failed for step in steps) for steps in sides))


def _is_model(step: StepSide) -> bool:
    return step.kind == MODEL


def _is_paid(step: StepSide) -> bool:
    return step.kind == MODEL or step.cost_usd is not None


def _sum(
    name: str,
    unit: Unit,
    sides: Sequence[Sequence[StepSide]],
    column: str,
    counts: Callable[[StepSide], bool],
) -> Total:
    values = [[getattr(step, column) for step in steps if counts(step)] for steps in sides]
    known = [[value for value in side if value is not None] for side in values]
    sums = [sum(side) if side else None for side in known]
    missing = [len(side) - len(found) for side, found in zip(values, known, strict=True)]
    return Total(name, unit, sums[0], sums[1], missing[0], missing[1])


def _context(reports: Reports, found: RunDiff, place: int) -> ContextDifference | None:
    """Return what the model was given on either side by the call that the first difference comes from."""
    calls = [_call_before([row.a for row in found.rows[: place + 1]], found.a.steps)]
    calls.append(_call_before([row.b for row in found.rows[: place + 1]], found.b.steps))
    if calls[0] is None or calls[1] is None:
        return None
    first = _call_document(reports, found.a.run, calls[0].span_id)
    return context_difference(first, _call_document(reports, found.b.run, calls[1].span_id))


def _call_document(reports: Reports, run: Mapping[str, object], span_id: str) -> Mapping[str, Any]:
    """Return the document of a model call; its messages from a second telling of it where it has none."""
    document: Any = reports.span_document(str(run["run_id"]), span_id)
    if document["messages"]["state"] != "absent":
        return dict(document)
    assembly = reports.assembled(run)
    ids = assembly.spans.column("span_id").to_pylist()
    for row in np.flatnonzero(assembly.roles.twin == ids.index(span_id)).tolist() if span_id in ids else ():
        other: Any = reports.span_document(str(run["run_id"]), ids[row])
        if other["messages"]["state"] != "absent":
            return dict(document) | {"messages": other["messages"]}
    return dict(document)


def _call_before(places: Sequence[int | None], steps: Sequence[StepSide]) -> StepSide | None:
    """Return the last model call among some rows; None where there is none."""
    rows = (steps[at] for at in reversed(places) if at is not None)
    return next((step for step in rows if step.kind == MODEL), None)
