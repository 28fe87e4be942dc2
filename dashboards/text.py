"""How text from spans is made safe for Markdown, and how figures are written for people.

A figure that was not reported is written "unknown": 0 would be a claim.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Final

from spotlight import figures

if TYPE_CHECKING:
    from dashboards.clock import Zone

UNKNOWN: Final = "unknown"
NOTHING: Final = "–"  # in tables and tiles, where "unknown" would not fit; what it means is said beside it
_MARKDOWN: Final = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:^=&@/])")
_INVISIBLE: Final = re.compile("[\x00-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]+")
_UNITS: Final = ((1_000_000_000, "B"), (1_000_000, "M"), (1_000, "k"))


def one_line(value: object, limit: int = 120) -> str:
    """Return `value` on one line of at most `limit` characters, without control and direction characters."""
    text = _INVISIBLE.sub(" ", str(value)).strip()
    return text if len(text) <= limit else text[: limit - 1] + "…"


def escape(value: object, limit: int = 120) -> str:
    """Return `value` as Markdown that shows exactly its characters: no image, link, colour or emoji."""
    return _MARKDOWN.sub(r"\\\1", one_line(value, limit))


def short_id(value: str) -> str:
    """Return the first 8 characters of an id, as lists show it."""
    return value[:8]


def tokens(count: int | None) -> str:
    """Return a token count as people read it: 812, 5.3k, 1.25M, or "unknown"."""
    if count is None:
        return UNKNOWN
    for size, unit in _UNITS:
        if count >= size:
            return f"{count / size:.{2 if size > 1000 else 1}f}{unit}"
    return str(count)


def duration(ms: float | None) -> str:
    """Return a duration in the unit people would use, or "unknown"."""
    return UNKNOWN if ms is None else figures.duration(ms)


def share(part: int, whole: int) -> str:
    """Return `part` of `whole` in per cent; "unknown" of nothing."""
    return f"{100 * part / whole:.1f}%" if whole else UNKNOWN


def moment(ns: int | None, zone: Zone, form: str = "%Y-%m-%d %H:%M:%S %Z") -> str:
    """Return a time, ns UTC, in a time zone: `2026-11-20 22:14:07 CET`, or "unknown"."""
    if ns is None:
        return UNKNOWN
    return datetime.fromtimestamp(ns // 1_000_000_000, zone.info).strftime(form)


def money(usd: float | None) -> str:
    """Return an amount in USD with the digits that say something: $12.40, $0.00310; "–" for unknown."""
    return NOTHING if usd is None else figures.money(usd)


def part(value: float | None) -> str:
    """Return a share of one in per cent; "–" for unknown."""
    return NOTHING if value is None else figures.percent(value)
