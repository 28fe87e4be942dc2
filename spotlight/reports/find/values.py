"""What a value means for a kind of field: numbers with units, moments, words with wildcards."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from spotlight.errors import SpotlightError, UnreadableSearch
from spotlight.reports.find.fields import Field, close_to
from spotlight.reports.find.tree import Value
from spotlight.reports.moments import moment_ns

ORDERED: Final = ("number", "money", "duration", "time")
_NUMBER: Final = re.compile(r"([-+]?)(\d{1,19}(?:\.\d{1,20})?|\.\d{1,20})([a-z%]*)")
_SIZES: Final = {"": 1.0, "k": 1e3, "m": 1e6, "b": 1e9, "g": 1e9}
_UNITS_MS: Final = {
    "us": 1e-3,
    "ms": 1.0,
    "s": 1e3,
    "sec": 1e3,
    "m": 6e4,
    "min": 6e4,
    "h": 3.6e6,
    "d": 8.64e7,
}
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d|today|yesterday")
_AGO: Final = re.compile(r"\d{1,6}(s|min|m|h|d|w)")
_DAY_NS: Final = 86_400_000_000_000
_SECOND_NS: Final = 1_000_000_000
_FLAGS: Final = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


class Test(NamedTuple):
    """One comparison with typed operands.

    `how` is is, like, holds, begins, <, <=, >, >=, between (both ends included, None is open), within (the
    upper end excluded) or flag.
    """

    how: str
    low: str | float | int | bool | None
    high: float | int | None = None


def test_of(field: Field, operator: str, value: Value, now_ns: int) -> Test:
    """Return what a field is compared with; `!=` is read as `=`, to be turned around.

    Raises: UnreadableSearch where the field cannot be compared so, or the value cannot be read.
    """
    kind = field.kind
    operator = "=" if operator == "!=" else operator
    if kind in ORDERED:
        return _ordered(kind, operator, value, now_ns)
    if kind in ("score", "attribute"):
        return _loose(operator, value)
    if operator not in (":", "="):
        raise refused(f"{field.name} cannot be compared with {operator}", value, f"write {field.name}:VALUE")
    if kind == "flag":
        if value.text.lower() not in _FLAGS:
            raise refused(f"{field.name} is true or false, not {value.text[:40]!r}", value)
        return Test("flag", _FLAGS[value.text.lower()])
    if field.words and not value.quoted and "*" not in value.text:
        word = "error" if value.text.lower() == "failed" else value.text.lower()
        if word not in field.words:
            known = close_to(word, list(field.words)) or f"one of {', '.join(field.words)}"
            raise refused(f"{field.name} is never {value.text[:40]!r}", value, known)
        return Test("is", word)
    return _text(kind, operator, value)


def refused(message: str, value: Value, hint: str = "") -> UnreadableSearch:
    """Return the error that names a value's place."""
    return UnreadableSearch(message, *value.place, hint=hint)


def like_pattern(text: str) -> str:
    """Return the pattern of SQL's `like`, escaped by a backslash, for a text with * as wildcard."""
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return re.sub(r"\*+", "%", escaped)


def _text(kind: str, operator: str, value: Value) -> Test:
    if not value.text:
        raise refused("nothing is in these quotes", value, "missing:FIELD finds what has no value")
    partly = kind in ("words", "payload") and operator == ":"
    if "*" in value.text and not value.quoted:
        if partly or kind == "payload":
            inner = value.text.strip("*")
            if not inner:
                raise refused("* alone finds everything", value, "has:FIELD finds what has any value")
            return Test("like", f"*{inner}*") if "*" in inner else Test("holds", inner)
        return Test("like", value.text)
    if partly or kind == "payload":
        return Test("holds", value.text)
    return Test("begins" if kind == "id" and operator == ":" else "is", value.text)


def _loose(operator: str, value: Value) -> Test:
    """Read a value of a score or attribute: a number where it is one and is compared as one, else a word."""
    number = None if value.quoted else _NUMBER.fullmatch(value.text.lower())
    low, dots, high = value.text.partition("..")
    if operator in (":", "=") and dots and not value.quoted and (low or high):
        ends = [_number("number", end, value) if end else None for end in (low, high)]
        return Test("between", *ends)
    if operator in (":", "="):
        if number and number[3] in _SIZES:
            return Test("between", *[_number("number", value.text, value)] * 2)
        return _text("word", operator, value)
    return Test(operator, _number("number", value.text, value))


def _ordered(kind: str, operator: str, value: Value, now_ns: int) -> Test:
    if kind == "time":
        return _time(operator, value, now_ns)
    low, dots, high = value.text.partition("..")
    if dots and operator in (":", "="):
        if not (low or high):
            raise refused("a range needs an end", value, "for example 5..10, 5.. or ..10")
        return Test("between", *(_number(kind, end, value) if end else None for end in (low, high)))
    number = _number(kind, value.text, value)
    return Test("between", number, number) if operator in (":", "=") else Test(operator, number)


def _number(kind: str, text: str, value: Value) -> float:
    """Return a number in the unit of the field: ms, USD or pieces."""
    said = text.lower().replace("_", "")
    match = _NUMBER.fullmatch(said.replace("$", "", 1) if kind == "money" else said)
    if match is None:
        raise refused(f"{value.text[:40]!r} is no {_NOUN[kind]}", value, _EXAMPLE[kind])
    sign, digits, unit = match.groups()
    sizes = _UNITS_MS if kind == "duration" else _SIZES
    if unit not in sizes and not (kind == "duration" and float(digits) == 0 and not unit):
        asked = "has no unit" if not unit else f"has the unit {unit!r}, which is not known"
        raise refused(f"{text[:40]!r} {asked}", value, _EXAMPLE[kind])
    return (-1 if sign == "-" else 1) * float(digits) * sizes.get(unit, 1.0)


def _time(operator: str, value: Value, now_ns: int) -> Test:
    low, dots, high = value.text.partition("..")
    if dots and operator in (":", "="):
        if not (low or high):
            raise refused("a range needs an end", value, "for example -2h.. or 2026-11-01..2026-11-08")
        first, last = (_moment(end, value, now_ns) if end else None for end in (low, high))
        return Test("within", first, last)
    at = _moment(value.text, value, now_ns)
    if operator not in (":", "="):
        return Test(operator, at)
    said = value.text.lower().lstrip("-")
    if _AGO.fullmatch(said):
        return Test(">=", at)
    return Test("within", at, at + (_DAY_NS if _DAY.fullmatch(said) else _SECOND_NS))


def _moment(text: str, value: Value, now_ns: int) -> int:
    try:
        return moment_ns(text.removeprefix("-") or "-", now_ns)
    except SpotlightError as exc:
        raise refused(f"{text[:40]!r} is no time", value, _EXAMPLE["time"]) from exc


_NOUN: Final = {"number": "number", "money": "amount", "duration": "duration"}
_EXAMPLE: Final = {
    "number": "for example 12, 5k or 1.5M",
    "money": "for example 0.05 or $2",
    "duration": "for example 300ms, 2.5s, 10m or 1h",
    "time": "for example -2h, -7d, today, 2026-11-01 or 2026-11-01T10:30",
}
