"""What was said and done, as text: whether it is recorded, and its JSON."""

from __future__ import annotations

import contextlib
import dataclasses
import enum
import json
import math
import operator
import os
from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Any, Final

from opentelemetry import context
from opentelemetry.context import Context

CAPTURE_VARIABLE: Final = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
_OFF: Final = frozenset(("false", "0", "no", "off", "no_content", "event_only"))
_CAPTURE: Final = context.create_key("capture")
_DEEPEST: Final = 40


def captures_content(within: Context) -> bool:
    """Return whether content is recorded: as the nearest step says, else as the environment says.

    Unset means yes: who passes content to a step by hand means it to be recorded. EVENT_ONLY means no,
    because the steps put content on spans. Source: OpenTelemetry's instrumentations of generative AI.
    """
    said = within.get(_CAPTURE)
    if isinstance(said, bool):
        return said
    return os.environ.get(CAPTURE_VARIABLE, "").strip().lower() not in _OFF


def with_capture(capture: bool | None, within: Context) -> Context:
    """Return the context in which content is recorded, is not, or (None) is as before."""
    return within if capture is None else context.set_value(_CAPTURE, capture, within)


def to_text(value: object) -> str:
    """Return text as it is, anything else as JSON."""
    return clean(value) if isinstance(value, str) else to_json(value)


def to_json(value: object) -> str:
    """Return JSON of any value: what JSON has no word for becomes text, cycles and depths beyond 40 too.

    Lone surrogates are written as escapes: OTLP cannot carry them and exporters drop the whole attribute.
    """
    text = json.dumps(_plain(value, ()), ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def clean(text: str) -> str:
    """Return text that OTLP can carry: lone surrogates become question marks."""
    return text.encode("utf-8", "replace").decode("utf-8")


def as_attribute(value: Any) -> Any:
    """Return a fact as OTLP can carry it: text, number of at most 64 bits, truth value, or a list of such.

    Other numbers (numpy's, Decimal) become plain ones, anything else its text.
    """
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, bool | float):
        return value
    if isinstance(value, list | tuple):
        return [as_attribute(item) for item in value]
    with contextlib.suppress(Exception):
        if hasattr(value, "__index__"):
            number = operator.index(value)
            return number if is_int64(number) else str(number)
        if hasattr(value, "__float__"):
            return float(value)
    return described(value)


def as_list(value: object) -> list[object]:
    """Return the items of a collection, none for None; anything else, text too, is the only item."""
    if value is None:
        return []
    if not isinstance(value, str | bytes | Mapping) and isinstance(value, Iterable):
        with contextlib.suppress(Exception):
            return list(value)
    return [value]


def is_int64(value: int) -> bool:
    """Return whether an integer fits OTLP; exporters drop an attribute that does not."""
    return -(2**63) <= value < 2**63


def described(value: object) -> str:
    """Return str() of a value, or the name of its type where that fails."""
    try:
        return clean(str(value))
    except Exception:
        return f"<{type(value).__name__}>"


def _plain(value: Any, above: tuple[int, ...]) -> Any:
    """Return a value that json.dumps takes; `above` are the ids of the containers that hold it."""
    if isinstance(value, enum.Enum):
        return _plain(value.value, above)
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else described(value)
    if len(above) >= _DEEPEST or id(value) in above:
        return described(type(value))
    return _plain_container(value, (*above, id(value)))


def _plain_container(value: Any, above: tuple[int, ...]) -> Any:
    if isinstance(value, Mapping):
        return {key if isinstance(key, str) else described(key): _plain(v, above) for key, v in value.items()}
    if isinstance(value, bytes | bytearray | memoryview):
        return f"<{len(value)} bytes>"
    if isinstance(value, Sequence | Set):
        return [_plain(item, above) for item in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name), above) for f in dataclasses.fields(value)}
    dump = None if isinstance(value, type) else getattr(value, "model_dump", None)  # pydantic's models
    if callable(dump):
        try:
            return _plain(dump(mode="json"), above)
        except Exception:
            return described(value)
    return described(value)
