"""Printing: tables for people, JSON for programs, and text from spans made harmless."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import orjson
from rich.console import Console
from rich.table import Table
from rich.text import Text

from spotlight import figures
from spotlight.exact_json import plain

UNKNOWN: Final = "unknown"
STATUS_STYLES: Final = {"ok": "green", "error": "bold red", "incomplete": "yellow"}

# Into a file or a pipe, lines are as long as they are; on a terminal, long cells are cut.
out = Console(highlight=False, emoji=False, markup=False, width=None if sys.stdout.isatty() else 2000)
err = Console(stderr=True, highlight=False, emoji=False, markup=False)


def say(message: str) -> None:
    """Tell the person something, on stderr."""
    err.print(Text(harmless(message)), soft_wrap=True)


def print_json(value: object) -> None:
    """Print a value as JSON on stdout; integers beyond JavaScript's exact range are text."""
    sys.stdout.write(orjson.dumps(plain(value), option=orjson.OPT_INDENT_2, default=str).decode() + "\n")


def harmless(value: object) -> str:
    """Return text that cannot drive the terminal, lines kept.

    Controls (C0, C1, escape) and what reorders or hides text are shown by their code; every space, and
    the joiners that CJK, Indic scripts and emoji are written with, stay.
    """
    return "".join(c if c.isprintable() or c in _KEPT else _shown(c) for c in str(value))


def one_line(value: object) -> str:
    """Return harmless text for a table cell: the ends of its lines become a visible sign."""
    return harmless(str(value).replace("\r\n", "\n")).replace("\n", "↵")


# Line end, zero width non-joiner and joiner, and the spaces (category Zs) that Python calls not printable.
_KEPT: Final = frozenset("\n\u200c\u200d\u00a0\u1680\u202f\u205f\u3000") | set(
    map(chr, range(0x2000, 0x200B))
)


def _shown(character: str) -> str:
    if character in "\t\r":
        return " "
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def table(
    headings: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    numbers: Iterable[str] = (),
    most: Mapping[str, int] | None = None,
    rest: str = "",
) -> Table:
    """Return a table whose cells are plain text, one line each; columns named in `numbers` align right.

    `most` bounds the width of columns; the column `rest` gets what the others leave, and alone shrinks.
    """
    apart = (0, 1, 0, 0) if rest else (0, 1)
    made = Table(box=None, header_style="bold", pad_edge=False, expand=bool(rest), padding=apart)
    right, widest = set(numbers), most or {}
    for heading in headings:
        made.add_column(
            heading, justify="right" if heading in right else "left", no_wrap=True, overflow="ellipsis",
            max_width=widest.get(heading), ratio=1 if heading == rest else None,
        )  # fmt: skip
    for row in rows:
        made.add_row(*[cell if isinstance(cell, Text) else Text(one_line(cell)) for cell in row])
    return made


def status(word: object) -> Text:
    """Return a run's status in its colour."""
    return Text(one_line(word), style=STATUS_STYLES.get(str(word), ""))


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
    return figures.duration(ms)


def money(usd: object) -> str:
    """Return an amount in USD as a short text; what is not known says so."""
    return figures.money(usd) if isinstance(usd, int | float) else UNKNOWN


def count(value: object) -> str:
    """Return a number with thousands separated; what is not known says so."""
    return UNKNOWN if value is None else f"{value:,}"
