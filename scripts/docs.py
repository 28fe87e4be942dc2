"""Write the pages of docs/ that come from the code, or say which of them are out of date.

cli.md is the help of every command; tables.md is every column of the lake, from spotlight/model.py.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from inspect import cleandoc
from pathlib import Path
from typing import Any, Final, get_args

import typer.main

from spotlight.cli.main import app
from spotlight.model import TABLES, Table

ROOT: Final = Path(__file__).resolve().parent.parent
NOTE: Final = "<!-- Written by scripts/docs: do not edit. -->"


def cli_page() -> str:
    """Return docs/cli.md: every command with its help, arguments and options."""
    intro = "Data goes to stdout, talk to stderr. Exit code: 0 ok, 1 refused or failed, 2 wrong usage."
    return (
        "\n\n".join([NOTE, "# Commands", intro, *sections(typer.main.get_command(app), "spotlight")]) + "\n"
    )


def sections(command: Any, title: str) -> Iterator[str]:
    """Yield the section of a command and of all commands below it, in their own order."""
    text = re.sub(
        r"^Example: (.+)$", r"Example: `\1`", cleandoc(command.help or "").strip(), flags=re.MULTILINE
    )
    yield f"## {title}\n\n{text}"
    rows = [
        parameter_row(parameter)
        for parameter in command.params
        if not parameter.hidden and not parameter.name.endswith("_completion")
    ]
    if rows:
        yield "\n".join(["| option | meaning | default |", "|---|---|---|", *rows])
    for name, below in getattr(command, "commands", {}).items():
        if not below.hidden:
            yield from sections(below, f"{title} {name}")


def parameter_row(parameter: Any) -> str:
    """Return the table row of one option or argument."""
    if parameter.param_type_name == "argument":
        name = (parameter.metavar or parameter.name).upper() + ("..." if parameter.nargs == -1 else "")
    else:
        value = parameter.metavar or value_name(parameter.type_descriptor.annotation)
        names = ", ".join([*parameter.opts, *parameter.secondary_opts])
        name = names if parameter.is_flag else f"{names} {value}"
    default = parameter.default
    shown = "" if default is None or default is False or callable(default) else f"`{default}`"
    if isinstance(parameter.show_default, str):
        shown = parameter.show_default
    meaning = " ".join((parameter.help or "").split()).replace("|", "\\|")
    if parameter.envvar:
        meaning = f"{meaning} (also `{parameter.envvar}`)"
    return f"| `{name}` | {meaning} | {'required' if parameter.required else shown} |"


def value_name(annotation: Any) -> str:
    """Return what stands for an option's value: N for a number, PATH for a path, TEXT else."""
    types = {annotation, *get_args(annotation)}
    return "N" if types & {int, float} else "PATH" if Path in types else "TEXT"


def tables_page() -> str:
    """Return docs/tables.md: every table of the lake with its columns."""
    intro = (
        "The tables of the lake and their columns. `spotlight query` reads them by these names. Time is ns "
        "since 1970 UTC, ids are lowercase hex, and a missing value is NULL and never 0. `tenant` and `date` "
        "are the partitions."
    )
    return "\n\n".join([NOTE, "# Tables", intro, *map(table_section, TABLES.values())]) + "\n"


def table_section(table: Table) -> str:
    """Return the section of one table."""
    rows = [f"| `{column.name}` | {column.type} | {column.doc} |" for column in table.columns]
    grain = table.grain[0].upper() + table.grain[1:]
    return "\n".join(
        [f"## {table.name}", "", f"{grain}.", "", "| column | type | meaning |", "|---|---|---|", *rows]
    )


PAGES: Final[dict[str, Callable[[], str]]] = {"docs/cli.md": cli_page, "docs/tables.md": tables_page}


def stale_pages() -> list[str]:
    """Return the pages whose text is not what the code says."""
    return [
        name
        for name, page in PAGES.items()
        if not (ROOT / name).is_file() or (ROOT / name).read_text(encoding="utf-8") != page()
    ]


def main() -> int:
    """Return the exit code: 1 when --check finds a page out of date."""
    stale = stale_pages()
    if "--check" in sys.argv[1:]:
        for name in stale:
            print(f"{name} is out of date: run scripts/docs", file=sys.stderr)
        return 1 if stale else 0
    for name in stale:
        (ROOT / name).parent.mkdir(exist_ok=True)
        (ROOT / name).write_text(PAGES[name](), encoding="utf-8")
        print(f"wrote {name}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
