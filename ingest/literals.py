"""Values that clients wrote as text: JSON, JSON within JSON, and str() of a Python dictionary."""

from __future__ import annotations

import ast
import warnings
from typing import Any, Final

import orjson

# Reading a literal costs some 100 times its size in memory; what clients send so has a few KiB.
_LONGEST_LITERAL: Final = 64 << 10
_DEEPEST: Final = 100


def parse(text: str, *, python: bool = False) -> Any:
    """Return what an attribute's JSON text says; None where it says nothing readable.

    A string is read as JSON itself, and what that holds once more where it is a list or object.
    With `python`, a string that is no JSON is read as a Python literal.
    """
    try:
        value = orjson.loads(text)
    except ValueError:
        return None
    if not isinstance(value, str):
        return value
    said = value
    try:
        value = orjson.loads(said)
    except ValueError:
        return parse_literal(said) if python else None
    return nested(value, python=python) if isinstance(value, str) else value


def nested(text: str, *, python: bool = False) -> Any:
    """Return the list or object that a text within JSON holds, else the text."""
    if not text.lstrip()[:1] in ("{", "["):  # noqa: E713
        return text
    try:
        found = orjson.loads(text)
    except ValueError:
        found = parse_literal(text) if python else None
    return found if isinstance(found, list | dict) else text


def parse_literal(text: str) -> Any:
    """Return a list or dictionary written as a Python literal, as JSON-able Python; None for anything else.

    Only literals are read, nothing is evaluated; not what is long or deeply nested.
    """
    if len(text) > _LONGEST_LITERAL or text.lstrip()[:1] not in ("{", "[", "("):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an odd escape is the sender's, and no warning of ours
            value = _plain(ast.literal_eval(text.strip()), 0)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError, OverflowError):
        return None
    return value if isinstance(value, list | dict) else None


def _plain(value: Any, depth: int) -> Any:
    """Return a literal as JSON-able Python; raises ValueError for what JSON cannot say."""
    if depth > _DEEPEST:
        raise ValueError("nested too deep")
    if isinstance(value, dict):
        return {str(key): _plain(member, depth + 1) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, depth + 1) for item in value]
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        return float(value)
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()  # half of a surrogate pair is no text
    if value is None or isinstance(value, bool | int | float):
        return value
    raise ValueError(f"{type(value).__name__} has no JSON")
