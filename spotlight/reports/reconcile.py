"""Recorded usage held against a provider's own export, by UTC day and model."""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, NamedTuple

from spotlight.pricing.names import UNKNOWN, named, provider_id, spellings
from spotlight.reports.provider_exports import Entry, Export, read_export
from spotlight.reports.questions import Reports

MISSING_HERE: Final = "not recorded"
MISSING_THERE: Final = "not in the export"
_SPLIT: Final = re.compile(r"[^a-z0-9]+")


class Row(NamedTuple):
    """One figure on both sides; None where a side has nothing. difference = ours - theirs."""

    day: str
    model: str | None
    measure: str
    ours: float | None
    theirs: float | None
    difference: float | None
    note: str


class Reconciled(NamedTuple):
    """A comparison over the days of the export."""

    shape: str
    provider: str
    first_day: str
    last_day: str
    steps: int  # recorded model calls of the provider on these days
    rows: list[Row]
    unknown_columns: list[str]
    notes: list[str]


def reconcile(reports: Reports, path: Path) -> Reconciled:
    """Return recorded usage beside that of an export. Raises: UnreadableFile."""
    export = read_export(path)
    days = sorted({entry.day for entry in export.entries})
    if not days:
        days = [dt.date(1970, 1, 1).isoformat()]
    window = {"since_ns": _midnight_ns(days[0]), "until_ns": _midnight_ns(days[-1], 1)}
    recorded = [
        row
        for row in reports.ask("reconcile_steps", window).to_pylist()
        if _billed_by(row) == export.shape.provider
    ]
    rows = list(_rows(export, recorded))
    return Reconciled(
        export.shape.name, export.shape.provider, days[0], days[-1], sum(row["calls"] for row in recorded),
        rows, export.unknown_columns, _notes(export, recorded),
    )  # fmt: skip


def model_key(model: str) -> str:
    """Return what spellings of a model have in common: its words without date, in any order.

    `Claude Sonnet 4.5`, `claude-sonnet-4-5` and `claude-sonnet-4-5-20250929` are one model.
    """
    bare = list(spellings(named(model).model))[-1]
    return "-".join(sorted(filter(None, _SPLIT.split(bare))))


def _rows(export: Export, recorded: list[dict[str, Any]]) -> Iterator[Row]:
    theirs: dict[tuple[str, str | None, str], Decimal] = defaultdict(Decimal)
    names: dict[str, str] = {}
    whole = all(entry.model is None for entry in export.entries)
    for entry in export.entries:
        theirs[entry.day, _named(entry, names), entry.measure] += entry.value
    measures = list(dict.fromkeys(measure for measure, _ in export.shape.measures.values()))
    ours = _ours(recorded, measures, names, whole=whole)
    for day, key, measure in sorted(theirs.keys() | ours.keys(), key=str):
        there = theirs.get((day, key, measure))
        here = ours.get((day, key, measure))
        if not there and here is None:
            continue  # 0 there and nothing here agree
        yield _row(day, names.get(key, key) if key else None, measure, here, there)


def _named(entry: Entry, names: dict[str, str]) -> str | None:
    if entry.model is None:
        return None
    key = model_key(entry.model)
    names.setdefault(key, entry.model)
    return key


def _ours(
    recorded: list[dict[str, Any]], measures: list[str], names: dict[str, str], *, whole: bool
) -> dict[tuple[str, str | None, str], float]:
    sums: dict[tuple[str, str | None, str], float] = {}
    for row in recorded:
        key = None
        if not whole:
            key = model_key(row["model"] or "")
            names.setdefault(key, row["model"] or "")
        for measure in measures:
            if row[measure] is not None:
                place = (row["day"], key, measure)
                sums[place] = sums.get(place, 0.0) + float(row[measure])
    return sums


def _row(day: str, model: str | None, measure: str, here: float | None, there: Decimal | None) -> Row:
    note = ""
    if here is None:
        note = MISSING_HERE
    elif there is None:
        note = MISSING_THERE
    other = None if there is None else float(there)
    difference = None if here is None or other is None else here - other
    return Row(day, model, measure, here, other, difference, note)


def _billed_by(row: Mapping[str, Any]) -> str:
    """Return the provider that a call is billed by: as it was priced, else as the telemetry says."""
    said = provider_id(row["provider"])
    return said if said not in ("", UNKNOWN) and not row["priced_by"] else str(row["priced_by"] or said)


def _notes(export: Export, recorded: list[dict[str, Any]]) -> list[str]:
    notes = []
    if export.has_more:
        notes.append("the export's last page says that there are more pages: days may be missing in it")
    if export.unknown_columns:
        notes.append(f"columns that are not known and were not compared: {', '.join(export.unknown_columns)}")
    unpriced = sum(row["unpriced"] for row in recorded)
    if unpriced:
        notes.append(f"{unpriced:,} recorded calls have no price: their cost is missing on our side")
    if not recorded:
        notes.append(f"no recorded call of {export.shape.provider} on these days")
    return notes


def _midnight_ns(day: str, days: int = 0) -> int:
    at = dt.datetime.fromisoformat(day).replace(tzinfo=dt.UTC) + dt.timedelta(days=days)
    return int(at.timestamp()) * 1_000_000_000
