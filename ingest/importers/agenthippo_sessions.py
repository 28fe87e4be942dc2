"""AgentHippo's session files: what a coding agent did in a session, one event a line.

Two shapes: {session_id, request_id, event_type, timestamp, payload: {toolName, callId, isError,
success}} as its gateway writes them, and {type, tool, ts, args} as its documentation shows them, where
the file's name is the session. Booleans come as text. A request (turn) is one trace: an agent span
from turn_start to turn_end, tool spans from tool_start to tool_end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from ingest.importers.content import Broken, Content, Record
from ingest.importers.items import Item, Leftover, Span
from ingest.importers.values import as_text, is_nothing, rest, time_ns
from spotlight import semconv as sc

FORMAT: Final = "agenthippo_sessions"

_KNOWN: Final = frozenset(["session_id", "request_id", "event_type", "timestamp", "payload",
                           "type", "ts", "tool"])  # fmt: skip
_PAYLOAD: Final = frozenset(["toolName", "callId", "isError", "success", "args", "arguments", "input",
                             "result", "output", "error", "message"])  # fmt: skip
_EDGES: Final = {"start": True, "begin": True, "end": False, "finish": False, "stop": False}
_KINDS: Final = {"turn": "agent", "tool": "tool"}


class _Event(NamedTuple):
    place: int
    raw: dict[str, Any]
    session: str
    request: str | None
    what: str  # turn_start, tool_end, ...
    at: int
    payload: dict[str, Any]

    @property
    def trace(self) -> str:
        return f"{self.session}/{self.request or ''}"


class _Open(NamedTuple):
    event: _Event
    id: str


def recognises(content: Content) -> bool:
    """Return whether the first line is an event of either shape."""
    first = content.first
    if isinstance(first.get("event_type"), str):
        return "session_id" in first and "timestamp" in first
    return (
        isinstance(first.get("type"), str) and "ts" in first and ("tool" in first or "turn" in first["type"])
    )


def read(content: Content) -> Iterator[Item]:
    """Yield a span per turn and tool call; other events are kept as they are."""
    open_turns: dict[str, _Open] = {}
    open_tools: dict[str, list[_Open]] = {}
    counts: dict[str, int] = {}
    ended: set[str] = set()
    for record in content.records():
        event = _event(record, content.path.name.split(".")[0])
        if event is None:
            yield _not_an_event(record)
            continue
        what, _, edge = event.what.rpartition("_")
        if what not in _KINDS or edge not in _EDGES:
            yield Leftover(
                f"session event {event.what!r}", event.raw, event.trace, None, event.at, event.place
            )
            continue
        count = counts[event.what] = counts.get(f"{event.what}", 0) + 1
        if what == "turn":
            if _EDGES[edge]:
                open_turns.setdefault(event.trace, _Open(event, "turn"))
            elif event.trace not in ended:
                ended.add(event.trace)
                yield _turn(open_turns.pop(event.trace, None), event)
        elif _EDGES[edge]:
            name = _call_id(event) or f"{count}"
            open_tools.setdefault(_call_key(event), []).append(_Open(event, f"tool {name} {event.at}"))
        else:
            waiting = open_tools.get(_call_key(event))
            yield _tool(waiting.pop(0) if waiting else None, event)
    yield from _unfinished(open_turns, open_tools)


def _unfinished(turns: dict[str, _Open], tools: dict[str, list[_Open]]) -> Iterator[Item]:
    """Yield what has begun and never ended, without an end."""
    for left in tools.values():
        for tool in left:
            yield _tool(tool, None)
    for turn in turns.values():
        yield _turn(turn, None)


def _event(record: Record | Broken, file_session: str) -> _Event | None:
    if isinstance(record, Broken):
        return None
    raw = record.value
    what = raw.get("event_type", raw.get("type"))
    if not isinstance(what, str):
        return None
    payload = dict(raw["payload"]) if isinstance(raw.get("payload"), Mapping) else {}
    if "tool" in raw:
        payload.setdefault("toolName", raw["tool"])
    payload |= {key: raw[key] for key in _PAYLOAD if key in raw and not is_nothing(raw[key])}
    session = as_text(raw.get("session_id")) or file_session
    at = time_ns(raw.get("timestamp", raw.get("ts")))
    return _Event(record.place, raw, session, as_text(raw.get("request_id")), what, at, payload)


def _not_an_event(record: Record | Broken) -> Leftover:
    if isinstance(record, Broken):
        return Leftover("line that is no JSON object", record.text, place=record.place)
    return Leftover("session line without a type", record.value, place=record.place)


def _call_id(event: _Event) -> str | None:
    return as_text(event.payload.get("callId"))


def _call_key(event: _Event) -> str:
    """Return what a start and its end share: the call's id, else the tool's name."""
    return f"{event.trace}\0{_call_id(event) or as_text(event.payload.get('toolName'))}"


def _is_true(value: object) -> bool:
    return value is True or (isinstance(value, str) and value.lower() == "true")


def _failure(end: _Event | None) -> str:
    """Return the status of a step: error where its end says that it failed."""
    if end is None:
        return "unset"
    said = end.payload.get("success")
    denied = said is False or (isinstance(said, str) and said.lower() == "false")
    return "error" if denied or _is_true(end.payload.get("isError")) else "ok"


def _shared(event: _Event) -> dict[str, Any]:
    return {
        sc.SPOTLIGHT_SESSION_ID: event.session,
        sc.SPOTLIGHT_TURN_ID: event.request,
        **rest(event.raw, _KNOWN | _PAYLOAD),
        **rest(event.payload, _PAYLOAD, "import.payload."),
    }


def _turn(begun: _Open | None, end: _Event | None) -> Span:
    event = begun.event if begun else end
    assert event is not None
    attributes = {sc.SPOTLIGHT_KIND: "agent", **(_shared(end) if end else {}), **_shared(event)}
    return Span(
        trace=event.trace, id="turn", parent=None, name="turn",
        started_ns=event.at if begun else 0, ended_ns=end.at if end else 0,
        attributes=attributes, status=_failure(end), message=_message(end),
    )  # fmt: skip


def _tool(begun: _Open | None, end: _Event | None) -> Span:
    event = begun.event if begun else end
    assert event is not None
    said = {**event.payload, **({k: v for k, v in end.payload.items() if not is_nothing(v)} if end else {})}
    name = as_text(said.get("toolName"))
    attributes = {
        sc.SPOTLIGHT_KIND: "tool",
        sc.GEN_AI_TOOL_NAME: name,
        sc.GEN_AI_TOOL_CALL_ID: _call_id(event),
        sc.GEN_AI_TOOL_CALL_ARGUMENTS: _first(said, ("args", "arguments", "input")),
        sc.GEN_AI_TOOL_CALL_RESULT: _first(said, ("result", "output")),
        **(_shared(end) if end else {}),
        **_shared(event),
    }
    return Span(
        trace=event.trace, id=begun.id if begun else f"tool {_call_id(event)} {event.at} end", parent="turn",
        name=name or "tool", started_ns=event.at if begun else 0, ended_ns=end.at if end else 0,
        attributes=attributes, status=_failure(end), message=_message(end),
    )  # fmt: skip


def _message(end: _Event | None) -> str:
    said = _first(end.payload, ("error", "message")) if end else None
    return said if isinstance(said, str) else ""


def _first(said: Mapping[str, Any], keys: tuple[str, ...]) -> Any:
    return next((said[key] for key in keys if not is_nothing(said.get(key))), None)
