"""One span's payload columns, attributes, events and logs -> one Conversation.

Attributes win, events and logs fill gaps: a side that one source has told is not told again
by the next (section "Content in events vs attributes vs logs" of docs/dialects.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from spotlight.messages.canonical import (
    Conversation,
    Json,
    Message,
    Part,
    Reasoning,
    State,
    Text,
    ToolCall,
    ToolCallResponse,
    ToolDefinition,
    part_json,
)
from spotlight.messages.reading import Bundle, read_bundle, read_parts
from spotlight.messages.shapes.indexed import is_indexed_key, missing
from spotlight.messages.telemetry import from_records
from spotlight.messages.tools import read_tools
from spotlight.messages.values import parse, parse_or_text

_INPUT_KEYS: Final = (
    "gen_ai.input.messages", "ai.prompt.messages", "ai.prompt", "pydantic_ai.all_messages", "events",
    "all_messages_events", "gen_ai.prompt", "input.value",
)  # fmt: skip
_OUTPUT_KEYS: Final = ("gen_ai.output.messages", "gen_ai.completion", "final_result", "output.value")
_TOOL_KEYS: Final = (
    "gen_ai.tool.definitions",
    "ai.prompt.tools",
    "mlflow.chat.tools",
    "llm.invocation_parameters",
)
_TOOL_NAME_KEYS: Final = ("gen_ai.tool.name", "ai.toolCall.name", "tool.name", "tool_name")
_TOOL_ID_KEYS: Final = (
    "gen_ai.tool.call.id",
    "gen_ai.tool.call_id",
    "ai.toolCall.id",
    "tool_call.id",
    "tool_use_id",
)

_TOOL_STATUS_KEYS: Final = ("gen_ai.tool.status", "tool.status")
_CUT: Final = re.compile(r"\.{3}\s?\[TRUNCATED", re.IGNORECASE)
_CUT_FLAG: Final = re.compile(r"(?:[._]|\A)truncated\Z")
_REDACTED: Final = re.compile(
    r"\s*(?:[<\[]REDACTED[>\]]|__REDACTED__|\[Scrubbed due to .{0,80}\])\s*\Z", re.DOTALL
)


def read_conversation(
    payload: Mapping[str, str | None],
    *,
    dialect: str,
    attributes: Mapping[str, object] = {},
    events: Sequence[Mapping[str, Json]] = (),
    logs: Sequence[Mapping[str, Json]] = (),
) -> Conversation:
    """Return what the span says, in canonical form.

    `payload` holds the content columns of a payloads row; `attributes`, `events` ({name, time_ns,
    attributes}) and `logs` ({event_name, body, attributes}) are those of the same span. `dialect`
    is named in the notes where content was there and no message came of it. Never raises on content.
    """
    gathered = _Gathering()
    side = _columns(payload)
    gathered.add(_read(side.get("input_messages"), "user"), "input")
    gathered.add(_read(side.get("output_messages"), "assistant"), "output")
    for key in ("system_instructions", "tool_definitions"):
        gathered.cut |= parse(side.get(key)).cut
    gathered.system = gathered.system or _system(side.get("system_instructions"))
    gathered.tools = read_tools(side.get("tool_definitions")) or gathered.tools
    _add_keys(gathered, attributes)
    for said in from_records(events, logs):
        gathered.add(_read(said.input, "user"), "input")
        gathered.add(_read(said.output, "assistant"), "output")
        gathered.system = gathered.system or _system(said.system)
        gathered.tools = gathered.tools or read_tools(said.tools)
    _add_tool_span(gathered, side, attributes)
    gathered.add(_read(side.get("input_value"), "user"), "input")
    gathered.add(_read(side.get("output_value"), "assistant"), "output")
    return _conclude(gathered, side, dialect, attributes)


class _Gathering:
    """The sides of a conversation while its sources are asked in turn."""

    def __init__(self) -> None:
        self.system: list[Part] = []
        self.input: list[Message] = []
        self.output: list[Message] = []
        self.tools: list[ToolDefinition] = []
        self.cut = False

    def add(self, found: Bundle, side: str) -> None:
        """Take what is still missing.

        What is asked for one side may tell of both: a history with its answer. What answers the
        output belongs there whole, whatever its roles.
        """
        told_in, told_out = found.input, found.output
        if side == "output":
            told_in, told_out = [], [*found.input, *found.output]
        used = False
        if told_in and not self.input:
            self.input, used = told_in, True
        if told_out and not self.output:
            self.output, used = told_out, True
        if used or not (self.input or self.output):
            self.system = self.system or found.system
            self.cut |= found.cut
        if not self.tools and found.tools is not None:
            self.tools = read_tools(found.tools)


def _columns(payload: Mapping[str, str | None]) -> dict[str, str]:
    return {k: v for k, v in payload.items() if v is not None and v != ""}


def _read(value: Json, role: str) -> Bundle:
    return Bundle([], [], [], None) if value is None else read_bundle(value, role)


def _system(value: Json) -> list[Part]:
    """Return instructions sent apart: text, JSON text, a list of parts, or whole system messages."""
    found = parse(value).value
    if isinstance(found, Mapping) and "parts" in found:
        found = found["parts"]
    if isinstance(found, list) and any(isinstance(m, Mapping) and "role" in m for m in found):
        bundle = read_bundle(found, "system")
        return bundle.system + [p for m in (*bundle.input, *bundle.output) for p in m.parts]
    return read_parts(found)


def _add_keys(gathered: _Gathering, attributes: Mapping[str, object]) -> None:
    """Add what stands in attributes that no column took."""
    flat = {k: v for k, v in attributes.items() if is_indexed_key(k)}
    if flat:
        found = read_bundle(flat, "user")
        gathered.add(found, "input")
        gathered.add(Bundle([], [], found.output, found.tools, found.cut), "output")
        _add_calls(gathered, found.output)
    results = {k: v for k, v in attributes.items() if k.startswith(("ai.response.", "ai.result."))}
    if results and not gathered.output:
        gathered.add(Bundle([], [], read_bundle(results, "assistant").output, None), "output")
    for keys, side, role in ((_INPUT_KEYS, "input", "user"), (_OUTPUT_KEYS, "output", "assistant")):
        for key in keys:
            if not (gathered.input if side == "input" else gathered.output):
                gathered.add(_read(attributes.get(key), role), side)
    gathered.system = gathered.system or _system(attributes.get("gen_ai.system_instructions"))
    for key in _TOOL_KEYS:
        if not gathered.tools and attributes.get(key):
            value = parse(attributes[key]).value
            value = (
                value.get("tools")
                if key == "llm.invocation_parameters" and isinstance(value, dict)
                else value
            )
            gathered.tools = read_tools(value)


def _add_calls(gathered: _Gathering, told: Sequence[Message]) -> None:
    """Add the calls of an answer whose own attribute leaves them out (LiteLLM tells them apart)."""
    calls = [part for message in told for part in message.parts if isinstance(part, ToolCall)]
    answered = [part for message in gathered.output for part in message.parts]
    if not calls or not gathered.output or any(isinstance(part, ToolCall) for part in answered):
        return
    last = gathered.output[-1]
    words = (part for part in last.parts if not (isinstance(part, Text) and not part.content))
    gathered.output[-1] = last._replace(parts=(*words, *calls))


def _add_tool_span(gathered: _Gathering, side: Mapping[str, str], attributes: Mapping[str, object]) -> None:
    """Add a tool span's call and answer as messages, where nothing else told of them."""
    name, call_id = _first(attributes, _TOOL_NAME_KEYS), _first(attributes, _TOOL_ID_KEYS)
    arguments, result = side.get("tool_arguments"), side.get("tool_result")
    if arguments is not None and not gathered.input:
        call = ToolCall(call_id, name or "", parse_or_text(arguments))
        gathered.input = [Message("assistant", (call,))]
        gathered.cut |= parse(arguments).cut
    if result is None or gathered.output:
        return
    gathered.cut |= parse(result).cut
    found = read_bundle(result, "tool")
    answers = [m for m in found.input if any(isinstance(p, ToolCallResponse) for p in m.parts)]
    gathered.output = answers or [Message("tool", (ToolCallResponse(call_id, parse_or_text(result), name),))]


