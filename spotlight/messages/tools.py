"""Tool definitions in any wire shape -> ToolDefinition."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from spotlight.messages.canonical import Json, ToolDefinition
from spotlight.messages.reading import read_bundle
from spotlight.messages.values import parse, parse_or_text, rest

_SCHEMA_KEYS: Final = (
    "parameters", "input_schema", "inputSchema", "parameters_json_schema", "parametersJsonSchema",
    "json_schema", "args_schema",
)  # fmt: skip
_GROUPS: Final = ("functionDeclarations", "function_declarations", "tools", "function_tools")
_INNER: Final = ("function", "toolSpec", "custom")
_DEEPEST: Final = 100


def read_tools(value: Json) -> list[ToolDefinition]:
    """Return the tool definitions a value holds: a list, an object of flat keys, or names alone."""
    parsed = parse(value).value
    if isinstance(parsed, dict) and not _is_definition(parsed):
        found = read_bundle(parsed, "user").tools
        if found is not None:
            return _definitions(found, 0)
    return _definitions(parsed, 0)


def _is_definition(raw: Mapping[str, Json]) -> bool:
    return "name" in raw or "function" in raw or "type" in raw or any(g in raw for g in _GROUPS)


def _definitions(value: Json, depth: int) -> list[ToolDefinition]:
    value = parse_or_text(value)
    if value is None or value == "" or depth > _DEEPEST:
        return []
    if isinstance(value, list):
        return [d for item in value for d in _definitions(item, depth + 1)]
    if isinstance(value, str):
        return [ToolDefinition(value, None, None, "function", value)]
    if not isinstance(value, dict):
        return []
    for group in _GROUPS:
        if isinstance(value.get(group), list):
            others = rest({k: v for k, v in value.items() if k != group})
            found = _definitions(value[group], depth + 1)
            # Gemini puts its own tools beside the functions: {"functionDeclarations": [], "googleSearch": {}}
            return found + _provider_tools(others)
    if value and not _is_definition(value) and not value.keys() & set(_INNER) and _are_settings(value):
        return _provider_tools(value)  # or without functions: {"googleSearch": {}}
    return [_definition(value)]


def _are_settings(value: Mapping[str, Json]) -> bool:
    return all(isinstance(setting, dict) or setting is None for setting in value.values())


def _provider_tools(value: Mapping[str, Json]) -> list[ToolDefinition]:
    """Return tools that a provider runs itself, each said as a name and its settings."""
    return [ToolDefinition(k, None, None, k, {k: v}) for k, v in value.items() if v is not None]


def _definition(raw: dict[str, Json]) -> ToolDefinition:
    """Return one definition; OpenAI's and Bedrock's stand one level down."""
    inner = raw
    for key in _INNER:
        if isinstance(raw.get(key), dict):
            inner = raw[key]
    schema = next((inner[k] for k in _SCHEMA_KEYS if inner.get(k) is not None), None)
    schema = parse_or_text(schema)
    if isinstance(schema, dict) and schema.keys() == {"json"}:
        schema = schema["json"]
    kind, name, about = raw.get("type"), inner.get("name"), inner.get("description")
    return ToolDefinition(
        name if isinstance(name, str) else "",
        about if isinstance(about, str) else None,
        schema,
        kind if isinstance(kind, str) else "function",
        raw,
    )
