"""Printing: tables for people, JSON for programs, and text from spans made harmless."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Iterable, Sequence
from typing import Final

import orjson
from rich.console import Console
from rich.table import Table
from rich.text import Text

from spotlight.exact_json import plain

UNKNOWN: Final = "unknown"
STATUS_STYLES: Final = {"ok": "green", "error": "bold red", "incomplete": "yellow"}

# Into a file or a pipe, lines are as long as they are; on a terminal, long cells are cut.
out = Console(highlight=False, emoji=False, markup=False, width=None if sys.stdout.isatty() else 2000)
err = Console(stderr=True, highlight=False, emoji=False, markup=False)


def say(message: str) -> None:
    """Tell the person something, on stderr."""
    err.print(Text(harmless(message)))


def print_json(value: object) -> None:
    """Print a value as JSON on stdout; integers beyond JavaScript's exact range are text."""
    sys.stdout.write(orjson.dumps(plain(value), option=orjson.OPT_INDENT_2, default=str).decode() + "\n")


def harmless(value: object) -> str:
    """Return text without control characters: span text must not drive the terminal."""
    return "".join(c if c.isprintable() or c == "\n" else _shown(c) for c in str(value))


def _shown(character: str) -> str:
    return " " if character in "\t\r" else f"\\x{ord(character):02x}"


def table(headings: Sequence[str], rows: Iterable[Sequence[object]], *, numbers: Iterable[str] = ()) -> Table:
    """Return a table whose cells are plain text; columns named in `numbers` align right."""
    made = Table(box=None, header_style="bold", pad_edge=False)
    right = set(numbers)
    for heading in headings:
        made.add_column(
            heading, justify="right" if heading in right else "left", no_wrap=True, overflow="ellipsis"
        )
    for row in rows:
        made.add_row(*[cell if isinstance(cell, Text) else Text(harmless(cell)) for cell in row])
    return made


def status(word: object) -> Text:
    """Return a run's status in its colour."""
    return Text(harmless(word), style=STATUS_STYLES.get(str(word), ""))


def when(ns: object) -> str:
    """Return a time as UTC text to the second."""
    if not isinstance(ns, int):
        return UNKNOWN
    try:
        return dt.datetime.fromtimestamp(ns / 1e9, dt.UTC).strftime("%Y-%m-%d %H:%M:%S")
    except (OverflowError, ValueError, OSError):
        return f"{ns} ns"


def duration(ms: object) -> str:
    """Return milliseconds as a short text."""
    if not isinstance(ms, int | float):
        return UNKNOWN
    for limit, unit, size in ((1e3, "ms", 1.0), (6e4, "s", 1e3), (3.6e6, "min", 6e4)):
        if ms < limit:
            return f"{ms / size:.3g} {unit}"
    return f"{ms / 3.6e6:.3g} h"


def count(value: object) -> str:
    """Return a number with thousands separated; what is not known says so."""
    return UNKNOWN if value is None else f"{value:,}"


def size(value: int) -> str:
    """Return bytes as a short text."""
    number = float(value)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if number < 1024:
            return f"{number:.3g} {unit}"
        number /= 1024
    return f"{number:.3g} TiB"