def _first(attributes: Mapping[str, object], keys: Iterable[str]) -> str | None:
    return next((v for k in keys if isinstance(v := attributes.get(k), str) and v), None)


def _failed(message: Message) -> Message:
    """Return the message with its answers marked as errors: the span says that its tool failed."""
    parts = (
        replace(p, is_error=True) if isinstance(p, ToolCallResponse) and p.is_error is None else p
        for p in message.parts
    )
    return message._replace(parts=tuple(parts))


def _untell(found: _Gathering) -> None:
    """Take out what both sides tell: a history with its answer, an answer that repeats the history."""
    told, answer = [_said(m) for m in found.input], [_said(m) for m in found.output]
    if not told or not answer:
        return
    if len(answer) > len(told) and answer[: len(told)] == told:
        found.output = found.output[len(told) :]
    elif len(told) > len(answer) and told[-len(answer) :] == answer:
        found.output = found.input[-len(answer) :]
        found.input = found.input[: -len(answer)]


def _joined_pieces(messages: list[Message]) -> list[Message]:
    """Join the pieces of a streamed answer that a client recorded one by one (ADK).

    A piece has an empty finish reason and goes on in the next message of its role. Whole messages
    have a reason, or none was sent.
    """
    joined: list[Message] = []
    for message in messages:
        last = joined[-1] if joined else None
        if last is None or last.finish_reason != "" or last.role != message.role:
            joined.append(message)
            continue
        parts = [*last.parts, *message.parts]
        seam = len(last.parts)
        if 0 < seam < len(parts):
            before, after = parts[seam - 1], parts[seam]
            if isinstance(before, Text) and isinstance(after, Text) and not before.extra and not after.extra:
                parts[seam - 1 : seam + 1] = [Text(before.content + after.content)]
        joined[-1] = message._replace(parts=tuple(parts))
    return joined


