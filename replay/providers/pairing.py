"""Ids of tool calls that an API takes: some recordings have none, use one twice, or in letters it refuses.

Ids are no keys: a call and its answer belong together by their order and name where ids do not tell.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from spotlight.messages.canonical import Message, Part, ToolCall, ToolCallResponse

# Anthropic's pattern, within OpenAI's 40 characters: what all of them take.
_TAKEN: Final = re.compile(r"[a-zA-Z0-9_-]{1,40}\Z")


def with_ids(messages: Sequence[Message], notes: dict[str, None]) -> list[Message]:
    """Return the messages with an id of its own for each call, and the same for its answer.

    An id that is fine stays. An answer belongs to the oldest call that waits for one and has its id, else its
    name, else to the oldest at all.
    """
    used: set[str] = set()
    waiting: list[tuple[ToolCall, str]] = []  # calls as recorded, with their new ids
    number = 0

    def part_with_id(part: Part) -> Part:
        nonlocal number
        if isinstance(part, ToolCall):
            number += 1
            found = part.id or ""
            if not _TAKEN.match(found) or found in used:
                found = _fresh(number, used)
                notes["ids of tool calls were missing, doubled or refused by this API: made up anew"] = None
            used.add(found)
            waiting.append((part, found))
            return part if found == part.id else replace(part, id=found)
        if isinstance(part, ToolCallResponse) and waiting:
            index = _answered(part, [call for call, _ in waiting])
            _, found = waiting.pop(index)
            return part if found == part.id else replace(part, id=found)
        return part

    return [message._replace(parts=tuple(map(part_with_id, message.parts))) for message in messages]


def _answered(answer: ToolCallResponse, calls: Sequence[ToolCall]) -> int:
    """Return which of the waiting calls is answered."""
    by_id = (i for i, call in enumerate(calls) if answer.id and call.id == answer.id)
    by_name = (i for i, call in enumerate(calls) if answer.name and call.name == answer.name)
    return next(by_id, next(by_name, 0))


def _fresh(number: int, used: set[str]) -> str:
    found = f"call_{number}"
    while found in used:
        found += "_"
    return found
