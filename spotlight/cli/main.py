"""The `spotlight` command: its commands, and the one place that turns errors into output."""

from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated

import typer

from spotlight.cli import doctor, load, part, query, runs, show, status, up
from spotlight.cli.output import err, harmless
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
    ("runs", runs.runs),
    ("show", show.show),
    ("query", query.query),
    ("status", status.status),
    ("doctor", doctor.doctor),
    ("part", part.part),
):
    app.command(name)(command)


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
    """Run the command line; expected errors become one clear message and exit code 1."""
    try:
        app()
    except SpotlightError as exc:
        err.print(f"error: {harmless(exc.message)}", style="red")
        if exc.hint:
            err.print(f"hint:  {harmless(exc.hint)}")
        sys.exit(1)
    except BrokenPipeError:
        sys.stderr.close()  # whoever read our output has gone; there is nobody to tell
        sys.exit(1)
