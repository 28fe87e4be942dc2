"""What spans carried, as conversations: from their columns, attributes, events, and log records."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import orjson

from spotlight.exact_json import parsed
from spotlight.messages import Conversation, read_conversation
from spotlight.reports.span_document import CONTENT, in_events, promoted

Key = tuple[str, str]  # trace id, span id
_NOTHING: Final = Conversation([], [], [], [], "absent", ())
_CALLED: Final = _NOTHING._replace(state="full")
# What a reader of messages makes something of: roles and parts, content that was cut or taken out.
_MARKS: Final = ('"content', '"parts"', '"functionResponse"', "TRUNCATED", "REDACTED", "Scrubbed")
_JSON: Final = ("{", "[", '"')


class Content(NamedTuple):
    """What one step carried: the columns as sent, and the conversation read from them and all else."""

    payload: Mapping[str, str | None]
    conversation: Conversation

    def of(self, *columns: str) -> str | None:
        """Return the first of the columns that holds something."""
        return next((text for name in columns if (text := self.payload.get(name))), None)


NOTHING: Final = Content({}, _NOTHING)


class Contents:
    """What the spans of some traces carried; a step is read when it is asked for."""

    def __init__(self, rows: Iterable[Mapping[str, Any]], logs: Iterable[dict[str, Any]]) -> None:
        self._rows = {(row["trace_id"], row["span_id"]): row for row in rows}
        self._logs: dict[Key, list[dict[str, Any]]] = defaultdict(list)
        for log in logs:
            self._logs[log["trace_id"], log["span_id"]].append(log)

    def read(self, keys: Sequence[Key]) -> Content:
        """Return what a step carried: its span first, then the rows that tell of the same step."""
        rows = [row for key in keys if (row := self._rows.get(key)) is not None]
        logs = [log for key in keys for log in self._logs.get(key, ())]
        if not rows:
            return NOTHING
        payload = {name: _first(rows, name) for name in CONTENT}
        if not logs and _is_plain_call(payload):
            return Content(payload, _CALLED)
        attributes = _opened(_first(rows, "attributes"))
        events = _opened(_first(rows, "events"))
        attributes = attributes if isinstance(attributes, dict) else {}
        events = events if isinstance(events, list) else []
        if events:
            payload |= in_events(str(rows[0]["dialect"]), payload, events)
        if not (events or logs or attributes or any(payload.values())):
            return NOTHING
        conversation = read_conversation(
            payload,
            dialect=str(rows[0]["dialect"]),
            attributes=attributes | promoted(rows[0]),
            events=events,
            logs=[log | {name: parsed(log[name]) for name in ("body", "attributes")} for log in logs],
        )
        return Content(payload, conversation)


def _is_plain_call(payload: Mapping[str, str | None]) -> bool:
    """Return whether a tool's columns are all there is to read: words, or whole JSON that is no message.

    Reading a conversation takes a quarter of a millisecond, and half of a long run's steps are tool calls.
    """
    told = [payload["tool_arguments"], payload["tool_result"]]
    others = (text for name, text in payload.items() if name not in ("tool_arguments", "tool_result"))
    return None not in told and not any(others) and all(_is_plain(text or "") for text in told)


def _is_plain(text: str) -> bool:
    if any(mark in text for mark in _MARKS):
        return False
    return text.lstrip()[:1] not in _JSON or _opened(text) is not None


def _opened(text: str | None) -> Any:
    if not text:
        return None
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None


def _first(rows: Sequence[Mapping[str, Any]], name: str) -> str | None:
    return next((text for row in rows if (text := row[name])), None)
