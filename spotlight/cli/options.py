"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

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
RedactOption = Annotated[
    bool, typer.Option("--redact", help="Put marks in the place of keys, addresses and numbers.")
]
RulesOption = Annotated[
    Path | None,
    typer.Option("--redact-file", help="Redact by these rules, too: YAML, see docs/case-files.md."),
]


def settings(**flags: object) -> Settings:
    """Return the settings with the flags that were given; a flag that is None was not given.

    Raises: SpotlightError naming the first setting whose value cannot be used, or the file.
    """
    from tomllib import TOMLDecodeError

    from pydantic import ValidationError
    from pydantic_settings import SettingsError

    try:
        return Settings(**{name: value for name, value in flags.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as exc:
        first = exc.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise SpotlightError(
            f"setting {name!r} cannot be {first['input']!r}: {first['msg']}",
            hint=_WHERE,
        ) from exc
    except (TOMLDecodeError, UnicodeDecodeError) as exc:
        raise SpotlightError(
            f"spotlight.toml cannot be read: {exc}", hint="it must be TOML in UTF-8"
        ) from exc
    except SettingsError as exc:
        raise SpotlightError(f"a setting cannot be read: {exc}", hint=_WHERE) from exc


_WHERE: Final = "see the flags, the SPOTLIGHT_* variables and spotlight.toml"


def read_folder(data: Path | None) -> Path:
    """Return the data folder to look into, which may not be there yet.

    Raises: SpotlightError where something else than a folder has its name.
    """
    folder = settings(data=data).data
    if folder.exists() and not folder.is_dir():
        raise SpotlightError(f"{folder} is not a folder", hint="name the data folder with --data")
    return folder


def existing_data(data: Path | None) -> Path:
    """Return the data folder to read from.

    Raises: SpotlightError where there is no lake in it yet.
    """
    folder = read_folder(data)
    if not (folder / "lake").is_dir():
        raise SpotlightError(
            f"no lake in {folder}",
            hint="load something with `spotlight load PATH --data DIR`, or name the folder with --data",
        )
    return folder
