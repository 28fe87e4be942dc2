"""Arrow columns -> JSON text, vectorised; Python sees only strings to escape and nested values."""

from __future__ import annotations

import base64
import math
from collections.abc import Iterable
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa
from google.protobuf.message import DecodeError
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValueList

from ingest.arrow import Array, array, list_array
from ingest.arrow import compute as pc

_ESCAPED: Final = r'["\\\x00-\x1f]'


def quote(texts: Array) -> Array:
    """Return the strings as JSON string literals; only those that need escaping pass through Python."""
    quoted = pc.binary_join_element_wise('"', texts, '"', "")
    hit = pc.fill_null(pc.match_substring_regex(texts, _ESCAPED), False)
    if not pc.any(hit).as_py():
        return quoted
    escaped = [orjson.dumps(text) for text in texts.filter(hit).to_pylist()]
    return pc.replace_with_mask(quoted, hit, array(escaped, pa.binary()).cast(pa.string()))


def numbers(values: npt.NDArray[np.float64]) -> Array:
    """Return doubles as JSON: 1.0 stays a double, NaN and Infinity become strings as in OTLP/JSON."""
    column = array(values)
    text = column.cast(pa.string())
    bare = pc.match_substring_regex(text, r"^-?\d+$")
    if pc.any(bare).as_py():
        text = pc.if_else(bare, pc.binary_join_element_wise(text, ".0", ""), text)
    finite = np.isfinite(values)
    if not finite.all():
        names = np.select([np.isnan(values), values > 0], ['"NaN"', '"Infinity"'], '"-Infinity"')
        text = pc.if_else(array(finite), text, array(names.astype(object), pa.string()))
    return text


def objects(rows: int, row_of: npt.NDArray[np.int32], names: Array, values: Array) -> Array:
    """Return one JSON object per row from ascending `row_of`, quoted `names` and JSON `values`."""
    return _enclosed("{", rows, row_of, pc.binary_join_element_wise(names, values, ":"), "}")


def arrays(rows: int, row_of: npt.NDArray[np.int32], values: Array) -> Array:
    """Return one JSON list per row from ascending `row_of` and JSON `values`; NULL for no value."""
    text = _enclosed("[", rows, row_of, values, "]")
    filled = np.bincount(row_of, minlength=rows) > 0
    return pc.if_else(array(filled), text, pa.scalar(None, pa.string()))


def _enclosed(before: str, rows: int, row_of: npt.NDArray[np.int32], items: Array, after: str) -> Array:
    ends = np.zeros(rows + 1, np.int32)
    np.cumsum(np.bincount(row_of, minlength=rows), out=ends[1:])
    joined = pc.binary_join(list_array(array(ends), items), ",")
    return pc.binary_join_element_wise(before, joined, after, "")


def nested(encoded: Array, kind: type[ArrayValue] | type[KeyValueList]) -> Array:
    """Return encoded lists or maps as JSON; each distinct one is decoded once.

    What cannot be decoded (nested deeper than protobuf allows) is kept: {"undecodable": base64}.
    """
    return _once_each(encoded, lambda raw: _nested_text(raw, kind))


def base64_strings(raw: Array) -> Array:
    """Return byte strings as JSON strings of base64, as OTLP/JSON writes them."""
    return _once_each(raw, lambda value: dump(base64.b64encode(value).decode()))


def undecodable(raw: Array) -> Array:
    """Return bytes nobody could read as {"undecodable": base64}."""
    return _once_each(raw, _kept)


def _once_each(column: Array, convert: Any) -> Array:
    encoded = column.dictionary_encode()
    texts = array([convert(value) for value in encoded.dictionary.to_pylist()], pa.string())
    return texts.take(encoded.indices)


def _nested_text(raw: bytes, kind: type[ArrayValue] | type[KeyValueList]) -> str:
    try:
        message = kind.FromString(raw)
        return dump(_items(message) if isinstance(message, ArrayValue) else _members(message))
    except (DecodeError, RecursionError, ValueError, TypeError):
        return _kept(raw)


def _kept(raw: bytes) -> str:
    return dump({"undecodable": base64.b64encode(raw).decode()})


def _items(message: ArrayValue) -> list[Any]:
    return [plain(value) for value in message.values]


def _members(message: KeyValueList) -> dict[str, Any]:
    return {member.key: plain(member.value) for member in message.values}


def plain(value: AnyValue) -> Any:
    """Return an attribute value as JSON-able Python: bytes as base64, NaN and Infinity by name."""
    which = value.WhichOneof("value")
    if which is None:
        return None
    if which == "array_value":
        return _items(value.array_value)
    if which == "kvlist_value":
        return _members(value.kvlist_value)
    if which == "bytes_value":
        return base64.b64encode(value.bytes_value).decode()
    return finite_or_name(getattr(value, which))


def finite_or_name(value: Any) -> Any:
    """Return the value; NaN and Infinity by their OTLP/JSON names, which JSON numbers cannot say."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value


def plain_attributes(attributes: Iterable[Any]) -> dict[str, Any]:
    """Return KeyValue messages as a dict; the last of equal keys wins."""
    return {attribute.key: plain(attribute.value) for attribute in attributes}


def dump(value: Any) -> str:
    """Return compact JSON text; raises TypeError (orjson) for what JSON cannot hold."""
    return orjson.dumps(value).decode()
