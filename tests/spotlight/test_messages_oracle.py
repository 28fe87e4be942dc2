"""The messages of other people's traces, against what another product read out of them.

Measured: the oracle holds 108 messages. In 31 of them it has no role or neither text nor tool calls:
it kept them as an object it could not read (22 of those are read here, the other 9 are results of tools
or functions and no messages). Of the 77 that it read, 76 agree in role, text and tool calls; the last one
is explained in EXPLAINED.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

from spotlight.messages import Message, Text, ToolCall, ToolCallResponse, read_conversation

EXPLAINED = {
    # Gemini sends answers of tools as the user's; here they are the tool's, whoever sent them
    "google-adk/bded677884f031ce/input/3",
}

Told = tuple[str | None, str, list[tuple[str, Any]]]


class Compared(NamedTuple):
    """One message of the oracle beside ours at the same place."""

    where: str
    theirs: Told
    ours: Told | None


def _json(text: Any) -> Any:
    try:
        return json.loads(text)
    except (ValueError, TypeError):
        return text


def _theirs(message: dict[str, Any]) -> Told:
    calls = [(c["name"], _json(c["arguments"])) for c in message.get("tool_calls", [])]
    content = message.get("content")
    words = content if isinstance(content, str) else ""
    for block in content if isinstance(content, list) else []:
        if block.get("type") == "text":
            words += block["text"]
        else:
            name, inner = block.get("name") or block["toolName"], block.get("input", block.get("args"))
            calls.append((name, _json(inner)))
    role = message.get("role")
    return ("assistant" if role == "model" else role), words, calls


def _ours(messages: list[Message]) -> list[Told]:
    """Return our messages one by one; the oracle gives every answer of a tool a message of its own."""
    told: list[Told] = []
    for message in messages:
        answers = [p.response for p in message.parts if isinstance(p, ToolCallResponse)]
        told += [(message.role, a if isinstance(a, str) else json.dumps(a), []) for a in answers]
        words = "".join(p.content for p in message.parts if isinstance(p, Text))
        calls = [(p.name, p.arguments) for p in message.parts if isinstance(p, ToolCall)]
        if not answers:
            told.append((message.role, words, calls))
    return told


def _compare(folder: Path) -> list[Compared]:
    found = []
    for expected in sorted(folder.glob("*.chatml.json")):
        trace = json.loads(Path(str(expected).replace(".chatml.", ".trace.")).read_text())
        spans = {o["id"]: o for o in trace["observations"]}
        for span_id, sides in json.loads(expected.read_text()).items():
            for side, theirs in sides.items():
                if theirs and theirs["success"]:
                    raw = spans.get(span_id, trace["trace"]).get(side)
                    where = f"{expected.name.split('-2025')[0]}/{span_id}/{side}"
                    found += _pairs(where, theirs["data"], raw)
    return found


def _pairs(where: str, theirs: list[dict[str, Any]], raw: Any) -> list[Compared]:
    text = raw if isinstance(raw, str) or raw is None else json.dumps(raw)
    side = "input" if where.endswith("input") else "output"
    conversation = read_conversation({f"{side}_messages": text}, dialect="langfuse")
    head = [Message("system", tuple(conversation.system))] if conversation.system and side == "input" else []
    ours = _ours([*head, *conversation.input, *conversation.output])
    return [
        Compared(f"{where}/{i}", _theirs(m), ours[i] if i < len(ours) else None) for i, m in enumerate(theirs)
    ]


def _same(pair: Compared) -> bool:
    if pair.ours is None or pair.ours[0] != pair.theirs[0]:
        return False
    return _json(pair.ours[1]) == _json(pair.theirs[1]) and pair.ours[2] == pair.theirs[2]


def test_the_oracle_agrees(test_data: Path) -> None:
    """Every message the oracle could read has the same role, text and tool calls here."""
    pairs = _compare(test_data / "captures" / "_messages-oracle")
    readable = [p for p in pairs if p.theirs[0] and (p.theirs[1] or p.theirs[2])]
    assert 108 == len(pairs)
    assert 77 == len(readable)
    assert EXPLAINED == {p.where for p in readable if not _same(p)}


def test_more_is_read_than_the_oracle_could(test_data: Path) -> None:
    """Of the messages the oracle could not read, 22 have text or tool calls here."""
    pairs = _compare(test_data / "captures" / "_messages-oracle")
    unread = [p for p in pairs if not (p.theirs[0] and (p.theirs[1] or p.theirs[2]))]
    assert 31 == len(unread)
    assert 22 == sum(p.ours is not None and bool(p.ours[1] or p.ours[2]) for p in unread)
