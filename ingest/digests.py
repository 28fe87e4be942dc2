"""Content digests: what of an agent ran, told from its first model call of each trace.

A digest is the SHA-256 of canonical JSON of the system instructions, the tool definitions and the
model asked for. It finds another prompt under the same version, and names a version where nobody
declared one. It is NULL where neither instructions nor tools were captured, or not whole, and where
messages are withheld: there may be instructions then that nobody sees.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa

from ingest.anyvalue import Flags
from ingest.arrow import Array, array, nulls
from ingest.arrow import compute as pc
from spotlight.messages import Conversation, Message, Part, Text, part_json, read_conversation

_CONTENT: Final = ("system_instructions", "tool_definitions", "input_messages")
_LOOKED_AT: Final = (*_CONTENT, "attributes", "model_params")
_READ: Final = (*_CONTENT, "request_model", "dialect", "events", "attributes", "model_params")
_INSTRUCTING: Final = frozenset(("system", "developer"))
# The messages before the first that instructs nobody; a quote within a JSON text is escaped.
_FIRST_OTHER: Final = re.compile(r'role":\s?"(?!system"|developer")')
_MESSAGE_LISTS: Final = ("[", '{"llm.input_messages.', '{"gen_ai.prompt.')
# Attributes that no column took and that may hold instructions or tools.
_HOLDERS: Final = re.compile(
    r'"(?:gen_ai\.(?:system_instructions|tool\.definitions|input\.messages|prompt)|ai\.prompt|pydantic_ai\.all_'
    r"|llm\.(?:input_messages|prompts|tools|invocation_parameters|request\.functions)|mlflow\.(?:chat|spanInputs)"
    r'|input\.value|events"|all_messages_events)'
)
_TOOLS: Final = '"tools"'
_LOOK: Final = 40
_OTHER_FIRST: Final = r'^\[\{"role":\s?"(?:user|assistant|tool|model|human)"'
_MARKS: Final = re.compile(r"(?:[<\[]REDACTED[>\]]|__REDACTED__|\[Scrubbed due to .{0,80}\])\Z")
_REMEMBERED: Final = 4096

_known: dict[bytes, str | None] = {}  # digest of the raw texts -> content digest


class _Call(NamedTuple):
    system_instructions: str | None
    tool_definitions: str | None
    input_messages: str | None
    request_model: str | None
    dialect: str
    events: str | None
    attributes: str
    model_params: str | None


def content_digests(columns: Mapping[str, Array]) -> Array:
    """Return the digest on the first model call of each (trace, agent name), NULL on all other rows."""
    rows = len(columns["kind"])
    chosen = _first_calls(columns)
    chosen = chosen[~_silent({name: columns[name].take(array(chosen)) for name in _LOOKED_AT})]
    if not len(chosen):
        return nulls(rows, pa.string())
    taken = [columns[name].take(array(chosen)).to_pylist() for name in _READ]
    digests = [_digest_once(_Call(*values)) for values in zip(*taken, strict=True)]
    place = np.full(rows, -1, np.int64)
    place[chosen] = np.arange(len(chosen))
    return array(digests, pa.string()).take(array(place, mask=place < 0))


def _first_calls(columns: Mapping[str, Array]) -> npt.NDArray[np.int64]:
    """Return the rows of the calls with content that started first, per trace and agent name."""
    told = np.logical_or.reduce([_valid(columns[name]) for name in (*_CONTENT, "events")])
    calls = pc.equal(columns["kind"], "llm").to_numpy(zero_copy_only=False)
    rows = np.flatnonzero(calls & told)
    if not len(rows):
        return rows
    traces, agents = (_codes(columns[name].take(array(rows))) for name in ("trace_id", "agent_name"))
    started = pc.fill_null(columns["started_ns"].take(array(rows)), 0).to_numpy(zero_copy_only=False)
    order = np.argsort(started, kind="stable")
    pairs = traces[order] * (int(agents.max()) + 1) + agents[order]
    first = np.unique(pairs, return_index=True)[1]
    return np.sort(rows[order[first]])


def _silent(of: Mapping[str, Array]) -> Flags:
    """Return which calls surely tell of neither instructions nor tools: most, where a client sends none."""
    begin = pc.utf8_slice_codeunits(of["input_messages"], 0, _LOOK)
    uninstructed = pc.match_substring_regex(begin, _OTHER_FIRST)
    holds = pc.or_(
        pc.match_substring_regex(of["attributes"], _HOLDERS.pattern),
        pc.fill_null(pc.match_substring(of["model_params"], _TOOLS), False),
    )
    silent = pc.and_(pc.fill_null(uninstructed, False), pc.invert(holds))
    told = _valid(of["system_instructions"]) | _valid(of["tool_definitions"])
    found: Flags = silent.to_numpy(zero_copy_only=False) & ~told
    return found


def _valid(column: Array) -> Flags:
    valid: Flags = column.is_valid().to_numpy(zero_copy_only=False)
    return valid


def _codes(column: Array) -> npt.NDArray[np.int64]:
    encoded = column.dictionary_encode(null_encoding="encode")
    return np.asarray(encoded.indices, np.int64)


def _digest_once(call: _Call) -> str | None:
    """Return the digest; calls that begin with the same texts are read once."""
    attributes, head = _relevant(call), _head(call.input_messages)
    raw = (call.system_instructions, call.tool_definitions, head, call.request_model,
           call.dialect, call.events if _needs_events(call) else None, *attributes.values())  # fmt: skip
    hashed = hashlib.sha256()
    for text in raw:
        data = b"-" if text is None else text.encode("utf-8", "surrogatepass")
        hashed.update(b"%d:" % len(data) + data)
    key = hashed.digest()
    if key not in _known:
        if len(_known) >= _REMEMBERED:
            _known.clear()
        plain = _plain_instructions(call, head, attributes)
        found = _digest(call, attributes) if plain is None else _hashed(plain, [], call.request_model)
        _known[key] = found
    return _known[key]


def _head(messages: str | None) -> str | None:
    """Return the text up to the first message that is no instruction, where that can be told."""
    if messages is None or not messages.startswith(_MESSAGE_LISTS):
        return messages
    found = _FIRST_OTHER.search(messages)
    return messages[: found.start()] if found else messages


def _needs_events(call: _Call) -> bool:
    return call.system_instructions is None and call.input_messages is None


def _relevant(call: _Call) -> dict[str, str]:
    """Return the texts besides the columns that may hold instructions or tools."""
    found = {}
    if (call.tool_definitions is None or _needs_events(call)) and _HOLDERS.search(call.attributes):
        found["attributes"] = call.attributes
    if call.tool_definitions is None and call.model_params and _TOOLS in call.model_params:
        found["model_params"] = call.model_params
    return found


def _plain_instructions(call: _Call, head: str | None, beside: Mapping[str, str]) -> str | None:
    """Return the instructions where they are all there is to read, plain texts in a list; else None.

    The way of most clients, ten times faster than reading every shape there is.
    """
    if call.system_instructions or call.tool_definitions or beside or not head:
        return None
    try:
        whole = head == call.input_messages
        messages = orjson.loads(head if whole else head + 'role":""}]')
        texts = []
        for message in messages if whole else messages[:-1]:
            parts = message.pop("content") if "content" in message else message.pop("parts")
            if message.pop("role") not in _INSTRUCTING or message:
                return None
            for part in [{"type": "text", "text": parts}] if isinstance(parts, str) else parts:
                text = part.pop("text") if "text" in part else part.pop("content")
                if part != {"type": "text"} or not isinstance(text, str):
                    return None
                texts.append(text)
    except (orjson.JSONDecodeError, AttributeError, LookupError, TypeError):
        return None
    return _joined(texts)


def _digest(call: _Call, beside: Mapping[str, str]) -> str | None:
    """Return the SHA-256 of what the call says of its agent, as 64 hex digits."""
    found = _read(call, beside)
    leading = _leading(found.input)
    if found.state == "truncated":
        apart = {name: getattr(call, name) for name in _CONTENT[:2]}
        if read_conversation(apart, dialect=call.dialect).state == "truncated":
            return None
        if leading and leading == len(found.input):
            return None
    instructions = _texts([*found.system, *(p for m in found.input[:leading] for p in m.parts)])
    if not instructions and not found.input:
        return None  # messages were withheld: tools alone would be the same in every version of the prompt
    tools = sorted(
        orjson.dumps([t.name, _spaced(t.description or ""), t.parameters], option=orjson.OPT_SORT_KEYS)
        for t in found.tools
    )
    return _hashed(instructions, tools, call.request_model)


def _hashed(instructions: str, tools: list[bytes], model: str | None) -> str | None:
    if not instructions and not tools:
        return None
    told = [instructions, [orjson.Fragment(tool) for tool in tools], model]
    return hashlib.sha256(orjson.dumps(told)).hexdigest()


def _read(call: _Call, beside: Mapping[str, str]) -> Conversation:
    payload = {name: getattr(call, name) for name in _CONTENT} | {"input_messages": _instructing(call)}
    attributes = orjson.loads(beside["attributes"]) if "attributes" in beside else {}
    if "model_params" in beside:
        attributes["llm.invocation_parameters"] = beside["model_params"]
    events = orjson.loads(call.events) if call.events and _needs_events(call) else ()
    return read_conversation(payload, dialect=call.dialect, attributes=attributes, events=events)


def _instructing(call: _Call) -> str | None:
    """Return the messages in without those after the first that instructs nobody, where they are a list."""
    messages = call.input_messages
    if messages is None or not messages.startswith("["):
        return messages
    try:
        parsed = orjson.loads(messages)
    except orjson.JSONDecodeError:
        return messages
    for place, message in enumerate(parsed):
        if isinstance(message, dict) and "role" in message and str(message["role"]) not in _INSTRUCTING:
            try:
                return orjson.dumps(parsed[: place + 1]).decode()
            except TypeError:  # nested deeper than can be written again
                break
    return messages


def _leading(messages: Iterable[Message]) -> int:
    """Return how many messages stand before the first that instructs nobody."""
    count = 0
    for message in messages:
        if message.role not in _INSTRUCTING:
            break
        count += 1
    return count


def _texts(parts: Iterable[Part]) -> str:
    """Return instructions as one text, however they were cut into parts; each once, redaction marks never."""
    return _joined(p.content if isinstance(p, Text) else orjson.dumps(part_json(p)).decode() for p in parts)


def _joined(texts: Iterable[str]) -> str:
    spaced = (_spaced(text) for text in texts)
    return " ".join(dict.fromkeys(text for text in spaced if text and not _MARKS.match(text)))


def _spaced(text: str) -> str:
    return " ".join(text.split())
