"""Which tools a model may or must call, and in which format it answers: one meaning, four spellings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from replay.providers.models import Api
from spotlight.messages.canonical import Json

AUTO: Final = "auto"
NONE: Final = "none"
REQUIRED: Final = "required"
_MODES: Final[Mapping[str, str]] = {
    "auto": AUTO, "none": NONE, "required": REQUIRED, "any": REQUIRED, "AUTO": AUTO, "NONE": NONE,
    "ANY": REQUIRED,
}  # fmt: skip


class Choice(NamedTuple):
    """Whether a model may, must or must not call tools; `name` is the one it must call."""

    mode: str
    name: str | None = None
    is_parallel: bool | None = None  # None: not said


class Format(NamedTuple):
    """That the answer is JSON, of a schema where there is one."""

    schema: Json
    name: str = "answer"
    is_strict: bool | None = None


def read_choice(sent: Json) -> Choice | None:
    """Return the meaning of a tool choice in any of the four forms; None where it has none that is known."""
    if isinstance(sent, str):
        return Choice(_MODES[sent]) if sent in _MODES else None
    if not isinstance(sent, Mapping):
        return None
    gemini = sent.get("functionCallingConfig") or sent.get("function_calling_config")
    if isinstance(gemini, Mapping):
        return _gemini_choice(gemini)
    parallel = not sent["disable_parallel_tool_use"] if "disable_parallel_tool_use" in sent else None
    inner = sent.get("function")
    name = inner.get("name") if isinstance(inner, Mapping) else sent.get("name") or sent.get("toolName")
    if isinstance(name, str):
        return Choice(REQUIRED, name, parallel)
    kind = sent.get("type")
    return Choice(_MODES[kind], None, parallel) if isinstance(kind, str) and kind in _MODES else None


def _gemini_choice(config: Mapping[str, Json]) -> Choice | None:
    mode = _MODES.get(str(config.get("mode")))
    names = config.get("allowedFunctionNames") or config.get("allowed_function_names") or []
    if mode is None or len(names) > 1:
        return None
    return Choice(mode, str(names[0]) if names and mode == REQUIRED else None)


def write_choice(choice: Choice, api: Api) -> dict[str, Json]:
    """Return the fields of the body that say the choice."""
    parallel: dict[str, Json] = {}
    if choice.is_parallel is not None and api in ("chat", "responses"):
        parallel = {"parallel_tool_calls": choice.is_parallel}
    if api == "chat":
        named: Json = {"type": "function", "function": {"name": choice.name}}
        return {"tool_choice": named if choice.name else choice.mode, **parallel}
    if api == "responses":
        named = {"type": "function", "name": choice.name}
        return {"tool_choice": named if choice.name else choice.mode, **parallel}
    if api == "messages":
        kind = "tool" if choice.name else {REQUIRED: "any"}.get(choice.mode, choice.mode)
        found: dict[str, Json] = {"type": kind} | ({"name": choice.name} if choice.name else {})
        if choice.is_parallel is not None and kind != NONE:
            found["disable_parallel_tool_use"] = not choice.is_parallel
        return {"tool_choice": found}
    config: dict[str, Json] = {"mode": {REQUIRED: "ANY"}.get(choice.mode, choice.mode.upper())}
    if choice.name:
        config["allowedFunctionNames"] = [choice.name]
    return {"toolConfig": {"functionCallingConfig": config}}


def read_format(extra: Mapping[str, Json]) -> tuple[Format | None, frozenset[str]]:
    """Return the format that unknown fields of a body ask for, and the names of those that say it."""
    chat = extra.get("response_format")
    if isinstance(chat, Mapping):
        inner = chat.get("json_schema")
        if chat.get("type") == "json_schema" and isinstance(inner, Mapping):
            return _named(inner), frozenset(["response_format"])
        found = Format(None) if chat.get("type") == "json_object" else None
        return found, frozenset(["response_format"])
    for field in ("text", "output_config", "output_format"):
        said = extra.get(field)
        inner = said.get("format", said) if isinstance(said, Mapping) else None
        if isinstance(inner, Mapping) and inner.get("type") in ("json_schema", "json_object"):
            return _named(inner), frozenset([field])
    names = {"responseSchema", "responseJsonSchema", "response_schema", "response_json_schema"}
    mime = {"responseMimeType", "response_mime_type"} & extra.keys()
    schema = next((extra[name] for name in sorted(names & extra.keys())), None)
    if schema is not None or any(extra[name] == "application/json" for name in mime):
        return Format(_plain_schema(schema)), frozenset((names & extra.keys()) | mime)
    return None, frozenset()


def _named(inner: Mapping[str, Json]) -> Format:
    return Format(inner.get("schema"), str(inner.get("name") or "answer"), inner.get("strict"))


def _plain_schema(schema: Json) -> Json:
    """Return Gemini's schema, whose types are in upper case, as a JSON schema."""
    if isinstance(schema, Mapping):
        return {
            key: value.lower() if key == "type" and isinstance(value, str) else _plain_schema(value)
            for key, value in schema.items()
        }
    return [_plain_schema(item) for item in schema] if isinstance(schema, list) else schema


def write_format(wanted: Format, api: Api) -> dict[str, Json] | None:
    """Return the fields of the body that ask for the format; None where the form has none for it."""
    strict = {} if wanted.is_strict is None else {"strict": wanted.is_strict}
    named = {"name": wanted.name, "schema": wanted.schema, **strict}
    if api == "chat":
        asked: Json = {"type": "json_schema", "json_schema": named}
        return {"response_format": {"type": "json_object"} if wanted.schema is None else asked}
    if api == "responses":
        asked = {"type": "json_schema", **named}
        return {"text": {"format": {"type": "json_object"} if wanted.schema is None else asked}}
    if api == "messages":
        if wanted.schema is None:
            return None
        return {"output_config": {"format": {"type": "json_schema", "schema": wanted.schema}}}
    schema = {} if wanted.schema is None else {"responseJsonSchema": wanted.schema}
    return {"generationConfig": {"responseMimeType": "application/json", **schema}}
