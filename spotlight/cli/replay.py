"""`spotlight replay`: run recorded runs again with something changed, and look after what goes on."""

from __future__ import annotations

import typer

replay = typer.Typer(
    name="replay",
    help="Run recorded runs again with another model, prompt or pack. Recorded tools are never run.",
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
