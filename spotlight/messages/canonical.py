"""The one form of messages: what a conversation is once every wire shape has been read.

Parts follow the OTel GenAI message schema. Each part and each message keeps in `extra`
what its wire shape said beyond the schema, so that nothing is dropped in reading.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any, ClassVar, Final, Literal, NamedTuple, TypeAlias

Json: TypeAlias = Any
Extra: TypeAlias = Mapping[str, Json]
State = Literal["full", "truncated", "redacted", "absent"]


@dataclass(frozen=True, slots=True)
class Text:
    """Words, as said."""

    type: ClassVar[str] = "text"
    content: str
    extra: Extra = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reasoning:
    """Thoughts of the model; `signature` is what its provider wants back unchanged."""

    type: ClassVar[str] = "reasoning"
    content: str
    signature: str | None = None
    extra: Extra = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call the model asks for; `arguments` is a JSON value, or the text where it is none."""

    type: ClassVar[str] = "tool_call"
    id: str | None
    name: str
    arguments: Json
    extra: Extra = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ToolCallResponse:
    """What a tool answered to the call `id`."""

    type: ClassVar[str] = "tool_call_response"
    id: str | None
    response: Json
    name: str | None = None
    is_error: bool | None = None
    extra: Extra = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ServerToolCall:
    """A call the provider runs itself (web search, code execution, ...)."""

    type: ClassVar[str] = "server_tool_call"
    id: str | None
    name: str
    server_tool_call: Json
    extra: Extra = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ServerToolCallResponse:
    """What a tool run by the provider answered."""

    type: ClassVar[str] = "server_tool_call_response"
    id: str | None
    server_tool_call_response: Json
    name: str | None = None
    extra: Extra = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes inside the message, base64."""

    type: ClassVar[str] = "blob"
    mime_type: str | None
    modality: str
    content: str
    extra: Extra = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Uri:
    """Bytes that stand elsewhere."""

    type: ClassVar[str] = "uri"
    mime_type: str | None
    modality: str
    uri: str
    extra: Extra = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class File:
    """Bytes the provider holds under an id of its own."""

    type: ClassVar[str] = "file"
    mime_type: str | None
    modality: str
    file_id: str
    extra: Extra = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Compaction:
    """The place where earlier messages were replaced by a summary."""

    type: ClassVar[str] = "compaction"
    id: str | None = None
    content: str | None = None
    extra: Extra = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Generic:
    """A part no reader knows, kept whole: `fields` is the part as sent, without its type."""

    type: str
    fields: Extra


Part: TypeAlias = (
    Text | Reasoning | ToolCall | ToolCallResponse | ServerToolCall | ServerToolCallResponse
    | Blob | Uri | File | Compaction | Generic
)  # fmt: skip


NO_EXTRA: Final[Extra] = MappingProxyType({})


class Message(NamedTuple):
    """One message; `extra` holds what its wire shape said beyond these fields."""

    role: str
    parts: tuple[Part, ...]
    name: str | None = None
    finish_reason: str | None = None
    extra: Extra = NO_EXTRA


class ToolDefinition(NamedTuple):
    """A tool offered to the model; `parameters` is its JSON schema, `raw` the definition as sent."""

    name: str
    description: str | None
    parameters: Json
    type: str
    raw: Json


class Conversation(NamedTuple):
    """What one span says: instructions, messages in, messages out, tools offered.

    `state` is `full` where nothing is known to be missing; `notes` say what is.
    """

    system: list[Part]
    input: list[Message]
    output: list[Message]
    tools: list[ToolDefinition]
    state: State
    notes: tuple[str, ...]


ROLES: Final[Mapping[str, str]] = {
    "system": "system", "developer": "system", "user": "user", "human": "user",
    "tool-call": "assistant", "tool-response": "user",  # smolagents: text about calls and their results
    "assistant": "assistant", "ai": "assistant", "model": "assistant", "bot": "assistant",
    "tool": "tool", "function": "tool", "tool_result": "tool",
}  # fmt: skip


def part_json(part: Part) -> dict[str, Json]:
    """Return the part as the OTel schema writes it; unset fields are left out."""
    if isinstance(part, Generic):
        return {"type": part.type, **part.fields}
    found = {f.name: getattr(part, f.name) for f in fields(part) if f.name != "extra"}
    result = {"type": part.type} | {k: v for k, v in found.items() if v is not None}
    if part.extra:
        result["extra"] = dict(part.extra)
    return result


def message_json(message: Message) -> dict[str, Json]:
    """Return the message as JSON; unset fields are left out."""
    result: dict[str, Json] = {"role": message.role, "parts": [part_json(p) for p in message.parts]}
    if message.name is not None:
        result["name"] = message.name
    if message.finish_reason is not None:
        result["finish_reason"] = message.finish_reason
    if message.extra:
        result["extra"] = dict(message.extra)
    return result


def to_json(conversation: Conversation) -> dict[str, Json]:
    """Return the conversation in the form of the API: system, input, output, tools, state, notes."""
    return {
        "system": [part_json(p) for p in conversation.system],
        "input": [message_json(m) for m in conversation.input],
        "output": [message_json(m) for m in conversation.output],
        "tools": [tool._asdict() for tool in conversation.tools],
        "state": conversation.state,
        "notes": list(conversation.notes),
    }


def texts(parts: Sequence[Part]) -> str:
    """Return the words of the parts, joined as they follow each other."""
    return "".join(p.content for p in parts if isinstance(p, Text))
