"""`spotlight packs`: which versions of which packs ran, and whether version and content agree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final

import typer
from rich.table import Table

from spotlight.cli.options import DataOption, JsonOption, existing_data
from spotlight.cli.output import count, out, print_json, say, table, when
from spotlight.cli.query import MOST_ROWS

_HEADINGS: Final = (
    "pack", "version", "source", "digests", "runs", "failed", "first seen (UTC)", "last seen (UTC)", "note",
)  # fmt: skip
_FEW_HEADINGS: Final = ("pack", "version", "runs", "failed", "last seen (UTC)", "note")
# On a narrower terminal the columns that tell versions apart and what is odd must do.
_WIDE: Final = 190
_SHOWN_DIGITS: Final = 12
_SHOWN: Final = 3


def packs(
    pack: Annotated[str | None, typer.Option(help="Only versions of this pack.")] = None,
    flagged: Annotated[
        bool, typer.Option("--flagged", help="Only versions that do not agree with their content.")
    ] = False,
    limit: Annotated[int, typer.Option("-n", "--limit", min=1, max=MOST_ROWS, help="At most so many.")] = 50,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """List packs and their versions, the one that ran last first.

    The note names a declared version that ran with different content (system instructions, tools or
    model), and a new version whose content ran before under another.

    Example: spotlight packs --pack renewal-agent --flagged
    """
    from spotlight.reports import open_lake

    rows = open_lake(existing_data(data)).packs(pack, limit=MOST_ROWS).to_pylist()
    chosen = [row for row in rows if not flagged or note(row)]
    if as_json:
        print_json(chosen[:limit])
        return
    if not chosen:
        say("no packs" + (" match" if rows or pack else " yet"))
        return
    out.print(packs_table(chosen[:limit], out.width, fit=out.is_terminal))
    if len(chosen) > limit:
        say(f"{limit} of {len(chosen):,} versions; see more with -n")


def packs_table(rows: list[dict[str, Any]], width: int, *, fit: bool = True) -> Table:
    """Return the table of some versions for a terminal so many columns wide; without `fit`, all of it."""
    numbers = ("runs", "failed")
    if not fit:
        return table(_HEADINGS, map(_cells, rows), numbers=numbers)
    if width >= _WIDE:
        most = {"pack": 22, "version": 18, "digests": 34, "note": 40}
        return table(_HEADINGS, map(_cells, rows), numbers=numbers, most=most, rest="source")
    few = ([dict(zip(_HEADINGS, _cells(row), strict=True))[name] for name in _FEW_HEADINGS] for row in rows)
    return table(_FEW_HEADINGS, few, numbers=numbers, most={"pack": width // 4, "version": 16}, rest="note")


def note(row: dict[str, Any]) -> str:
    """Return what is odd about a version, "" for nothing."""
    notes = []
    if row["same_version_different_content"]:
        notes.append("same version, different content")
    if row["same_content_as"]:
        notes.append(f"same content, new version: as {', '.join(row['same_content_as'])}")
    return "; ".join(notes)


def _cells(row: dict[str, Any]) -> list[object]:
    return [
        row["pack_name"] or "-",
        row["pack_version"] or "-",
        ", ".join(_few(row["sources"] or ())) or "-",
        _digests(row),
        count(row["runs"]),
        count(row["failed_runs"]),
        when(row["first_seen_ns"]),
        when(row["last_seen_ns"]),
        note(row),
    ]


def _digests(row: dict[str, Any]) -> str:
    """Return the beginnings of the digests; runs whose content is unknown are said to be there."""
    short = [digest.removeprefix("sha256:")[:_SHOWN_DIGITS] for digest in row["digests"] or ()]
    unknown = [f"{row['runs_without_digest']} unknown"] if row["runs_without_digest"] and short else []
    return ", ".join([*_few(short), *unknown]) or "unknown"


def _few(words: Sequence[str]) -> list[str]:
    """Return the first words, and how many more there are; --json has them all."""
    more = [f"and {len(words) - _SHOWN} more"] if len(words) > _SHOWN else []
    return [*words[:_SHOWN], *more]
