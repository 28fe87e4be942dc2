"""Values as sent -> canonical messages, whatever their wire shape: the shape of each is sniffed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from spotlight.messages.canonical import (
    ROLES,
    Generic,
    Json,
    Message,
    Part,
    Text,
    ToolCall,
    ToolCallResponse,
    part_json,
)
from spotlight.messages.registry import ENVELOPES, KEYED, PARTS, REWRITES
from spotlight.messages.shapes.responses import is_item
from spotlight.messages.shapes.table import Raw
from spotlight.messages.values import join, parse, parse_or_text, rest, take, take_bool, take_text

_DEEPEST: Final = 12  # lists in lists, envelopes in envelopes
_NAMED: Final = frozenset(["role", "content", "parts"])


class Bundle(NamedTuple):
    """What one stored value held: it may be a whole request, or the history with its answer."""

    system: list[Part]
    input: list[Message]
    output: list[Message]
    tools: Json
    cut: bool = False


def read_messages(value: Json, *, role_hint: str | None = None) -> list[Message]:
    """Return all messages of a value, instructions first, answers last.

    Text that is no JSON becomes one message of the role `role_hint` (default: user).
    """
    found = read_bundle(value, role_hint or "user")
    head = [Message("system", tuple(found.system))] if found.system else []
    return head + found.input + found.output


def read_bundle(value: Json, role: str) -> Bundle:
    """Return what a value holds, sorted into instructions, messages in, messages out and tools."""
    parsed = parse(value)
    if parsed.value is None or parsed.value in ("", [], {}):
        return Bundle([], [], [], None, parsed.cut)
    return _bundle(parsed.value, role, 0)._replace(cut=parsed.cut)


def read_parts(content: Json) -> list[Part]:
    """Return the parts of a content: text, a list of blocks, one block, or anything else."""
    if content is None or content == "":
        return []
    if isinstance(content, str):
        return [Text(content)]
    if isinstance(content, list):
        return [part for item in content for part in read_parts(item)]
    if isinstance(content, dict):
        return [read_part(content)] if content else []
    return [Generic("json", {"value": content})]


def read_part(raw: Raw) -> Part:
    """Return one block as a part; a generic one, with everything kept, where no reader knows it."""
    kind = raw.get("type")
    if isinstance(kind, str):
        reader = PARTS.get(kind)
        part = reader(kind, {k: v for k, v in raw.items() if k != "type"}) if reader else None
        return part or Generic(kind, {k: v for k, v in raw.items() if k != "type"})
    for key in KEYED.keys() & raw.keys():
        for reader in KEYED[key]:
            part = reader(key, dict(raw))
            if part is not None:
                return part
    return Generic("json", {"value": raw})


def _bundle(value: Json, role: str, depth: int) -> Bundle:
    if isinstance(value, list):
        return _list_bundle(value, role, depth)
    if not isinstance(value, dict) or depth >= _DEEPEST:
        return _sided([Message(role, tuple(read_parts(value)))], role)
    for reader in ENVELOPES:
        if reader.fits(value):
            around = reader.split(value)
            inside_in = _inner(around.input, "user", depth)
            inside_out = _inner(around.output, "assistant", depth)
            system = read_parts(parse_or_text(_bare_parts(around.system)))
            merged = Bundle(
                system + inside_in.system + inside_out.system,
                inside_in.input,
                inside_in.output + inside_out.input + inside_out.output,
                [t for t in (around.tools, inside_in.tools, inside_out.tools) if t is not None] or None,
            )
            return _with_rest(merged, dict(around.rest), role)
    return _sided(_read_dict(value, role, depth), role, choice=_is_choice_event(value))


def _is_choice_event(value: Raw) -> bool:
    return value.get("event.name") == "gen_ai.choice"


def _inner(value: Json, role: str, depth: int) -> Bundle:
    """Read one side of an envelope."""
    if value is None:
        return Bundle([], [], [], None)
    found = _bundle(parse_or_text(value), role, depth + 1)
    return found if role == "user" else found._replace(input=[], output=found.input + found.output)


def _bare_parts(system: Json) -> Json:
    """Return the parts of instructions given as a whole content: {"role", "parts"}."""
    if isinstance(system, dict) and isinstance(system.get("parts"), list):
        return system["parts"]
    return system


def _with_rest(found: Bundle, left: Raw, role: str) -> Bundle:
    """Return the bundle with what else the envelope said, on the first message of its side."""
    if not left:
        return found
    side = found.input or found.output
    if not side:
        return found._replace(input=[Message(role, (Generic("envelope", {"value": left}),))])
    first = side[0]
    return _replace_first(found, first._replace(extra=join(first.extra, {"envelope": left})))


def _replace_first(found: Bundle, first: Message) -> Bundle:
    if found.input:
        return found._replace(input=[first, *found.input[1:]])
    return found._replace(output=[first, *found.output[1:]])


def _sided(messages: list[Message], role: str, choice: bool = False) -> Bundle:
    """Return the messages as one side of a bundle; choices of an event list are answers."""
    if choice and role != "assistant":
        return Bundle([], [], messages, None)
    return Bundle([], messages, [], None)


def _list_bundle(items: list[Json], role: str, depth: int) -> Bundle:
    """Read a list: of messages, of blocks of one message, of lists, of [role, text] pairs."""
    if depth >= _DEEPEST:
        return _sided([Message(role, tuple(read_parts(items)))], role)
    if items and all(_is_block(item) for item in items):
        return _sided([_unnamed(read_parts(items), role)], role)
    if not any(isinstance(item, str | list | dict) for item in items):
        return _sided([Message(role, (Generic("json", {"value": items}),))], role)
    if _is_pair(items):
        return _sided(_read_role({"role": items[0], "content": items[1]}, role), role)
    total = Bundle([], [], [], None)
    offered: list[Json] = []
    for item in items:
        part = _bundle(item, role, depth + 1) if item is not None else Bundle([], [], [], None)
        total.system.extend(part.system)
        total.input.extend(part.input)
        total.output.extend(part.output)
        offered += [part.tools] if part.tools is not None else []
    if any(is_item(item) for item in items):
        total = total._replace(input=_join_items(total.input), output=_join_items(total.output))
    return total._replace(tools=offered or None)


def _is_pair(items: list[Json]) -> bool:
    return (
        len(items) == 2
        and isinstance(items[0], str)
        and items[0] in ROLES
        and isinstance(items[1], str | list)
    )


def _is_block(item: Json) -> bool:
    """True for a block of content, which is no message by itself."""
    if not isinstance(item, dict) or "role" in item or any(r.fits(item) for r in REWRITES):
        return False
    kind = item.get("type")
    return kind in PARTS if isinstance(kind, str) else "text" in item or bool(KEYED.keys() & item.keys())


def _read_dict(raw: Raw, role: str, depth: int) -> list[Message]:
    for rewrite in REWRITES:
        if rewrite.fits(raw):
            return [m for r in rewrite.rewrite(raw) for m in _rewritten(r, role, depth)]
    if _NAMED & raw.keys():
        return _read_role(raw, role)
    return [_unnamed([read_part(raw)], role)]


def _unnamed(parts: list[Part], role: str) -> Message:
    """Return a message that named no role: calls are the assistant's, answers the tool's."""
    if any(isinstance(p, ToolCall) for p in parts):
        role = "assistant"
    elif parts and all(isinstance(p, ToolCallResponse) for p in parts):
        role = "tool"
    return Message(role, tuple(parts))


def _rewritten(raw: Raw, role: str, depth: int) -> list[Message]:
    """Read a rewritten message; `nested` holds a message in yet another form."""
    if "nested" not in raw:
        return _read_role(raw, role)
    inner = raw["nested"][0]
    if depth >= _DEEPEST:
        return [Message(role, tuple(read_parts(inner)))]
    found = _read_dict(inner, role, depth + 1)
    if raw.get("envelope"):
        found[0] = found[0]._replace(extra=join(found[0].extra, {"envelope": raw["envelope"]}))
    return found


def _read_role(raw: Raw, default_role: str) -> list[Message]:
    """Read {role, content | parts, tool_calls, tool_call_id, function_call, name, finish_reason, ...}.

    Answers of tools that were sent as the user's (Anthropic, Gemini, pydantic-ai v2 to v5) become
    a message of the tool's, in front of what the user said.
    """
    left = dict(raw)
    sent = take_text(left, "role")
    role = ROLES.get(sent, sent) if sent else default_role
    kept: Raw = {"role": sent} if sent and sent not in (role, "model", "human", "ai") else {}
    if left.get("type") == "message":
        left.pop("type")
    content = parse_or_text(take(left, "parts")) if "parts" in left else None
    parts = read_parts(content) + read_parts(take(left, "content"))
    if not parts and isinstance(left.get("text"), str):
        parts = read_parts(left.pop("text"))
    parts = _reasoning(left) + parts
    calls = take(left, "tool_calls", "toolCalls")
    parts += _new_calls(parts, read_parts(parse_or_text(calls)) if calls is not None else [])
    parts += _legacy_call(left)
    if isinstance(left.get("refusal"), str):
        parts.append(Generic("refusal", {"refusal": left.pop("refusal")}))
    name = take_text(left, "name")
    if role == "tool":
        parts = _answer(parts, left, name)
    reason = take_text(left, "finish_reason", "stop_reason")
    message = Message(role, tuple(parts), name, reason, join(rest(left), kept))
    answers = tuple(p for p in parts if isinstance(p, ToolCallResponse))
    if role != "user" or not answers:
        return [message]
    said = tuple(p for p in parts if not isinstance(p, ToolCallResponse))
    if not said:
        return [message._replace(role="tool")]
    return [Message("tool", answers, name), message._replace(parts=said)]


def _reasoning(left: Raw) -> list[Part]:
    """Return the thoughts that OpenAI-compatible servers put beside the content."""
    found = take_text(left, "reasoning_content", "reasoning")
    return read_parts([{"type": "reasoning", "text": found}]) if found else []


def _legacy_call(left: Raw) -> list[Part]:
    """Return OpenAI's old `function_call` of a message."""
    call = left.get("function_call")
    if not isinstance(call, dict) or not isinstance(call.get("name"), str):
        return []
    left.pop("function_call")
    return read_parts([{"type": "tool_call", **{k: v for k, v in call.items() if k != "type"}}])


