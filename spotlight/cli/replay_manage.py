"""`spotlight replay list|status|resume|cancel`: looking after replays that were begun."""

from __future__ import annotations

from typing import Annotated

import typer

from spotlight.cli.options import DataOption, JsonOption, existing_data
from spotlight.cli.output import count, money, one_line, out, print_json, say, table, when
from spotlight.cli.replay import replay
from spotlight.errors import SpotlightError

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
    """Show how far a replay is, what it cost, and which of its items did not end well.

    Example: spotlight replay status 3f0c
    """
    from replay.progress import NotComplete, read_not_complete, read_progress
    from replay.sealing import load
    from spotlight.cli.replay_work import print_progress, progress_document

    folder, sealed = load(existing_data(data), replay_id)
    done = read_progress(folder)
    odd = read_not_complete(folder, [case.run_id for case in sealed.cases])
    if as_json:
        print_json(progress_document(sealed, done) | {"not_complete": [item._asdict() for item in odd]})
        return
    print_progress(sealed, done)
    if odd:
        out.print(table(NotComplete._fields, [[one_line(value) for value in item] for item in odd]))


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
