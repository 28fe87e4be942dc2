"""LangChain: messages dumped with `lc`/`kwargs`, with `type`/`data`, flat, or as role and text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from spotlight.messages.canonical import Json
from spotlight.messages.shapes.table import Envelope, EnvelopeReader, Raw, Rewrite, Shape
from spotlight.messages.values import join, rest, take

_ROLES: Final = {
    "human": "user", "ai": "assistant", "system": "system", "tool": "tool", "function": "tool",
    "HumanMessage": "user", "AIMessage": "assistant", "SystemMessage": "system", "ToolMessage": "tool",
    "FunctionMessage": "tool", "HumanMessageChunk": "user", "AIMessageChunk": "assistant",
    "SystemMessageChunk": "system", "ToolMessageChunk": "tool",
}  # fmt: skip
_PACKAGES: Final = frozenset(
    ["langchain", "langchain_core", "schema", "messages", "ai", "human", "system", "tool", "function"]
)
_WRAPPERS: Final = ("inputs", "outputs", "update", "output", "input")


def _role(kind: Json) -> str | None:
    return _ROLES.get(kind) if isinstance(kind, str) else None


def _class_name(raw: Raw) -> Json:
    path = raw.get("id")
    return path[-1] if isinstance(path, list) and path else None


def _is_dumped(raw: Raw) -> bool:
    return raw.get("type") == "constructor" and isinstance(raw.get("kwargs"), dict) and (
        _role(_class_name(raw)) is not None or _role(raw["kwargs"].get("type")) is not None
    )  # fmt: skip


def _dumped(raw: Raw) -> list[Raw]:
    inner = raw["kwargs"]
    kind = inner.get("type") if _role(inner.get("type")) else _class_name(raw)
    known = _role(_class_name(raw)) is not None and set(raw["id"][:-1]) <= _PACKAGES
    around = rest(
        {k: v for k, v in raw.items() if k not in ("lc", "type", "kwargs") and not (known and k == "id")}
    )
    return [join(_flat(kind, inner), {"envelope": around} if around else {})]


def _is_typed(raw: Raw) -> bool:
    return "role" not in raw and _role(raw.get("type")) is not None and (
        isinstance(raw.get("data"), dict) or "content" in raw
    )  # fmt: skip


def _typed(raw: Raw) -> list[Raw]:
    if not isinstance(raw.get("data"), dict):
        return [_flat(raw["type"], raw)]
    around = rest({k: v for k, v in raw.items() if k not in ("type", "data")})
    return [join(_flat(raw["type"], raw["data"]), {"envelope": around} if around else {})]


def _flat(kind: Json, inner: Mapping[str, Json]) -> Raw:
    """Return the fields of a message as {role, content, tool_calls, ...}.

    `additional_kwargs` repeats the tool calls in the provider's form: they are read from there
    only where `tool_calls` is empty.
    """
    left = {k: v for k, v in inner.items() if k != "type" or _role(v) is None}
    extras = dict(left["additional_kwargs"]) if isinstance(left.get("additional_kwargs"), dict) else {}
    if not left.get("tool_calls") and extras.get("tool_calls"):
        left["tool_calls"] = extras.pop("tool_calls")
    if not left.get("tool_calls") and extras.get("function_call"):
        left["function_call"] = extras.pop("function_call")
    if "additional_kwargs" in left and isinstance(left["additional_kwargs"], dict):
        left["additional_kwargs"] = rest(extras)
    if _role(kind) == "tool" and left.get("status") in ("error", "success"):
        failed = left.pop("status") == "error"
        left = join({"is_error": failed}, left)
    meta = left.get("response_metadata")
    if (
        isinstance(meta, dict)
        and isinstance(meta.get("finish_reason"), str)
        and not left.get("finish_reason")
    ):
        left["finish_reason"] = meta["finish_reason"]
        left["response_metadata"] = {k: v for k, v in meta.items() if k != "finish_reason"}
    return {"role": _role(kind), **left}


def _is_generation(raw: Raw) -> bool:
    return "role" not in raw and isinstance(raw.get("message"), dict) and "text" in raw


def _generation(raw: Raw) -> list[Raw]:
    left = dict(raw)
    message = left.pop("message")
    fields = message.get("kwargs") if isinstance(message.get("kwargs"), dict) else message
    if fields.get("content") == left.get("text") or not left.get("text"):
        left.pop("text")
    return [{"nested": [message], "envelope": rest(left)}]


def _is_result(raw: Raw) -> bool:
    return isinstance(raw.get("generations"), list) and "role" not in raw


def _result(raw: Raw) -> Envelope:
    left = dict(raw)
    return Envelope(output=left.pop("generations"), rest=rest(left))


def _wrapped(raw: Raw) -> str | None:
    """Return the key under which LangGraph and OpenLLMetry put the messages, None for other objects."""
    if "role" in raw or "content" in raw:
        return None
    return next((k for k in _WRAPPERS if _holds_messages(raw.get(k))), None)


def _holds_messages(inner: Json) -> bool:
    if isinstance(inner, list):
        return bool(inner) and all(isinstance(m, dict) and _is_message(m) for m in inner)
    return isinstance(inner, dict) and _is_state(inner)


def _is_message(raw: Raw) -> bool:
    return _is_dumped(raw) or _is_typed(raw) or raw.get("type") == "tool_call" or _wrapped(raw) is not None


def _is_state(inner: Raw) -> bool:
    return isinstance(inner.get("messages"), list) or _is_dumped(inner) or _is_typed(inner)


def _unwrap(raw: Raw) -> Envelope:
    left = dict(raw)
    inner = left.pop(_wrapped(raw) or "")
    if isinstance(inner, list) or not isinstance(inner.get("messages"), list):
        return Envelope(input=inner if isinstance(inner, list) else [inner], rest=rest(left))
    more = dict(inner)
    return Envelope(input=take(more, "messages"), rest=join(rest(left), rest(more)))


SHAPE = Shape(
    "langchain",
    rewrites=(Rewrite(_is_dumped, _dumped), Rewrite(_is_typed, _typed), Rewrite(_is_generation, _generation)),
    envelopes=(
        EnvelopeReader(_is_result, _result),
        EnvelopeReader(lambda raw: _wrapped(raw) is not None, _unwrap),
    ),
)
