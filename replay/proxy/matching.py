"""Which recorded call a request stands for: one that asks the same, else the next one, with what differs.

Ids of tool calls, how messages are cut into parts and what one of the two APIs cannot say are no part of it;
everything else that a model is told is. A request that differs is never called the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Final, NamedTuple

from replay.model import Completeness, RecordedCall, Request
from replay.providers.choices import read_choice
from replay.proxy.reading import without_transport
from spotlight.messages.canonical import (
    Json,
    Message,
    Text,
    ToolCall,
    ToolCallResponse,
    ToolDefinition,
    part_json,
)
from spotlight.messages.digests import bare_part, bare_tool, canonical_json, digest
from spotlight.messages.values import parse_or_text

_SHOWN: Final = 200  # characters of a value in a difference
_NO_PARAMETERS: Final[Mapping[str, Json]] = {"type": "object", "properties": {}}
_SENT_WHOLE: Final = (Completeness.EXACT, Completeness.SEMANTIC)


class Match(StrEnum):
    """How a request was answered."""

    EXACT = "exact"  # all that is asked is as recorded
    UNCOMPARED = "uncompared"  # all that is recorded is the same, but not everything is
    DIFFERS = "differs"  # the answer of the same step to another question
    LIVE = "live"  # a model was asked
    REFUSED = "refused"


class Difference(NamedTuple):
    """A field of a request that is not as recorded, both sides in short."""

    field: str
    recorded: str
    asked: str


class Found(NamedTuple):
    """The recorded call that a request stands for."""

    call: RecordedCall
    match: Match
    differences: tuple[Difference, ...] = ()
    not_compared: tuple[str, ...] = ()  # fields that the recording does not have
    is_repeated: bool = False  # it was answered before, to the same question
    is_early: bool = False  # calls recorded before it were not asked for yet


class Tape:
    """The recorded calls up to a step, and which of them were asked for."""

    def __init__(self, calls: Sequence[RecordedCall]) -> None:
        self._calls = tuple(calls)
        self._asked: set[int] = set()
        self._digests: dict[tuple[int, str | None], dict[str, str]] = {}

    @property
    def unasked(self) -> list[int]:
        """The steps nobody asked for, in order."""
        return [call.step for call in self._calls if call.step not in self._asked]

    def find(self, request: Request) -> Found | None:
        """Return the call that a request stands for, None where all were asked for and none is the same.

        Calls of the same question are taken in their order; one that was asked for is given again only to
        the same question, as to a client that lost the answer.
        """
        waiting = [call for call in self._calls if call.step not in self._asked]
        asked: dict[str | None, dict[str, str]] = {}
        for call in (*waiting, *reversed(self._calls)):
            unknown = _unknown(call, request)
            shared = _shared(call.request, request)
            if shared not in asked:
                asked[shared] = _digests(_fields(request, shared))
            mine = asked[shared]
            theirs = self._known(call, shared)
            if all(theirs[name] == mine[name] for name in theirs if name not in unknown):
                match = Match.UNCOMPARED if unknown else Match.EXACT
                is_early = call in waiting and call is not waiting[0]
                return Found(call, match, (), unknown, call not in waiting, is_early)
        if not waiting:
            return None
        return Found(
            waiting[0], Match.DIFFERS, _differences(waiting[0], request), _unknown(waiting[0], request)
        )

    def _known(self, call: RecordedCall, shared: str | None) -> dict[str, str]:
        key = call.step, shared
        if key not in self._digests:
            self._digests[key] = _digests(_fields(call.request, shared))
        return self._digests[key]

    def take(self, found: Found) -> None:
        """Note that a call was asked for."""
        self._asked.add(found.call.step)


def _fields(request: Request, shared: str | None) -> dict[str, Any]:
    """Return what is compared of a request, by the names that differences have."""
    choice = read_choice("auto" if request.tool_choice is None else request.tool_choice)
    tools = None if request.tools is None else [_tool(tool) for tool in request.tools]
    return {
        "model": request.model,
        "system": [_bare("system", part) for part in request.system if not _is_empty(part)],
        "messages": _said(request.messages, shared),
        "tools": tools,
        "tool_choice": choice._asdict() if choice else request.tool_choice,
        "params": without_transport(request.params),
        "extra": without_transport(request.extra),
    }


def _shared(recorded: Request, asked: Request) -> str | None:
    """Return the API that both speak, None for two: what one cannot say is not compared then."""
    return asked.api if recorded.api == asked.api else None


def _digests(fields: Mapping[str, Any]) -> dict[str, str]:
    return {name: digest(canonical_json(value)) for name, value in fields.items()}


def _said(messages: Sequence[Message], shared: str | None) -> list[Json]:
    """Return the parts of messages; texts stand before calls, as most APIs have them."""
    found: list[Json] = []
    for message in messages:
        name = {"of": message.name} if message.name and shared == "chat" else {}
        parts = (part for part in message.parts if not _is_empty(part))
        ordered = sorted(parts, key=lambda part: isinstance(part, ToolCall))
        found += [_bare(message.role, part, is_error_said=shared == "messages") | name for part in ordered]
    return found


def _tool(tool: ToolDefinition) -> Json:
    """Return what a model is told of a tool; one without parameters takes an empty object."""
    return bare_tool(tool._asdict() | {"parameters": tool.parameters or _NO_PARAMETERS})


def _is_empty(part: Any) -> bool:
    return isinstance(part, Text) and not part.content


def _bare(role: str, part: Any, *, is_error_said: bool = False) -> dict[str, Json]:
    """Return a part without ids; what a tool answered counts by its value, JSON text or not."""
    told = bare_part(part_json(part))
    if isinstance(part, ToolCall):
        told["arguments"] = {} if part.arguments in (None, "") else part.arguments
    if not isinstance(part, ToolCallResponse):
        return {"role": role, **{name: value for name, value in told.items() if name != "id"}}
    failed = {"is_error": True} if part.is_error and is_error_said else {}
    return {"role": "tool", "type": part.type, "response": _value(part.response), **failed}


def _value(response: Json) -> Json:
    """Return what a tool answered: APIs wrap text in blocks or send it alone."""
    if isinstance(response, list) and len(response) == 1 and isinstance(response[0], dict):
        block = response[0]
        if block.get("type") in ("text", "input_text", "output_text") and "text" in block:
            response = block["text"]
    return parse_or_text(response) if isinstance(response, str) else response


def _differences(call: RecordedCall, request: Request) -> tuple[Difference, ...]:
    """Return in what a request differs from a recorded call."""
    shared, unknown = _shared(call.request, request), _unknown(call, request)
    recorded, asked = _fields(call.request, shared), _fields(request, shared)
    ours, theirs = _digests(recorded), _digests(asked)
    names = (name for name in recorded if name not in unknown and ours[name] != theirs[name])
    return tuple(_difference(name, recorded[name], asked[name]) for name in names)


def _unknown(call: RecordedCall, asked: Request) -> tuple[str, ...]:
    """Return fields that the recording does not tell of."""
    request, level = call.request, call.grade.level
    marks = {
        "model": request.model is None,
        "system": level is Completeness.NONE,
        "messages": level is Completeness.NONE,
        "tools": request.tools is None,
        "tool_choice": request.tool_choice is None and level not in _SENT_WHOLE,
        "params": level not in _SENT_WHOLE,
        "extra": level is not Completeness.EXACT and bool(without_transport(asked.extra) or request.extra),
    }
    return tuple(name for name, holds in marks.items() if holds)


def _difference(name: str, recorded: Json, asked: Json) -> Difference:
    if isinstance(recorded, list) and isinstance(asked, list):
        place = next(
            (n for n, (a, b) in enumerate(zip(recorded, asked, strict=False)) if a != b),
            min(len(recorded), len(asked)),
        )
        sides = (_at(side, place) for side in (recorded, asked))
        return Difference(f"{name}[{place + 1}]", *sides)
    if isinstance(recorded, Mapping) and isinstance(asked, Mapping):
        names = sorted(n for n in recorded.keys() | asked.keys() if recorded.get(n) != asked.get(n))
        sides = (_short({n: side[n] for n in names if n in side}) for side in (recorded, asked))
        return Difference(name, *sides)
    return Difference(name, _short(recorded), _short(asked))


def _at(side: Sequence[Json], place: int) -> str:
    return _short(side[place]) if place < len(side) else f"nothing: it has {len(side)}"


def _short(value: Json) -> str:
    text = value if isinstance(value, str) else canonical_json(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
