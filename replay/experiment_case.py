"""One case side by side: what was recorded and every variant, aligned by step.

Every variant is aligned with the recorded run: step by step replays within each recorded model call and the
tools after it, for they say which call they stand for, closed loops freely. A line is a recorded step with
what each variant did in its place, or what variants did between two recorded steps.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from replay.experiment import ORIGINAL, Experiment, Row, Trial
from spotlight.errors import NotFound
from spotlight.reports import Reports
from spotlight.reports.run_diff import TOOL, Op, Side, StepSide, aligned, side_of
from spotlight.reports.run_diff import Row as Pair
from spotlight.reports.run_diff_parts import DEEDS, MODEL, differing


class Cell(NamedTuple):
    """What a side did in a line; of a replay also how its tools were answered."""

    op: Op  # against the recorded step
    step: StepSide
    differs: tuple[str, ...]
    replay_step: int | None = None  # the recorded model call that it stands for
    rung: str | None = None
    is_stale: bool = False
    source_run: str | None = None
    reason: str | None = None
    was_cached: bool = False
    tries: int | None = None  # how often a model was asked; 0 where the answer was at hand


class Line(NamedTuple):
    """One line: a cell per side in the order of the sides, None where a side did nothing there."""

    cells: tuple[Cell | None, ...]


class SideHead(NamedTuple):
    """One of the sides: the recorded run, then the variants."""

    variant: str
    trial: Trial
    repeats: int
    first: int | None  # line in which it first decides otherwise than recorded; None where it never does


class CaseView(NamedTuple):
    """A case, its sides and their lines."""

    row: Row
    sides: tuple[SideHead, ...]
    lines: tuple[Line, ...]
    missing: tuple[str, ...]  # variants whose run is not to be seen


def case_view(reports: Reports, found: Experiment, case_no: int, repeat: int = 1) -> CaseView:
    """Return a case with the runs of one repeat side by side. Raises: NotFound for no such case."""
    if not 0 <= case_no < len(found.rows):
        raise NotFound(f"no case {case_no}", hint=f"cases are 0 to {len(found.rows) - 1}")
    row = found.rows[case_no]
    picked = {name: _picked(row.of(name), repeat) for name in found.variants}
    shown = {name: trial for name, trial in picked.items() if trial is not None and trial.is_stored}
    original = _only(side_of(reports, row.recorded.run_id), lambda step: step.kind in (MODEL, TOOL))
    others = [side_of(reports, trial.run_id) for trial in shown.values()]
    told = _told(reports, [trial.run_id for trial in shown.values()])
    is_pinned = found.sealed.plan.mode == "step"
    pairs = [_pinned(original, other, told) if is_pinned else aligned(original, other) for other in others]
    lines = _lines(original, others, pairs, told)
    heads = [SideHead(ORIGINAL, row.recorded, 1, None)]
    for at, (name, trial) in enumerate(shown.items(), 1):
        heads.append(SideHead(name, trial, len(row.of(name)), _first(lines, at, trial)))
    missing = tuple(name for name in found.variants if name not in shown)
    return CaseView(row, tuple(heads), tuple(lines), missing)


def _picked(trials: Sequence[Trial], repeat: int) -> Trial | None:
    return next((trial for trial in trials if trial.repeat == repeat), None)


def _told(reports: Reports, run_ids: Sequence[str]) -> dict[tuple[str, str], Mapping[str, Any]]:
    """Return what replays say of their spans, by run and span."""
    rows = reports.ask("experiment_spans", {"run_ids": list(run_ids)}).to_pylist() if run_ids else []
    return {(row["run_id"], row["span_id"]): row for row in rows}


def _lines(
    original: Side,
    others: Sequence[Side],
    pairs: Sequence[Sequence[Pair]],
    told: Mapping[tuple[str, str], Mapping[str, Any]],
) -> list[Line]:
    """Return all lines: each recorded step, and after it what sides did before the next."""
    count = len(original.shown.steps)
    beside: list[list[Cell | None]] = [[None] * count for _ in others]
    after: list[list[list[Cell]]] = [[[] for _ in range(count + 1)] for _ in others]
    for at, rows in enumerate(pairs):
        place = 0  # how many recorded steps stand before
        for row in rows:
            cell = _cell(others[at], row, told)
            if row.a is not None:
                beside[at][row.a] = cell
                place = row.a + 1
            elif cell is not None:
                after[at][place].append(cell)
    lines: list[Line] = []
    for place in range(count + 1):
        if place:
            own = Cell("equal", original.shown.steps[place - 1], ())
            lines.append(Line((own, *(side[place - 1] for side in beside))))
        for extra in range(max((len(side[place]) for side in after), default=0)):
            cells = (side[place][extra] if extra < len(side[place]) else None for side in after)
            lines.append(Line((None, *cells)))
    return lines


def _cell(side: Side, row: Pair, told: Mapping[tuple[str, str], Mapping[str, Any]]) -> Cell | None:
    if row.b is None:
        return None
    step = side.shown.steps[row.b]
    said = told.get((str(side.shown.run["run_id"]), step.span_id), {})
    return Cell(
        row.op, step, row.differs, said.get("replay_step"), said.get("rung"), bool(said.get("is_stale")),
        said.get("source_run"), said.get("reason"), bool(said.get("was_cached")),
        said.get("tries"),
    )  # fmt: skip


def _only(side: Side, wanted: Callable[[StepSide], bool]) -> Side:
    """Return a side with some of its steps."""
    kept = [at for at, step in enumerate(side.shown.steps) if wanted(step)]
    return _part(side, kept)


def _part(side: Side, places: Sequence[int]) -> Side:
    steps = tuple(side.shown.steps[at] for at in places)
    return Side(side.shown._replace(steps=steps), tuple(side.told[at] for at in places))


def _pinned(original: Side, other: Side, told: Mapping[tuple[str, str], Mapping[str, Any]]) -> list[Pair]:
    """Return the rows of two sides aligned within each model call, which both know by its number."""
    run_id = str(other.shown.run["run_id"])
    numbers = [(told.get((run_id, step.span_id)) or {}).get("replay_step") or 0 for step in other.shown.steps]
    parts: dict[int, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    number = 0
    for at, step in enumerate(original.shown.steps):
        number += step.kind == MODEL
        parts[number][0].append(at)
    for at, number in enumerate(numbers):
        parts[number][1].append(at)
    rows = []
    for _, (ours, theirs) in sorted(parts.items()):
        if (
            ours
            and theirs
            and original.shown.steps[ours[0]].kind == other.shown.steps[theirs[0]].kind == MODEL
        ):
            rows.append(_call_pair(original, other, ours.pop(0), theirs.pop(0)))
        for row in aligned(_part(original, ours), _part(other, theirs)):
            a, b = (None if at is None else places[at] for at, places in ((row.a, ours), (row.b, theirs)))
            rows.append(row._replace(a=a, b=b))
    return rows


def _call_pair(original: Side, other: Side, a: int, b: int) -> Pair:
    """Return the row of two model calls that stand for each other, whoever made them."""
    what = tuple(part for part in differing(original.told[a], other.told[b]) if part != "user")
    return Pair("changed" if what else "equal", a, b, what, original.told[a] is not None)


def _first(lines: Sequence[Line], at: int, trial: Trial) -> int | None:
    """Return the line of the first other decision: as the replay found it, else as the lines show it."""
    if trial.compared:
        cells = [line.cells[at] for line in lines]
        return next(
            (
                n for n, cell in enumerate(cells)
                if cell and cell.step.kind == MODEL and cell.replay_step == trial.first_difference
            ),
            None,
        ) if trial.first_difference else None  # fmt: skip
    return next((n for n, line in enumerate(lines) if _is_deed(line, at)), None)


def _is_deed(line: Line, at: int) -> bool:
    cell = line.cells[at]
    if cell is None:
        return line.cells[0] is not None and line.cells[0].step.kind != MODEL
    if cell.op == "changed":
        return not DEEDS.isdisjoint(cell.differs)
    return cell.op == "added" and cell.step.kind != MODEL
