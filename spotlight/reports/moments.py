"""Points in time as people type them: how long ago, a day, or a time."""

from __future__ import annotations

import datetime as dt
import re
from typing import Final

from spotlight.errors import SpotlightError
from spotlight.reports.zone import zone

_AGO: Final = re.compile(r"(\d{1,6}) ?(s|min|m|h|d|w)")
_BELOW_MICROSECONDS: Final = re.compile(r"\.\d{6}(\d{1,3})")  # which datetime leaves out
_SECONDS: Final = {"s": 1, "m": 60, "min": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_HINT: Final = (
    "for example 90min, 24h, 7d, 2w, today, yesterday, week, month, 2026-11-01 or 2026-11-01T10:30+01:00"
)


def moment_ns(text: str, now_ns: int) -> int:
    """Return a point in time in ns UTC.

    `7d` is seven times 24 hours before `now_ns`; `today`, `yesterday`, `week` (its Monday) and `month`
    are the midnight at which they began; anything else is a date or time as ISO 8601 writes it. Midnight, and
    times that name no offset, are of the zone of the report.

    Raises: SpotlightError for anything else, and for times outside the years 1970 to 2262.
    """
    said = text.strip().lower()
    ago = _AGO.fullmatch(said)
    if ago:
        return max(0, now_ns - int(ago[1]) * _SECONDS[ago[2]] * 1_000_000_000)
    now = dt.datetime.fromtimestamp(now_ns // 1_000_000_000, zone())
    today = now.replace(hour=0, minute=0, second=0, fold=0)
    began = {
        "today": today,
        "yesterday": today - dt.timedelta(days=1),
        "week": today - dt.timedelta(days=today.weekday()),
        "month": today.replace(day=1),
    }
    if said == "now":
        return now_ns
    try:
        at = began[said] if said in began else dt.datetime.fromisoformat(text.strip())
        at = at if at.tzinfo else at.replace(tzinfo=zone())
        finer = _BELOW_MICROSECONDS.search(said)
        ns = int(at.timestamp()) * 1_000_000_000 + at.microsecond * 1_000
        ns += int(finer[1].ljust(3, "0")) if finer else 0
    except (ValueError, OverflowError) as exc:
        raise SpotlightError(f"{text!r} is no time", hint=_HINT) from exc
    if not 0 <= ns < 1 << 63:
        raise SpotlightError(f"{text!r} is outside the years 1970 to 2262", hint=_HINT)
    return ns


def time_text(ns: int) -> str:
    """Return a time in the zone of the report as `2026-11-01 10:30 UTC`; seconds where there are any."""
    return f"{bare_time(ns)} {dt.datetime.fromtimestamp(ns // 1_000_000_000, zone()):%Z}"


def bare_time(ns: int) -> str:
    """Return a time as `time_text` does, without the zone: where many stand together under its name."""
    at = dt.datetime.fromtimestamp(ns // 1_000_000_000, zone())
    return at.strftime("%Y-%m-%d %H:%M:%S" if at.second else "%Y-%m-%d %H:%M")


def window_text(since_ns: int | None, until_ns: int | None) -> str:
    """Return a window in words; the end is exclusive, None is open."""
    if since_ns is None and until_ns is None:
        return "all times"
    if since_ns is None:
        return f"before {time_text(until_ns or 0)}"
    if until_ns is None:
        return f"since {time_text(since_ns)}"
    return f"{time_text(since_ns)} to {time_text(until_ns)}"
