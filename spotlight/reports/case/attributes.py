"""A recorded span -> the attributes it was sent with.

A value that went into a column unchanged left the attributes, and not every column says which key it came
from. The dialect's table says which keys it can have been; usage and version say which it was; of the others
the keys that the source is known to have sent decide, else the strongest.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import orjson

from spotlight.dialects import effective_fields
from spotlight.dialects.table import FIRST_TOKEN_AT, SIGNS, InName, JsonPath, Key, Prefix, Source
from spotlight.model import PAYLOADS, SPANS
from spotlight.semconv import DEPLOYMENT_ENVIRONMENT, DEPLOYMENT_ENVIRONMENT_NAME, EXCEPTION_EVENT

# In the order in which the pivot fills them: each attribute is taken by the first.
_CONTENT: Final = (
    "input_messages", "output_messages", "system_instructions", "tool_definitions", "tool_arguments",
    "tool_result", "input_value", "output_value",
)  # fmt: skip
_COLUMNS: Final = tuple(c.name for c in SPANS.columns)
_JSON_COLUMNS: Final = frozenset(("finish_reasons", "model_params"))
_REAL: Final = frozenset(c.name for c in SPANS.columns if str(c.type) == "double")
_TEXTS: Final = frozenset(c.name for t in (SPANS, PAYLOADS) for c in t.columns if str(c.type) == "string")

Attributes = dict[str, Any]
Fields = Mapping[str, Sequence[Source]]


def sent_attributes(row: Mapping[str, Any], known: frozenset[str]) -> Attributes:
    """Return the attributes of a span row, its content columns joined, in the order: left over, then columns.

    `known` are the keys that the row's source is known to have sent; an empty set says nothing.
    """
    attributes: Attributes = orjson.loads(row["attributes"] or "{}")
    fields = effective_fields(str(row["dialect"]))
    told = _told_sources(row)
    needed = _needed(told, fields, attributes) | _members_of_content(fields, attributes, row)
    for column in (*_CONTENT, *_COLUMNS):
        value = row.get(column)
        if value is None or column not in fields or column in SIGNS:
            continue
        sources = [source for source in fields[column] if _is_for(source, row["kind"])]
        if column in told:
            sources = [s for s in sources if _name(s) == told[column]] or sources
            if any(_attribute(source) in attributes for source in sources):
                continue
        stronger, explained = _stronger(sources, column, value, attributes, row)
        if explained or (column not in told and _is_derived(column, value, row, fields, attributes)):
            continue
        wanted = frozenset() if column in told else (needed & _plain_names(stronger)) or known
        attributes.update(_sent(stronger, column, value, attributes, wanted))
    return attributes


def _needed(told: Mapping[str, str], fields: Fields, attributes: Attributes) -> frozenset[str]:
    """Return the attributes that columns are said to be members of, and that are not left over."""
    sources = (s for column, name in told.items() for s in fields.get(column, ()) if _name(s) == name)
    names = {source.name for source in sources if isinstance(source, JsonPath)}
    return frozenset(names - attributes.keys())


def _members_of_content(fields: Fields, attributes: Attributes, row: Mapping[str, Any]) -> frozenset[str]:
    """Return the attributes of which columns are members, where content was taken out of them."""
    return frozenset(
        source.name
        for column, sources in fields.items()
        if row.get(column) is not None
        for source in sources
        if isinstance(source, JsonPath)
        and source.path
        and not (source.python or source.pattern)
        and source.name not in attributes
        and _is_for(source, row["kind"])
        and any(
            _member_is(source, held, row[column]) for held in _holders(source.name, column, attributes, row)
        )
    )


def _plain_names(sources: Iterable[Source]) -> frozenset[str]:
    return frozenset(name for source in sources if (name := _plain(source)) is not None)


def _plain(source: Source) -> str | None:
    """Return the key of a source that takes an attribute as it is."""
    if isinstance(source, Key):
        return source.name if source.scale == 1 else None
    return source if isinstance(source, str) else None


def _attribute(source: Source) -> str:
    """Return the attribute that a source reads; nothing for a source that reads none, or many."""
    if isinstance(source, str):
        return source
    return source.name if isinstance(source, Key | JsonPath) else ""


def _stronger(
    sources: Sequence[Source], column: str, value: Any, attributes: Attributes, row: Mapping[str, Any]
) -> tuple[list[Source], bool]:
    """Return the sources that can have given the value, and whether what is there already gives it.

    An attribute that is left over, although the column could have taken it, was weaker than what it took.
    """
    possible: list[Source] = []
    for source in sources:
        if _explains(source, column, value, attributes, row):
            return possible, True
        name = _plain(source)
        if name in attributes and attributes[name] != "" and _is_unchanged(attributes[name], column):
            return possible, False
        possible.append(source)
    return possible, False


def _told_sources(row: Mapping[str, Any]) -> dict[str, str]:
    """Return the keys that the row itself says its columns came from."""
    told: dict[str, str] = orjson.loads(row["usage_keys"]) if row.get("usage_keys") else {}
    if row.get("pack_version_source"):
        told["pack_version"] = row["pack_version_source"]
    return told


def _name(source: Source) -> str:
    """Return a source as columns name it: see ingest.columns.source_name."""
    if isinstance(source, str):
        return source
    if isinstance(source, JsonPath):
        return ".".join((source.name, *source.path))
    if isinstance(source, InName):
        return "name"
    return source.prefix if isinstance(source, Prefix) else source.name


def _is_for(source: Source, kind: str) -> bool:
    kinds = getattr(source, "kinds", ())
    return not kinds or kind in kinds


def _explains(
    source: Source, column: str, value: Any, attributes: Attributes, row: Mapping[str, Any]
) -> bool:
    """Return whether what is there already gives the column this value."""
    if isinstance(source, Prefix):
        return False
    if isinstance(source, InName):
        found = re.fullmatch(source.pattern, str(row["name"]))
        return found is not None and bool(found.groups()) and found[1] == value
    if isinstance(source, JsonPath):
        return any(_member_is(source, held, value) for held in _holders(source.name, column, attributes, row))
    name = source if isinstance(source, str) else source.name
    if name not in attributes:
        return False
    if isinstance(source, Key) and source.scale != 1:
        return True
    # A value of the column's own type was taken out: what is left of that type is another key's.
    return _text(attributes[name]) == _text(value) and not _is_unchanged(attributes[name], column)


def _holders(name: str, column: str, attributes: Attributes, row: Mapping[str, Any]) -> list[Any]:
    """Return what may stand in the attribute: what does, else the content that was taken out of it."""
    if name in attributes:
        return [attributes[name]]
    fields = effective_fields(str(row["dialect"]))
    others = (other for other in _CONTENT if other != column and row.get(other) is not None)
    return [row[other] for other in others if name in _plain_names(fields.get(other, ()))]


def _member_is(source: JsonPath, held: Any, value: Any) -> bool:
    if source.python or source.pattern:  # read by the pivot alone: here it is enough that the value is in it
        return str(value) in (held if isinstance(held, str) else _text(held))
    for name in source.path:
        held = _opened(held)
        if isinstance(held, Mapping):
            held = held.get(name)
        elif isinstance(held, list) and name.isdecimal() and int(name) < len(held):
            held = held[int(name)]
        else:
            return False
    return _text(held) == _text(value) or (not source.path and _text(_opened(held)) == _text(value))


def _opened(value: Any) -> Any:
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "[", '"'):
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError:
            return value
    return value


def _text(value: Any) -> str:
    """Return what a value says, whether a number, its text or JSON."""
    if isinstance(value, str):
        try:
            opened = orjson.loads(value)
        except orjson.JSONDecodeError:
            return value
        if isinstance(opened, str):
            return opened
        value = opened
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**63:
        value = int(value)
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS, default=str).decode()


def _is_unchanged(held: Any, column: str) -> bool:
    """Return whether the pivot would have taken this value out of the attributes."""
    if column in _JSON_COLUMNS:
        return isinstance(held, list | dict)
    if column in _CONTENT:
        return isinstance(held, str | list | dict)
    if column in _TEXTS:
        return isinstance(held, str)
    return isinstance(held, float) if column in _REAL else type(held) is int


def _is_derived(
    column: str, value: Any, row: Mapping[str, Any], fields: Fields, attributes: Attributes
) -> bool:
    """Return whether the column's value stands elsewhere than in an attribute of its own."""
    if column == "environment":
        resource = orjson.loads(row["resource"] or "{}")
        return value in (resource.get(DEPLOYMENT_ENVIRONMENT_NAME), resource.get(DEPLOYMENT_ENVIRONMENT))
    if column in ("error_type", "error_message"):
        events = orjson.loads(row["events"] or "[]")
        said = [e["attributes"] for e in events if e.get("name") == EXCEPTION_EVENT]
        key = "exception.type" if column == "error_type" else "exception.message"
        return (bool(said) and said[-1].get(key) == value) or (
            column == "error_message" and value == row["status_message"]
        )
    return column == "ttft_ms" and any(_attribute(s) in attributes for s in fields.get(FIRST_TOKEN_AT, ()))


def _sent(
    sources: Iterable[Source], column: str, value: Any, there: Attributes, known: frozenset[str]
) -> Attributes:
    """Return the attributes that a column was filled from."""
    plain: list[str] = []
    for source in sources:
        name = _plain(source)
        if isinstance(source, Prefix):
            gathered = _opened(value)
            if isinstance(gathered, dict) and gathered and all(source.covers(key) for key in gathered):
                return {key: member for key, member in gathered.items() if key not in there}
        elif name is not None and name not in there:
            plain.append(name)
    if known:
        plain = [name for name in plain if name in known]
    return {plain[0]: _as_sent(column, value)} if plain else {}


def _as_sent(column: str, value: Any) -> Any:
    """Return a column's value as an attribute: JSON as a list or object where that is written the same."""
    if column in _JSON_COLUMNS:
        opened = _opened(value)
        return opened if orjson.dumps(opened).decode() == value else value
    return value