def _said(message: Message) -> tuple[str, object]:
    """Return what two tellings of one message have in common."""
    words = [m.content if isinstance(m, Text) else part_json(m) for m in message.parts]
    return message.role, [
        {k: v for k, v in w.items() if k != "extra"} if isinstance(w, dict) else w for w in words
    ]


def _conclude(
    found: _Gathering, side: Mapping[str, str], dialect: str, attributes: Mapping[str, object]
) -> Conversation:
    _untell(found)
    found.output = _joined_pieces(found.output)
    if any(attributes.get(key) == "error" for key in _TOOL_STATUS_KEYS):
        found.output = [_failed(m) for m in found.output]
    notes: list[str] = []
    truncated = found.cut
    if found.cut:
        notes.append("JSON was cut short: what stands before the cut is shown")
    for key, value in side.items():
        if _CUT.search(value):
            truncated = True
            notes.append(f"{key}: the client cut the content ([TRUNCATED])")
        gap = missing(indexed) if isinstance(indexed := _flat_object(value), dict) else None
        if gap:
            truncated = True
            notes.append(gap)
    for key, flag in attributes.items():
        if _CUT_FLAG.search(key) and flag in (True, "true", "True", 1):
            truncated = True
            notes.append(f"{key} says that content was cut")
    messages = [*found.input, *found.output]
    redacted = sum(_is_redacted(p) for p in (*found.system, *(p for m in messages for p in m.parts)))
    if redacted:
        notes.append(f"{redacted} parts hold a redaction mark in place of their content")
    if side and not messages and not found.system and not found.tools:
        notes.append(f"content of dialect {dialect} gave no messages: {', '.join(sorted(side))}")
    state: State = "redacted" if redacted else "truncated" if truncated else "full"
    if not messages and not found.system:
        state = "absent"
    return Conversation(found.system, found.input, found.output, found.tools, state, tuple(notes))


def _flat_object(value: str) -> Json:
    return parse(value).value if ".0." in value[:400] or re.match(r'\{"[a-z_.]+\.\d+\.', value) else None


def _is_redacted(part: Part) -> bool:
    """True for a part that is nothing but a redaction mark."""
    said = ""
    if isinstance(part, Text | Reasoning):
        said = part.content
    elif isinstance(part, ToolCall):
        said = part.arguments
    elif isinstance(part, ToolCallResponse):
        said = part.response
    return isinstance(said, str) and len(said) < 200 and _REDACTED.match(said) is not None
