"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from spotlight.errors import SpotlightError
from spotlight.settings import Settings

DataOption = Annotated[
    Path | None,
    typer.Option(
        "--data", help="Folder with journal and lake.", show_default="SPOTLIGHT_DATA or ./spotlight-data"
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON on stdout, for programs.")]


def settings(**flags: object) -> Settings:
    """Return the settings with the flags that were given; a flag that is None was not given.

    Raises: SpotlightError naming the first setting whose value cannot be used.
    """
    from pydantic import ValidationError

    try:
        return Settings(**{name: value for name, value in flags.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as exc:
        first = exc.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise SpotlightError(
            f"setting {name!r} cannot be {first['input']!r}: {first['msg']}",
            hint="see the flags, the SPOTLIGHT_* variables and spotlight.toml",
        ) from exc


def existing_data(data: Path | None) -> Path:
    """Return the data folder to read from.

    Raises: SpotlightError where there is no lake in it yet.
    """
    folder = settings(data=data).data
    if not (folder / "lake").is_dir():
        raise SpotlightError(
            f"no lake in {folder}",
            hint="load something with `spotlight load PATH --data DIR`, or name the folder with --data",
        )
    return folder
