"""Attribute values -> values of a column's type, and whether nothing was lost on the way."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import orjson
import pyarrow as pa

from ingest import anyvalue, jsontext, literals
from ingest.anyvalue import Flags, Positions, Values
from ingest.arrow import Array, array

# What clients write where they withhold a value: Claude Code, Strands and Codex, OpenInference; Logfire.
_MARKERS: Final = ("<REDACTED>", "[REDACTED]", "__REDACTED__")
_SCRUBBED: Final = "[Scrubbed due to "
_FIRST_BYTES: Final = np.frombuffer(b"<[_", np.uint8)


class Target(NamedTuple):
    """What a column wants: its Arrow type, and how values of other types are brought to it."""

    type: pa.DataType
    from_json: Callable[[Any], Any]
    native: tuple[int, ...]  # tags taken without Python
    accepts_text: bool
    keeps: tuple[int, ...]  # tags whose value survives the conversion unchanged


class Converted(NamedTuple):
    """A column of converted values (NULL where impossible) and where the value is unchanged."""

    column: Array
    unchanged: Flags


def member(value: Any, path: Sequence[str], *, python: bool = False) -> object:
    """Return the member of a JSON value at `path`; None where there is none or it is empty.

    A step of digits picks an item of a list; text on the way is read as JSON once (`python`: or
    as a Python literal).
    """
    texts_read = 0
    for name in path:
        if isinstance(value, str) and not texts_read:
            value = literals.nested(value, python=python)
            texts_read += 1
        if isinstance(value, dict):
            value = value.get(name)
        elif isinstance(value, list) and name.isdecimal() and len(name) < 10 and int(name) < len(value):
            value = value[int(name)]
        else:
            return None
    return None if value == "" else value


def _to_text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return jsontext.dump(value)


def _to_name(value: Any) -> str | None:
    text = _to_text(value)
    return None if text is None or is_redacted(text) else text


def is_redacted(text: str) -> bool:
    """Return whether a client put a marker in the place of what it did not want to tell."""
    return text in _MARKERS or text.startswith(_SCRUBBED)


def _to_json(value: Any) -> str | None:
    """Return JSON text: a string that already is a JSON list or object stays as sent."""
    if isinstance(value, str):
        try:
            if isinstance(orjson.loads(value), list | dict):
                return value
        except ValueError:
            pass
    return None if value is None else jsontext.dump(value)


def _to_int(value: Any) -> int | None:
    number = _number(value)
    if number is None or (isinstance(number, float) and not number.is_integer()):
        return None
    return int(number) if -(2**63) <= number < 2**63 else None


def _to_float(value: Any) -> float | None:
    number = _number(value)
    try:
        return None if number is None else float(number)
    except OverflowError:
        return None


def _number(value: Any) -> int | float | None:
    """Return a finite number sent as a number or as its text; a bool is none."""
    if isinstance(value, str) and len(value) <= 40:
        try:
            value = int(value) if value.strip().lstrip("+-").isdecimal() else float(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if math.isfinite(value) else None


TEXT: Final = Target(pa.string(), _to_text, (anyvalue.STRING,), True, (anyvalue.STRING,))
NAME: Final = Target(pa.string(), _to_name, (anyvalue.STRING,), True, (anyvalue.STRING,))
CONTENT: Final = Target(
    pa.string(), _to_text, (anyvalue.STRING,), True, (anyvalue.STRING, anyvalue.LIST, anyvalue.MAP)
)
JSON: Final = Target(pa.string(), _to_json, (), False, (anyvalue.LIST, anyvalue.MAP))
WHOLE: Final = Target(pa.int64(), _to_int, (anyvalue.INT,), False, (anyvalue.INT,))
REAL: Final = Target(pa.float64(), _to_float, (anyvalue.DOUBLE,), False, (anyvalue.DOUBLE,))


def is_text(values: Values, positions: Positions) -> bool:
    """Return whether all values at these positions are strings."""
    return bool((values.tags[positions] == anyvalue.STRING).all())


def convert(values: Values, positions: Positions, to: Target) -> Converted:
    """Return the values at these positions in the wanted type; other types go once per distinct value."""
    tags = values.tags[positions]
    native = np.isin(tags, to.native)
    unchanged = np.isin(tags, to.keeps)
    if native.all():
        return Converted(_native(values, positions, to), unchanged & _finite(values, positions, to))
    others = np.flatnonzero(~native)
    texts = values.json(positions[others])
    if to is CONTENT and np.isin(tags[others], (anyvalue.LIST, anyvalue.MAP)).all():
        slow = texts
    else:
        encoded = texts.dictionary_encode()
        found = [to.from_json(orjson.loads(text)) for text in encoded.dictionary.to_pylist()]
        slow = array(found, to.type).take(encoded.indices)
        if to is JSON:  # a string that already is a JSON list or object is kept as sent
            unchanged[others] |= (tags[others] == anyvalue.STRING) & _looks_nested(texts)
    fast = _native(values, positions[native], to)
    back = np.empty(len(positions), np.int64)
    back[np.flatnonzero(native)] = np.arange(len(fast))
    back[others] = len(fast) + np.arange(len(others))
    return Converted(pa.concat_arrays([fast, slow]).take(array(back)), unchanged)


def fits(values: Values, positions: Positions, to: Target) -> Flags | None:
    """Return which values can be brought to the wanted type; None for all of them."""
    if to is NAME:
        return _legible(values, positions)
    if to.type == pa.string():
        return None
    if np.isin(values.tags[positions], to.native).all() and _finite(values, positions, to).all():
        return None
    fitting: Flags = convert(values, positions, to).column.is_valid().to_numpy(zero_copy_only=False)
    return fitting


def _legible(values: Values, positions: Positions) -> Flags | None:
    """Return which values are no markers of something withheld; None for all of them."""
    texts = np.flatnonzero(values.tags[positions] == anyvalue.STRING)
    suspects = texts[np.isin(values.first_bytes(positions[texts]), _FIRST_BYTES)]
    if not len(suspects):
        return None
    fine = np.ones(len(positions), bool)
    fine[suspects] = [not is_redacted(text) for text in values.strings(positions[suspects]).to_pylist()]
    return fine


def _looks_nested(texts: Array) -> Flags:
    encoded = texts.dictionary_encode()
    nested = [_to_json(value) == value for value in map(orjson.loads, encoded.dictionary.to_pylist())]
    places: Positions = encoded.indices.to_numpy()
    return np.array(nested, bool)[places]


def _native(values: Values, positions: Positions, to: Target) -> Array:
    if to.type == pa.int64():
        return array(values.ints(positions))
    if to.type == pa.float64():
        found = values.doubles(positions)
        return array(found, mask=~np.isfinite(found))
    return values.strings(positions)


def _finite(values: Values, positions: Positions, to: Target) -> Flags:
    """Return where a native value is one the column holds: NaN and Infinity are not."""
    if to.type != pa.float64():
        return np.ones(len(positions), bool)
    return np.isfinite(values.doubles(positions))


def from_python(found: Sequence[object], to: Target) -> Array:
    """Return members of JSON values as a column of the wanted type, NULL where impossible."""
    return array([to.from_json(value) for value in found], to.type)
