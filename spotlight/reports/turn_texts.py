"""What the user asked and what the agent answered in a run, from what its spans carried."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import orjson

from spotlight.messages import Conversation, Message, Text, read_conversation

# Content of a span beyond it is not read: a session's page would wait for megabytes of history.
MOST_BYTES: Final = 4 << 20
_COLUMNS: Final = ("input_messages", "output_messages", "input_value", "output_value")


class Texts(NamedTuple):
    """A turn's words, hostile text; None where no content says them."""

    question: str | None
    answer: str | None


def turn_texts(rows: Sequence[Mapping[str, Any]]) -> Texts:
    """Return question and answer of one run from its rows of sql/session_content.sql.

    The question is the last thing a user says to the run's first model call, the answer what its last
    model call says; where one of them says nothing, what went into the root and came out of it, and for the
    question the prompt that a log record tells.
    """
    said = {str(row["place"]): _conversation(row) for row in rows}
    whole = {str(row["place"]): row for row in rows}
    root = said.get("root")
    question = _last_words(said["first"].input, "user") if "first" in said else None
    answer = _last_words(said["last"].output, "assistant") if "last" in said else None
    if root is not None:
        question = question or _last_words(root.input, "user") or _plain(whole["root"]["input_value"])
        answer = answer or _last_words(root.output, "assistant") or _plain(whole["root"]["output_value"])
    if "prompt" in whole:
        question = question or _plain(whole["prompt"]["input_value"])
    return Texts(question, answer)


def _conversation(row: Mapping[str, Any]) -> Conversation:
    attributes, events = _opened(row["attributes"]), _opened(row["events"])
    return read_conversation(
        {name: row[name] for name in _COLUMNS},
        dialect=str(row["dialect"]),
        attributes=attributes if isinstance(attributes, dict) else {},
        events=events if isinstance(events, list) else [],
    )


def _last_words(messages: Sequence[Message], role: str) -> str | None:
    for message in reversed(messages):
        words = "".join(part.content for part in message.parts if isinstance(part, Text)).strip()
        if words and message.role == role:
            return words
    return None


def _plain(text: str | None) -> str | None:
    """Return text that is no JSON document, or the one string that a document is."""
    if text is None or not text.strip():
        return None
    found = _opened(text)
    if isinstance(found, str):
        return found
    return text.strip() if found is None else None


def _opened(text: str | None) -> Any:
    if not text:
        return None
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
