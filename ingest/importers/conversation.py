"""A list of chat messages -> the model calls and tool calls that made it.

Times are an order only: steps begin a millisecond apart, none has an end, and each says so
(`spotlight.import.times` is `order`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from ingest.importers.encoding import json_text
from ingest.importers.items import Span
from ingest.importers.values import as_text, is_nothing, rest
from spotlight import semconv as sc

STEP_NS: Final = 1_000_000
_ROLES: Final = frozenset(["system", "developer", "user", "assistant", "tool", "function"])
_ANSWERS: Final = ("tool", "function")
_MESSAGE: Final = frozenset(["role", "content", "name", "tool_calls", "tool_call_id", "function_call",
                             "function", "error", "id", "source", "model"])  # fmt: skip


class Call(NamedTuple):
    """A tool call that a model asked for."""

    id: str | None
    name: str | None
    arguments: Any


def is_conversation(value: object) -> bool:
    """Return whether a value is a list of messages: objects with a role and content, one at least."""
    if not isinstance(value, list) or not value:
        return False
    return all(isinstance(m, Mapping) and str(m.get("role")) in _ROLES for m in value)


def conversation_spans(trace: str, root: Span, messages: Sequence[Any], model: str | None) -> Iterator[Span]:
    """Yield a span per assistant message and per answered tool call, in their order, below `root`.

    A call's input is all that was said before it. Answers belong to the calls of the assistant message
    right before them: by id, else in their order, since ids come again within a conversation.
    """
    at = root.started_ns
    waiting: list[Call] = []
    for place, message in enumerate(messages):
        if not isinstance(message, Mapping):
            continue
        role = message.get("role")
        if role == "assistant":
            at += STEP_NS
            waiting = calls_of(message)
            yield _model_call(trace, root, list(messages[:place]), message, f"m{place}", at, model)
        elif role in _ANSWERS:
            at += STEP_NS
            yield _tool_call(trace, root, _answered(waiting, message), message, f"m{place}", at)


def calls_of(message: Mapping[str, Any]) -> list[Call]:
    """Return the tool calls of an assistant message: `tool_calls`, or the older `function_call`."""
    sent = message.get("tool_calls")
    calls = [call for call in sent if isinstance(call, Mapping)] if isinstance(sent, list) else []
    older = message.get("function_call")
    if not calls and isinstance(older, Mapping):
        calls = [{"function": older}]
    found = []
    for call in calls:
        function = call.get("function")  # OpenAI nests name and arguments; others have them on the call
        inner = function if isinstance(function, Mapping) else call
        name = as_text(inner.get("name")) or (function if isinstance(function, str) else None)
        found.append(Call(as_text(call.get("id")), name, inner.get("arguments", inner.get("args"))))
    return found


def _answered(waiting: list[Call], message: Mapping[str, Any]) -> Call:
    """Take the call that a message answers off the waiting ones; an empty call where none waits."""
    named = as_text(message.get("tool_call_id"))
    place = next((i for i, call in enumerate(waiting) if named and call.id == named), 0)
    return waiting.pop(place) if waiting else Call(named, None, None)


def _model_call(
    trace: str, root: Span, before: list[Any], message: Mapping[str, Any], id: str, at: int, model: str | None
) -> Span:
    said_model = as_text(message.get("model")) or model
    attributes = {
        sc.SPOTLIGHT_KIND: "llm",
        sc.SPOTLIGHT_IMPORT_TIMES: "order",
        sc.GEN_AI_REQUEST_MODEL: said_model,
        sc.GEN_AI_AGENT_NAME: as_text(message.get("name")),
        sc.GEN_AI_INPUT_MESSAGES: json_text(before),
        sc.GEN_AI_OUTPUT_MESSAGES: json_text([message]),
        **rest(message, _MESSAGE),
    }
    return Span(trace, id, root.id, f"chat {said_model}" if said_model else "chat", at, 0, attributes)


def _tool_call(trace: str, root: Span, call: Call, message: Mapping[str, Any], id: str, at: int) -> Span:
    error = message.get("error")
    failed = not is_nothing(error)
    function = message.get("function")
    name = call.name or as_text(message.get("name")) or (function if isinstance(function, str) else None)
    attributes = {
        sc.SPOTLIGHT_KIND: "tool",
        sc.SPOTLIGHT_IMPORT_TIMES: "order",
        sc.GEN_AI_TOOL_NAME: name,
        sc.GEN_AI_TOOL_CALL_ID: call.id,
        sc.GEN_AI_TOOL_CALL_ARGUMENTS: None if call.arguments is None else json_text(call.arguments),
        sc.GEN_AI_TOOL_CALL_RESULT: None
        if is_nothing(message.get("content"))
        else json_text(message["content"]),
        sc.ERROR_TYPE: as_text(error.get("type")) if isinstance(error, Mapping) else None,
        **rest(message, _MESSAGE),
    }
    said = error.get("message") if isinstance(error, Mapping) else error
    return Span(
        trace, id, root.id, f"execute_tool {name or 'tool'}", at, 0, attributes,
        status="error" if failed else "unset", message=json_text(said) if failed else "",
    )  # fmt: skip