def _new_calls(parts: Iterable[Part], calls: list[Part]) -> list[Part]:
    """Return the calls that the content did not already hold: some clients write both."""
    ids = {p.id for p in parts if isinstance(p, ToolCall) and p.id}
    return [c for c in calls if not (isinstance(c, ToolCall) and c.id in ids)]


def _answer(parts: list[Part], left: Raw, name: str | None) -> list[Part]:
    """Return a tool message's parts as one response, where they are not responses already."""
    if any(isinstance(p, ToolCallResponse) for p in parts) or (not parts and "tool_call_id" not in left):
        return parts
    call_id = take_text(left, "tool_call_id", "toolCallId", "tool_use_id", "call_id", "id")
    error = take_bool(left, "is_error")
    plain = all(isinstance(p, Text) and not p.extra for p in parts)
    if plain:
        words = [p.content for p in parts if isinstance(p, Text)]
        answer: Json = words[0] if len(words) == 1 else words
        return [ToolCallResponse(call_id, answer if words else "", name, error)]
    return [ToolCallResponse(call_id, [part_json(p) for p in parts], name, error)]


def _join_items(messages: list[Message]) -> list[Message]:
    """Return the messages with the assistant's neighbours joined.

    The Responses API sends thoughts, words and calls of one turn as items of their own.
    """
    turns: list[list[Message]] = []
    for message in messages:
        if turns and turns[-1][0].role == message.role == "assistant":
            turns[-1].append(message)
        else:
            turns.append([message])
    return [turn[0] if len(turn) == 1 else _one_turn(turn) for turn in turns]


def _one_turn(turn: list[Message]) -> Message:
    """Return the items of one turn as one message; what each said beside its parts stands in `items`."""
    extras = [m.extra for m in turn if m.extra]
    return Message(
        turn[0].role,
        tuple(p for m in turn for p in m.parts),
        next((m.name for m in turn if m.name), None),
        next((m.finish_reason for m in reversed(turn) if m.finish_reason), None),
        {"items": [dict(e) for e in extras]} if extras else {},
    )
