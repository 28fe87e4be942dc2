"""The `spotlight` command: its commands, and the one place that turns errors into output."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated, NoReturn

import typer

from spotlight.cli import (
    check,
    context,
    cost,
    diff,
    doctor,
    export,
    find,
    lift,
    load,
    note,
    packs,
    part,
    query,
    replay,
    replay_compare,
    replay_export,
    replay_inspect,
    replay_manage,
    replay_run,
    replay_serve,
    report,
    runs,
    score,
    show,
    status,
    up,
)
from spotlight.cli.frames import keep_pandas_out
from spotlight.cli.output import err, harmless, say
from spotlight.errors import SpotlightError

app = typer.Typer(
    name="spotlight",
    help="See what LLM agents did, what it cost and why it failed. Data goes to stdout, talk to stderr.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for name, command in (
    ("up", up.up),
    ("load", load.load),
    ("export", export.export),
    ("runs", runs.runs),
    ("find", find.find),
    ("show", show.show),
    ("context", context.context),
    ("diff", diff.diff),
    ("lift", lift.lift),
    ("score", score.score),
    ("note", note.note),
    ("packs", packs.packs),
    ("report", report.report),
    ("check", check.check),
    ("query", query.query),
    ("status", status.status),
    ("doctor", doctor.doctor),
    ("part", part.part),
):
    app.command(name)(command)
app.add_typer(cost.cost, name="cost")
for commands in (
    replay,
    replay_compare,
    replay_export,
    replay_inspect,
    replay_run,
    replay_manage,
    replay_serve,
):  # each adds its own to the first
    assert commands.replay is replay.replay
app.add_typer(replay.replay, name="replay")


def _print_version(wanted: bool) -> None:
    if wanted:
        try:
            typer.echo(f"spotlight {version('spotlight')}")
        except PackageNotFoundError:
            typer.echo("spotlight (not installed)")
        raise typer.Exit


@app.callback()
def root(
    show_version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """See what LLM agents did, what it cost and why it failed. Data goes to stdout, talk to stderr."""


def main() -> None:
    """Run the command line in a process of its own."""
    keep_pandas_out()
    run()


@cache
def _program() -> Callable[[], object]:
    """Return what reads the words typed: 45 ms of processor time to make, kept for callers in one process."""
    return typer.main.get_command(app)


def run() -> None:
    """Run what was typed; expected errors become one clear message and exit code 1, Ctrl-C 130."""
    try:
        try:
            _program()()
        finally:
            sys.stdout.flush()
    except SpotlightError as exc:
        _fail(exc.message, exc.hint)
    except BrokenPipeError:
        # Whoever read our output has gone, and there is nobody to tell; other pipes and sockets are
        # dealt with where they are used. What is still buffered must not fail again at the very end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as exc:
        if exc.filename is None:
            raise
        _fail(
            f"{exc.filename}: {exc.strerror}", "check the folder, its permissions and the space on its disk"
        )
    except KeyboardInterrupt:
        sys.exit(130)


def _fail(message: str, hint: str) -> NoReturn:
    err.print(f"error: {harmless(message)}", style="red", soft_wrap=True)
    if hint:
        say(f"hint:  {hint}")
    sys.exit(1)
