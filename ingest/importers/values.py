"""Values as foreign files write them: times, numbers, JSON and Python literals in text."""

from __future__ import annotations

import ast
import datetime as dt
import math
import re
from collections.abc import Mapping
from typing import Any, Final

import orjson

# A literal is read by Python's own parser, which needs some hundred times its size.
_MAX_LITERAL: Final = 1 << 20
_FRACTION: Final = re.compile(r"\.(\d+)")
_OFFSET: Final = re.compile(r"([+-]\d\d):?(\d\d)?$")
_NUMBER: Final = re.compile(r"-?\d{1,25}(\.\d+)?", re.ASCII)
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
# An epoch number's unit by its size: each of these is the year 2286 in its unit.
_UNITS: Final = ((10**10, 10**9), (10**13, 10**6), (10**16, 10**3), (10**19, 1))


def time_ns(value: object) -> int:
    """Return a time as ns UTC, 0 where it is none.

    Reads ISO 8601 (no zone means UTC), datetime objects, and numbers since 1970 in s, ms, us or
    ns, told apart by their size.
    """
    if isinstance(value, dt.datetime):
        return _since_epoch(value, int(getattr(value, "nanosecond", 0)))
    if isinstance(value, str):
        text = value.strip()
        return time_ns(_number(text)) if _NUMBER.fullmatch(text) else _iso_ns(text)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return 0
    scale = next((scale for limit, scale in _UNITS if 0 < value < limit), 0)
    if isinstance(value, float):  # whole and fraction apart: a double cannot hold ns since 1970
        whole = int(value)
        return whole * scale + round((value - whole) * scale)
    return value * scale


def seconds_ns(value: object) -> int:
    """Return a length in seconds as ns, 0 where it is none."""
    number = as_float(value)
    return round(number * 1e9) if number is not None and 0 < number < 1e9 else 0


def _number(text: str) -> int | float:
    return float(text) if "." in text else int(text)


def _iso_ns(text: str) -> int:
    """Return ISO 8601 text as ns; Python's own parser stops at microseconds."""
    fraction = _FRACTION.search(text)
    digits = fraction[1] if fraction else ""
    whole = _FRACTION.sub("", text, count=1) if fraction else text
    try:
        moment = dt.datetime.fromisoformat(whole.replace(" UTC", "+00:00"))
    except ValueError:
        return 0
    return _since_epoch(moment, int((digits + "0" * 9)[:9]))


def _since_epoch(moment: dt.datetime, extra_ns: int) -> int:
    aware = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    try:
        since = aware - _EPOCH
    except OverflowError:
        return 0
    return max(0, (since.days * 86_400 + since.seconds) * 10**9 + since.microseconds * 1_000 + extra_ns)


def as_float(value: object) -> float | None:
    """Return a finite number, numbers in text too; None for anything else and for booleans."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, str) and not _NUMBER.fullmatch(value.strip()):
        return None
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def as_int(value: object) -> int | None:
    """Return a whole number that is not negative, whole floats and numbers in text too; else None."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value if 0 <= value < 2**63 else None
    number = as_float(value)
    return int(number) if number is not None and number >= 0 and number == int(number) else None


def as_text(value: object) -> str | None:
    """Return a text that says something, numbers as text; None for anything else."""
    if isinstance(value, str):
        return value or None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return None if isinstance(value, float) and math.isnan(value) else str(value)
    return None


def is_nothing(value: object) -> bool:
    """Return whether a field says nothing: None, empty text or collection, NaN of an empty table cell."""
    if isinstance(value, float):
        return math.isnan(value)
    return value is None or (isinstance(value, str | list | dict | tuple) and not value)


def structure(value: object) -> Any:
    """Return the value a text stands for: JSON, else a Python literal; the value itself where it is neither.

    Only text that begins like an object or a list is looked at; nothing is ever evaluated.
    """
    if not isinstance(value, str) or value[:1] not in ("{", "["):
        return value
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        pass
    if len(value) > _MAX_LITERAL:
        return value
    try:
        return ast.literal_eval(value)
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        return value


def mapping(value: object) -> dict[str, Any]:
    """Return a mapping, one in text too; an empty one for anything else."""
    found = structure(value)
    return dict(found) if isinstance(found, Mapping) else {}


def rest(record: Mapping[str, Any], known: frozenset[str], prefix: str = "import.") -> dict[str, Any]:
    """Return what no field of ours takes, under `import.`; fields that say nothing are left out."""
    return {f"{prefix}{key}": value for key, value in record.items()
            if key not in known and not is_nothing(value)}  # fmt: skip
