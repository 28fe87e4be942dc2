"""`spotlight replay compare ID`: what the variants of a replay changed, by how much, and how sure that is."""

from __future__ import annotations

import io
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.text import Text

from spotlight.cli.options import DataOption, JsonOption, existing_data
from spotlight.cli.output import one_line, out, print_json, say, table
from spotlight.cli.replay import replay
from spotlight.cli.report_forms import Form, deliver, form_of, print_section, report_bytes
from spotlight.errors import BadRequest, NotFound, SpotlightError

if TYPE_CHECKING:
    from replay.experiment import Experiment
    from replay.experiment_case import CaseView, Cell
    from spotlight.reports import Reports
    from spotlight.reports.statistics import Better

_SIGNS: Final = {"equal": "=", "changed": "~", "added": "+", "removed": "-"}
_STYLES: Final = {"equal": "dim", "changed": "yellow", "added": "green", "removed": "red"}
_FORMS: Final = (Form.TABLE, Form.JSON, Form.CSV, Form.HTML)


@replay.command()
def compare(
    replay_id: Annotated[str, typer.Argument(metavar="ID", help="Id of a replay, or the beginning of one.")],
    against: Annotated[
        str | None,
        typer.Option(
            "--against",
            metavar="VARIANT",
            help="Hold against this one, or against `as recorded`; not the baseline.",
        ),
    ] = None,
    lower: Annotated[
        list[str] | None,
        typer.Option("--lower-is-better", metavar="SCORE", help="Less of it is better; may be repeated."),
    ] = None,
    higher: Annotated[
        list[str] | None,
        typer.Option("--higher-is-better", metavar="SCORE", help="More is better, whatever its name says."),
    ] = None,
    case: Annotated[
        int | None, typer.Option("--case", min=1, metavar="N", help="Show this case side by side, by step.")
    ] = None,
    repeat: Annotated[int, typer.Option("--repeat", min=1, help="Of the case, the runs of this repeat.")] = 1,
    form: Annotated[
        Form, typer.Option("--format", help="table, json, csv, or html: one file that opens offline.")
    ] = Form.TABLE,
    section: Annotated[
        str | None, typer.Option(help="The table that CSV holds: changes (default) or cases.")
    ] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Write to this file.")] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare the variants of a replay, case by case, with what is only noise.

    Differences are paired by case against the unchanged baseline, or against what was recorded. Cases stand
    in the order of their regression.

    Example: spotlight replay compare 3f0c

    Example: spotlight replay compare 3f0c --case 1

    Example: spotlight replay compare 3f0c -o report.html
    """
    from replay.experiment import experiment
    from spotlight.reports import open_lake

    chosen = form_of(Form.JSON if as_json else form, output)
    if chosen not in _FORMS:
        raise BadRequest(f"a comparison has no form {chosen.value}", hint="table, json, csv or html")
    folder = existing_data(data)
    reports = open_lake(folder)
    found = experiment(folder, reports, replay_id)
    reference = None if against is None else _side(found, against)
    found = _directed(found, lower or (), higher or ())
    if case is None:
        _write(found, reference, chosen, section, output)
    else:
        _show_case(reports, found, case, repeat, as_json=chosen is Form.JSON)


def _side(found: Experiment, said: str) -> str:
    """Return what a side is known by that is called so. Raises: SpotlightError where none is."""
    from replay.experiment import ORIGINAL
    from replay.experiment_report import name_of

    sides = {name_of(side): side for side in (ORIGINAL, *found.variants)}
    if said not in sides:
        raise SpotlightError(
            f"replay {found.sealed.id} has no variant {said!r}", hint=f"one of {', '.join(sides)}"
        )
    return sides[said]


def _show_case(reports: Reports, found: Experiment, case: int, repeat: int, *, as_json: bool) -> None:
    """Print a case side by side. Raises: NotFound for a case or repeat that the experiment lacks."""
    from replay.experiment_case import case_view
    from replay.experiment_document import case_document

    for what, number, count in (
        ("case", case, len(found.rows)),
        ("repeat", repeat, found.sealed.plan.repeat),
    ):
        if number > count:
            raise NotFound(
                f"replay {found.sealed.id} has no {what} {number}", hint=f"its {what}s are 1 to {count}"
            )
    view = case_view(reports, found, case - 1, repeat)
    print_json(case_document(view)) if as_json else _print_case(view)


def _directed(found: Experiment, lower: Sequence[str], higher: Sequence[str]) -> Experiment:
    """Return the experiment with what is said of its scores. Raises: SpotlightError for one that it lacks."""
    from replay.experiment import score_names

    known = score_names(found)
    for name in (*lower, *higher):
        if name not in known:
            raise SpotlightError(
                f"no run of replay {found.sealed.id} has a score {name!r}",
                hint=f"one of {', '.join(known)}" if known else "none of its runs has a score",
            )
    both = sorted(set(lower) & set(higher))
    if both:
        raise SpotlightError(f"{both[0]!r} cannot be better lower and higher", hint="say one of them")
    said: dict[str, Better] = {**dict.fromkeys(lower, "lower"), **dict.fromkeys(higher, "higher")}
    return found._replace(better=said)


def _write(
    found: Experiment, against: str | None, form: Form, section: str | None, output: Path | None
) -> None:
    from replay.experiment_document import experiment_document
    from replay.experiment_report import experiment_report

    report = experiment_report(found, time.time_ns(), against)
    if form is Form.JSON:
        deliver(_json(experiment_document(found, against)), form, output)
    elif form is Form.TABLE:
        say(f"replay {found.sealed.id}: {found.progress.state}; – means not reported or not known")
        for part in report.sections:
            print_section(part)
        say(f"a case side by side: `spotlight replay compare {found.sealed.id} --case N`")
    else:
        deliver(report_bytes([report], form, section), form, output)


def _json(document: dict[str, Any]) -> bytes:
    import orjson

    from spotlight.exact_json import plain

    stream = io.BytesIO()
    stream.write(orjson.dumps(plain(document), option=orjson.OPT_INDENT_2, default=str) + b"\n")
    return stream.getvalue()


def _print_case(view: CaseView) -> None:
    from replay.experiment_report import name_of

    out.print(Text(one_line(f"case {view.row.case_no + 1}: run {view.row.case.run_id} {view.row.name}")))
    for side in view.sides[1:]:
        trial = side.trial
        ended = trial.outcome or "not ended"
        where = f" at step {trial.at_step}" if trial.at_step else ""
        said = f"{trial.same} of {trial.compared} steps decide as recorded"
        first = "" if side.first is None else f"; first divergence: line {side.first + 1}"
        line = f"{side.variant}: run {trial.run_id[:8]} {ended}{where}; {said}{first}"
        out.print(Text(one_line(line)))
    headings = ("", *(name_of(side.variant) for side in view.sides))
    rows = [
        (
            str(at),
            *(_cell(cell, at - 1 == side.first) for cell, side in zip(line.cells, view.sides, strict=True)),
        )
        for at, line in enumerate(view.lines, 1)
    ]
    out.print(table([one_line(heading) for heading in headings], rows))
    if view.missing:
        say(f"no run to show of: {', '.join(view.missing)}")


def _cell(cell: Cell | None, is_first: bool) -> Text:
    if cell is None:
        return Text("")
    told = [
        cell.step.name,
        *(["failed"] if cell.step.failed else []),
        *([f"[{cell.rung}]"] if cell.rung else []),
    ]
    differs = f" ({', '.join(cell.differs)})" if cell.differs else ""
    sign = "▶" if is_first else _SIGNS[cell.op]
    return Text(
        one_line(f"{sign} {' '.join(told)}{differs}"), style="bold red" if is_first else _STYLES[cell.op]
    )
