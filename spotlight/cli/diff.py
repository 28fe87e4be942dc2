"""`spotlight diff A B`: two runs step by step, and where they part."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.table import Table
from rich.text import Text

from spotlight.cli.options import DataOption, JsonOption, existing_data
from spotlight.cli.output import count, duration, harmless, money, one_line, out, print_json, say, table

if TYPE_CHECKING:
    from spotlight.reports.run_diff import Row, RunDiff, StepSide, Total

_SIGNS: Final = {"equal": "=", "changed": "~", "removed": "-", "added": "+"}
_STYLES: Final = {"equal": "dim", "changed": "yellow", "removed": "red", "added": "green"}
# So many equal steps in a row are one line; --all lists them.
_MOST_EQUAL: Final = 4


def diff(
    run: Annotated[str, typer.Argument(help="Run id, or the beginning of one; the left side.")],
    other: Annotated[str | None, typer.Argument(help="The run to compare it with; the right side.")] = None,
    nearest: Annotated[
        bool,
        typer.Option("--nearest", help="Compare RUN, as the right side, with the good run most like it."),
    ] = False,
    everything: Annotated[bool, typer.Option("--all", help="With every equal step.")] = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare two runs step by step: what changed, was added or removed, and where they first differ.

    Example: spotlight diff 9c75985e 4d85b18e
    """
    from spotlight.reports import open_lake
    from spotlight.reports.nearest_good import nearest_good
    from spotlight.reports.run_diff import run_diff
    from spotlight.reports.run_diff_document import diff_document

    if nearest == (other is not None):
        raise typer.BadParameter("give a second run, or --nearest")
    reports = open_lake(existing_data(data))
    found = nearest_good(reports, run) if other is None else None
    if found is not None and found.run_id is None:
        say(f"there is no good run to compare with: {found.why}")
        raise typer.Exit(1)
    left, right = (found.run_id or "", run) if found is not None else (run, other or "")
    compared = run_diff(reports, left, right)
    if as_json:
        chosen = {"nearest": found._asdict()} if found is not None else {}
        print_json(diff_document(compared) | chosen)
        return
    if found is not None:
        say(f"left is run {left[:8]}: {found.why}")
    out.print(_totals(compared))
    out.print(_rows(compared, everything))
    _say_divergence(compared)


def _totals(compared: RunDiff) -> Table:
    headings = (
        "",
        str(compared.a.run["run_id"])[:8],
        str(compared.b.run["run_id"])[:8],
        "difference",
        "left out",
    )
    rows = [
        (
            total.name,
            *(_figure(value, total.unit) for value in (total.a, total.b)),
            _by(total),
            _missing(total),
        )
        for total in compared.totals
    ]
    return table(headings, rows, numbers=headings[1:4])


def _figure(value: float | None, unit: str) -> str:
    if unit == "usd":
        return money(value)
    return duration(value) if unit == "ms" else count(value)


def _by(total: Total) -> str:
    if total.a is None or total.b is None:
        return ""
    by = total.b - total.a
    return "=" if not by else f"{'+' if by > 0 else '-'}{_figure(abs(by), total.unit)}"


def _missing(total: Total) -> str:
    sides = {"left": total.missing_a, "right": total.missing_b}
    return ", ".join(f"{missing:,} {side} not reported" for side, missing in sides.items() if missing)


def _rows(compared: RunDiff, everything: bool) -> Table:
    lines: list[tuple[object, ...]] = []
    equal: list[Row] = []

    def flush() -> None:
        if everything or len(equal) <= _MOST_EQUAL:
            lines.extend(_line(compared, row) for row in equal)
        else:
            lines.append(
                (Text("=", style="dim"), Text(f"{len(equal):,} identical steps", style="dim"), "", "", "")
            )
        equal.clear()

    for row in compared.rows:
        if row.op == "equal":
            equal.append(row)
            continue
        flush()
        lines.append(_line(compared, row))
    flush()
    return table(("", "left", "right", "cost and time", "what differs"), lines)


def _line(compared: RunDiff, row: Row) -> tuple[object, ...]:
    a = compared.a.steps[row.a] if row.a is not None else None
    b = compared.b.steps[row.b] if row.b is not None else None
    style = _STYLES[row.op]
    differs = ", ".join(row.differs) if row.is_told else "content not recorded"
    cells = (_SIGNS[row.op], _named(a), _named(b), _changes(a, b), differs)
    return tuple(Text(one_line(cell), style=style) for cell in cells)


def _named(step: StepSide | None) -> str:
    if step is None:
        return ""
    return f"{step.step} {step.kind} {step.name}{' failed' if step.failed else ''}"


def _changes(a: StepSide | None, b: StepSide | None) -> str:
    if a is None or b is None:
        return ""
    said = []
    for before, after, unit in ((a.cost_usd, b.cost_usd, "usd"), (a.duration_ms, b.duration_ms, "ms")):
        if before is not None and after is not None and before != after:
            said.append(f"{'+' if after > before else '-'}{_figure(abs(after - before), unit)}")
    return " ".join(said)


def _say_divergence(compared: RunDiff) -> None:
    if compared.divergence is None:
        untold = sum(not row.is_told for row in compared.rows)
        said = f"; of {untold:,} steps no content was recorded" if untold else ""
        say(f"no difference: every step has its equal{said}")
        return
    out.print(Text(f"first difference: line {compared.divergence.row + 1}", style="bold"))
    deed = compared.divergence.deed_row
    if deed is None:
        out.print("  only words differ: both did the same")
    elif deed != compared.divergence.row:
        out.print(Text(f"first thing done otherwise: line {deed + 1}", style="bold"))
    context: Any = compared.divergence.context
    if context is None:
        out.print("  no model call stands before it on both sides")
        return
    for change in context.changes:
        out.print(Text(f"  {change.part}: {harmless(change.said)}"))
        for piece in change.words:
            if piece.op != "equal":
                style = "red" if piece.op == "removed" else "green"
                out.print(Text(f"    {_SIGNS[piece.op]} {one_line(piece.text)[:300]}", style=style))
    if not context.changes and context.same:
        out.print("  nothing that was recorded: the model was given the same and went another way")
    if context.unknown:
        out.print(f"  not recorded on both sides: {', '.join(context.unknown)}")
