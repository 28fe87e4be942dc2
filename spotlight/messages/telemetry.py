"""Content that arrives beside the span's attributes: span events and log records.

    semconv 1.26-1.27   span events gen_ai.content.prompt / .completion, JSON in one attribute
    semconv 1.28-1.36   one log record (or span event) per message; content in the body
    semconv 1.37 on     one gen_ai.client.inference.operation.details with structured attributes

Source: section "Content in events vs attributes vs logs" of docs/dialects.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from spotlight.messages.canonical import Json
from spotlight.messages.shapes.event_objects import CHOICE, NAME, ROLES, event_message
from spotlight.messages.shapes.table import Raw
from spotlight.messages.values import parse_or_text, plain

DETAILS: Final = "gen_ai.client.inference.operation.details"
_PROMPT: Final = ("gen_ai.content.prompt", "gen_ai.prompt")
_COMPLETION: Final = ("gen_ai.content.completion", "gen_ai.completion")


class Said(NamedTuple):
    """Content found in events or logs, side by side, as sent; None where there was none."""

    system: Json = None
    input: Json = None
    output: Json = None
    tools: Json = None


def from_records(events: Sequence[Mapping[str, Json]], logs: Sequence[Mapping[str, Json]]) -> list[Said]:
    """Return what events and logs say, the fullest form first: details, messages, content events."""
    named = [*(_event(e) for e in events), *(_log(r) for r in logs)]
    details = [_details(fields) for name, fields in named if name == DETAILS]
    per_signal = [[_event(e) for e in events], [_log(r) for r in logs]]
    messages = [said for signal in per_signal if (said := _messages(signal)) != Said()]
    content = Said(
        input=_content(named, *_PROMPT),
        output=_content(named, *_COMPLETION),
    )
    return [*details, *messages, content]


def _event(event: Mapping[str, Json]) -> tuple[str, Raw]:
    attributes = event.get("attributes")
    fields = dict(attributes) if isinstance(attributes, Mapping) else {}
    return str(event.get("name") or fields.get(NAME) or ""), fields


def _log(record: Mapping[str, Json]) -> tuple[str, Raw]:
    """Return a log record's event name and fields: the name field, else `event.name`, else the body."""
    attributes = record.get("attributes")
    fields = dict(attributes) if isinstance(attributes, Mapping) else {}
    body = record.get("body")
    inner = parse_or_text(body) if isinstance(body, str) else body
    if isinstance(inner, Mapping):
        fields = {**fields, **inner}
    name = record.get("event_name") or fields.get(NAME) or (body if isinstance(body, str) else "")
    return str(name)[:200], fields


def _details(fields: Raw) -> Said:
    return Said(
        system=fields.get("gen_ai.system_instructions"),
        input=fields.get("gen_ai.input.messages"),
        output=fields.get("gen_ai.output.messages"),
        tools=fields.get("gen_ai.tool.definitions"),
    )


def _content(named: Iterable[tuple[str, Raw]], event: str, key: str) -> Json:
    return next((fields.get(key) for name, fields in named if name == event and fields.get(key)), None)


def _messages(named: list[tuple[str, Raw]]) -> Said:
    """Return the messages of one signal's events: choices are answers, all else goes in."""
    known = [(name, plain(fields)) for name, fields in named if name in ROLES]
    if not known:
        return Said()
    calls = _own_calls(known)
    sent: list[Raw] = []
    answered: list[Raw] = []
    for name, fields in known:
        if name == "gen_ai.tool.message" and fields.get("id") in calls:
            sent.append(_own_call(fields))
        elif name == CHOICE and fields.get("id") in calls:
            answered += _as_answer(event_message(name, fields))
        else:
            (answered if name == CHOICE else sent).extend(event_message(name, fields))
    return Said(input=sent or None, output=answered or None)


def _own_calls(known: list[tuple[str, Raw]]) -> set[Json]:
    """Return the ids of calls that the span itself carried out.

    Strands writes a tool span's arguments as gen_ai.tool.message and its result as gen_ai.choice
    with the same id; in a model call a tool message is an answer and its choice has no id.
    """
    ids = [{f["id"] for n, f in known if n == name and isinstance(f.get("id"), str)} for name in (
        "gen_ai.tool.message", CHOICE,
    )]  # fmt: skip
    return ids[0] & ids[1]


def _own_call(fields: Raw) -> Raw:
    name = fields.get("name") or fields.get("gen_ai.tool.name") or ""
    call = {"type": "tool_call", "id": fields["id"], "name": name, "arguments": fields.get("content")}
    return {"role": "assistant", "content": [call]}


def _as_answer(messages: list[Raw]) -> list[Raw]:
    """Return a tool's result with the role of one."""
    for message in messages:
        message["role"] = "tool"
        message["tool_call_id"] = message.pop("id", None)
        status = message.pop("tool.status", None)
        if status in ("error", "success"):
            message["is_error"] = status == "error"
        elif status is not None:
            message["tool.status"] = status
    return messages
