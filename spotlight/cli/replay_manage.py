"""`spotlight replay list|status|resume|cancel`: looking after replays that were begun."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from spotlight.cli.options import DataOption, JsonOption, existing_data
from spotlight.cli.output import UNKNOWN, count, money, one_line, out, print_json, say, table, when
from spotlight.cli.replay import replay
from spotlight.errors import SpotlightError

if TYPE_CHECKING:
    from replay.plan import Sealed

_CALL: Final = ("state", "run", "variant", "repeat", "step", "started_ns", "usd", "error")
_CALL_HEADINGS: Final = ("call", "run", "variant", "repeat", "step", "began", "may have cost", "error")
IdArgument = Annotated[str, typer.Argument(metavar="ID", help="Id of a replay, or the beginning of one.")]


@replay.command(name="list")
def list_replays(data: DataOption = None, as_json: JsonOption = False) -> None:
    """List replays with how far they are and what they cost, the newest last.

    Example: spotlight replay list
    """
    from replay.progress import read_progress
    from replay.sealing import folders, load
    from spotlight.cli.replay_work import progress_document

    root = existing_data(data)
    rows = []
    for folder in folders(root):
        _, sealed = load(root, folder.name)
        rows.append((sealed, read_progress(folder)))
    if as_json:
        print_json([progress_document(sealed, done) for sealed, done in rows])
        return
    headings = ("replay", "state", "mode", "runs", "variants", "ended", "items", "spent", "began")
    cells = [
        (
            sealed.id, done.state, sealed.plan.mode, count(len(sealed.cases)),
            one_line(", ".join(variant.name for variant in sealed.plan.all_variants())),
            count(done.ended), count(done.items), money(float(done.spent_usd)), when(done.started_ns),
        )
        for sealed, done in rows
    ]  # fmt: skip
    out.print(table(headings, cells, numbers=("runs", "ended", "items", "spent")))


@replay.command()
def status(replay_id: IdArgument, data: DataOption = None, as_json: JsonOption = False) -> None:
    """Show how far a replay is, what it cost, and which items and calls did not end well.

    Example: spotlight replay status 3f0c
    """
    from replay.progress import NotComplete, read_not_complete, read_progress
    from replay.sealing import load
    from spotlight.cli.replay_work import print_progress, progress_document

    folder, sealed = load(existing_data(data), replay_id)
    done = read_progress(folder)
    odd = read_not_complete(folder, [case.run_id for case in sealed.cases])
    calls = _unanswered(folder, sealed, done.is_running)
    if as_json:
        told = {"not_complete": [item._asdict() for item in odd], "unanswered": calls}
        print_json(progress_document(sealed, done) | told)
        return
    print_progress(sealed, done)
    if odd:
        out.print(table(NotComplete._fields, [[_cell(value) for value in item] for item in odd]))
    if calls:
        out.print()
        out.print(table(_CALL_HEADINGS, [_call_cells(call) for call in calls], numbers=_CALL_HEADINGS[3:5]))


def _unanswered(folder: Path, sealed: Sealed, is_running: bool) -> list[dict[str, object]]:
    """Return the calls that failed or were lost, each with what it may have cost."""
    from replay.progress import read_attempts, read_items

    items = {state.item.item: state.item for state in read_items(folder)}
    found: list[dict[str, object]] = []
    for tried in read_attempts(folder):
        state = "lost" if tried.state == "started" and not is_running else tried.state
        if state in ("failed", "lost"):
            item = items[tried.item]
            usd = tried.cost_usd if state == "failed" else tried.reserved_usd
            values = (
                state, sealed.cases[item.case_no].run_id, item.variant, item.repeat, tried.step,
                tried.started_ns, None if usd is None else float(usd), tried.error,
            )  # fmt: skip
            found.append(dict(zip(_CALL, values, strict=True)))
    return found


def _call_cells(call: dict[str, object]) -> list[str]:
    shown = {"usd": money, "started_ns": when}
    return [shown.get(name, _cell)(value) for name, value in call.items()]


def _cell(value: object) -> str:
    return UNKNOWN if value is None else one_line(value)


@replay.command()
def resume(
    replay_id: IdArgument,
    budget: Annotated[
        str | None, typer.Option("--budget", metavar="USD", help="Raise the budget to this.")
    ] = None,
    retry: Annotated[bool, typer.Option("--retry", help="Try what failed once more.")] = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Go on with a replay that was killed, cancelled or ran out of money.

    What was answered is not asked again; calls that were in flight when it was killed are.

    Example: spotlight replay resume 3f0c --budget 20
    """
    from replay.sealing import load
    from replay.typed import usd_of
    from spotlight.cli.replay_work import work_on

    root = existing_data(data)
    folder, sealed = load(root, replay_id)
    usd = None if budget is None else usd_of(budget)
    work_on(folder, root, sealed, budget=usd, retry=retry, as_json=as_json)


@replay.command()
def cancel(replay_id: IdArgument, data: DataOption = None) -> None:
    """Ask a replay to stop; calls in flight are still awaited, and `resume` goes on.

    Example: spotlight replay cancel 3f0c
    """
    from replay.progress import cancel as ask_to_stop
    from replay.progress import is_running
    from replay.sealing import load

    folder, sealed = load(existing_data(data), replay_id)
    if not is_running(folder):
        raise SpotlightError(f"replay {sealed.id} is not running", hint="see `spotlight replay list`")
    ask_to_stop(folder)
    say(f"replay {sealed.id} was asked to stop")
