"""A run of the lake, whatever client sent it, as what a replay needs of it: calls, tools, completeness.

Content is read by the readers that every page uses; here it is put together: which span tells of a call,
which agent above it of the tools, which message of an answer. See docs/replay.md.

    recording_chains.py  what a request goes on from by the id of a response
    recording_body.py    parameters and unknown fields of a request
    recording_prompt.py  the template of its instructions
    recording_tools.py   tool calls, each once, with their answers
    digests.py           what requests are known by
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final, NamedTuple

import numpy as np

from replay.digests import request_digests
from replay.model import (
    Completeness,
    Grade,
    RecordedCall,
    RecordedPrompt,
    Recording,
    Request,
    Response,
    Usage,
)
from replay.recording_body import api_of, asked_of, body_of
from replay.recording_chains import CHAIN, Link, Said, said_by, unchained
from replay.recording_prompt import recorded_prompt
from replay.recording_tools import recorded_tools, repaired
from spotlight.assembly import Assembly
from spotlight.exact_json import parsed
from spotlight.messages import (
    Conversation,
    Message,
    Reasoning,
    Text,
    ToolCall,
    ToolCallResponse,
    read_conversation,
)
from spotlight.messages.canonical import NO_EXTRA, Part, ToolDefinition
from spotlight.messages.completeness import LEVELS, SILENT_ON_PARAMS, WRAPPERS, Held, verdict
from spotlight.pricing.names import SPELLINGS
from spotlight.reports import Reports
from spotlight.reports.source_hints import content_advice
from spotlight.reports.transcript_content import NOTHING, Content, Contents
from spotlight.reports.transcript_reading import read_transcript, step_keys

_BODIES: Final = ("input_value", "input_messages")
_SIGNING: Final = ("anthropic", "aws")  # they take thoughts back only with what they signed them with
_FINGERPRINTS: Final = (
    "gen_ai.openai.response.system_fingerprint",
    "gen_ai.response.system_fingerprint",
    "openai.response.system_fingerprint",
)
_CHAINS: Final = (CHAIN, "conversation", "cachedContent", "cached_content")
_LONGEST_CHAIN: Final = 50  # runs that go on from each other
# Bodies of answers begin with their id, in the APIs that have requests go on from it.
_ID: Final = re.compile(r'\s*\{\s*"id":\s*"(resp_[^"\\]{1,200})"')
Row = Mapping[str, Any]
SpanKey = tuple[str, str]


class _Read(NamedTuple):
    """One call while it is put together."""

    row: Row
    request: Request
    response: Response | None
    held: Held
    is_reason_told: bool  # why the model stopped
    prompt: RecordedPrompt | None


def recording(reports: Reports, run_id: str) -> Recording:
    """Return what a replay needs of one run. Raises: NotFound.

    The grade of a run is the least of its calls'. What was repaired, taken from elsewhere or could not be
    told stands in `notes`.
    """
    return _recording(reports, run_id, 0)


def _recording(reports: Reports, run_id: str, depth: int) -> Recording:
    """Return a recording; `depth`: how many runs go on from it by the id of a response."""
    run = reports.run(run_id)
    key = str(run["run_id"])
    found = reports.assembled(run)
    traces = {"traces": run["trace_ids"]}
    contents = Contents(
        reports.ask("run_contents", traces).to_pylist(), reports.ask("run_message_logs", traces).to_pylist()
    )
    rows = reports.ask("recorded_calls", traces | {"run_id": key}).to_pylist()
    carried = _carried(found, contents)
    calls = [_read(row, carried) for row in rows]
    calls, notes = _whole(calls, partial(_said_before, reports, run, depth))
    numbers = {(row["trace_id"], row["span_id"]): n for n, row in enumerate(rows, 1)}
    numbers |= {wrapper: numbers[call] for wrapper, call in carried.speaks_for.items() if call in numbers}
    transcript = read_transcript(key, found, contents)
    tools = recorded_tools(transcript, numbers, [call.request.messages for call in calls])
    offered = any(call.held & (Held.TOOLS | Held.BODY) for call in calls)
    advice = content_advice(str(run["dialects"]).split(","))
    calling = bool(tools) or any(call.held & Held.CALLS for call in calls)
    finished = []
    for number, call in enumerate(calls, 1):
        request, told = _completed(call, tools, offered=offered)
        notes += [f"call {number}: {note}" for note in told]
        finished.append(_recorded(number, call, request, _grade(call.held, calling, offered, advice)))
    if any(call.response is not None and not call.is_reason_told for call in calls):
        notes.append("why the model stopped is not recorded: taken from whether it called a tool")
    return Recording(run, tuple(finished), tools, _least(finished), tuple(dict.fromkeys(notes)))


def _whole(calls: list[_Read], look_up: Callable[[str], Said | None]) -> tuple[list[_Read], list[str]]:
    """Return the calls with what they go on from by the id of a response, and notes on that."""
    flaws = Held.CUT | Held.REDACTED
    made = unchained(
        [Link(c.request, c.response, bool(c.held & Held.MESSAGES) and not c.held & flaws) for c in calls],
        look_up,
    )
    notes = [f"call {number}: {each.note}" for number, each in enumerate(made, 1) if each.note]
    told = [
        call._replace(request=each.request, held=_unchained(call.held))
        if each.request is not call.request
        else call
        for call, each in zip(calls, made, strict=True)
    ]
    return told, notes


def _unchained(held: Held) -> Held:
    """Return what a call holds that was made whole: all that its body said, but no body as sent."""
    known = Held.TOOLS | Held.PARAMS if held & Held.BODY else Held.NOTHING
    return held & ~(Held.CHAINED | Held.BODY) | known


def _said_before(reports: Reports, run: Row, depth: int, response_id: str) -> Said | None:
    """Return what another run said and was answered up to a response; None where none tells all of it."""
    if depth >= _LONGEST_CHAIN:
        return None
    params = {name: run[name] for name in ("run_id", "session_id", "started_ns")}
    for row in reports.ask("runs_before", params | {"response_id": response_id}).to_pylist():
        for call in _recording(reports, row["run_id"], depth + 1).calls:
            if call.response is not None and call.response.response_id == response_id:
                is_whole = call.grade.level in (Completeness.EXACT, Completeness.SEMANTIC)
                return said_by(call.request, call.response) if is_whole else None
    return None


class _Carried(NamedTuple):
    """What the steps of a run carried, by span, and which call a wrapper around it speaks for."""

    contents: Mapping[SpanKey, Content]
    speaks_for: Mapping[SpanKey, SpanKey]
    bodies: Mapping[SpanKey, str]  # of requests, as sent


def _carried(found: Assembly, contents: Contents) -> _Carried:
    """Return what the steps of a run carried; of a call without messages, what a wrapper around it did."""
    keys = step_keys(found)
    rows = {row: read for row, key in enumerate(keys) if (read := contents.read(key)) is not NOTHING}
    generations = np.flatnonzero(found.roles.is_generation).tolist()
    below = Counter(above for row in generations for above in _above(found, row))
    speaks_for: dict[SpanKey, SpanKey] = {}
    for row in generations:
        own = rows.get(row, NOTHING)
        around = [above for above in _above(found, row) if below[above] == 1 and above in rows]
        whole = next((above for above in around if rows[above].conversation.input), None)
        if whole is not None and not own.conversation.input:
            rows[row] = _joined(own, rows[whole])
            speaks_for |= {keys[above][0]: keys[row][0] for above in around}
    found_ = {keys[row][0]: read for row, read in rows.items()}
    return _Carried(found_, speaks_for, _bodies(contents, [keys[row] for row in generations], found_))


def _bodies(
    contents: Contents, told: Iterable[Sequence[SpanKey]], carried: Mapping[SpanKey, Content]
) -> dict[SpanKey, str]:
    """Return the bodies of requests; where several spans tell of a call, any of them may have it."""
    found: dict[SpanKey, str] = {}
    for keys in told:
        apart = (contents.read([key]) for key in keys) if len(keys) > 1 else ()
        for content in (carried.get(keys[0], NOTHING), *apart):
            for text in (content.payload.get(name) for name in _BODIES):
                if text is not None and keys[0] not in found and body_of(text) is not None:
                    found[keys[0]] = text
    return found


def _above(found: Assembly, row: int) -> Iterator[int]:
    """Yield the rows above one, the nearest first, up to its agent: wrappers tell what their call saw."""
    kinds = found.spans.column("kind")
    above = int(found.links.parent[row])
    while above >= 0 and kinds[above].as_py() in WRAPPERS:
        yield above
        above = int(found.links.parent[above])


def _joined(own: Content, whole: Content) -> Content:
    """Return what a call carried with what a wrapper around it, and around no other call, tells."""
    said, told = own.conversation, whole.conversation
    output = told.output if _calls(told) > _calls(said) or not said.output else said.output
    system, tools = told.system or said.system, said.tools or told.tools
    payload = {name: own.payload.get(name) or text for name, text in whole.payload.items()}
    return Content(payload, told._replace(system=system, tools=tools, output=output))


def _calls(said: Conversation) -> int:
    return sum(isinstance(part, ToolCall) for message in said.output for part in message.parts)


def _read(row: Row, carried: _Carried) -> _Read:
    content = carried.contents.get((row["trace_id"], row["span_id"]), NOTHING)
    agent = carried.contents.get((row["trace_id"], row["agent_span_id"]), NOTHING)
    attributes = parsed(row["attributes"])
    attributes = attributes if isinstance(attributes, dict) else {}
    text = carried.bodies.get((row["trace_id"], row["span_id"]))
    body = body_of(text)
    said = content.conversation
    if body is not None:
        whole = read_conversation({"input_messages": text}, dialect=row["dialect"])
        if whole.input:
            tools = whole.tools or said.tools
            said = said._replace(system=whole.system, input=whole.input, tools=tools)
    params = parsed(row["model_params"])
    asked = asked_of(body, params, attributes)
    provider = _provider(row["provider"])
    tools = said.tools or agent.conversation.tools
    request = Request(
        provider,
        api_of(body, provider, row["response_id"]),
        row["request_model"] or (body or {}).get("model") or row["response_model"],
        *instructions(said),
        tuple(tools) if tools or body is not None else None,
        asked.tool_choice,
        asked.params,
        asked.extra,
    )
    response, is_told = _response(row, said, attributes)
    if response is not None and response.response_id is None:
        response = response._replace(response_id=_id_of(content.payload.get("output_value")))
    held = _held(request, said, is_body=body is not None, says_params=_says_params(row, params))
    return _Read(row, request, response, held, is_told, recorded_prompt(attributes))


def _id_of(answer: str | None) -> str | None:
    """Return the id that the body of an answer names."""
    begins = _ID.match(answer or "")
    return begins[1] if begins else None


def _provider(sent: str | None) -> str | None:
    """Return the provider by the name that prices have for it; frameworks are none."""
    folded = "".join(c for c in (sent or "").lower() if c.isalnum())
    return SPELLINGS.get(folded, sent) or None


def instructions(said: Conversation) -> tuple[tuple[Part, ...], tuple[Message, ...]]:
    """Return instructions and messages; a history that begins with instructions gives them up."""
    head = 0
    while head < len(said.input) and said.input[head].role == "system" and not said.input[head].name:
        head += 1
    parts = [part for message in said.input[:head] for part in message.parts]
    return (*said.system, *parts), tuple(said.input[head:])


def _says_params(row: Row, params: object) -> bool:
    return params is not None or row["dialect"] not in SILENT_ON_PARAMS


def _held(request: Request, said: Conversation, *, is_body: bool, says_params: bool) -> Held:
    found = Held.NOTHING
    chain = any(request.extra.get(name) or request.params.get(name) for name in _CHAINS)
    unsigned = request.provider in _SIGNING and any(
        isinstance(part, Reasoning) and not part.signature for m in request.messages for part in m.parts
    )
    marks = {
        Held.MESSAGES: bool(said.input),
        Held.TOOLS: bool(request.tools),
        Held.PARAMS: says_params,
        Held.BODY: is_body,
        Held.CALLS: any(
            isinstance(part, ToolCall | ToolCallResponse)
            for message in (*request.messages, *said.output)
            for part in message.parts
        ),
        Held.CUT: said.state == "truncated",
        Held.REDACTED: said.state == "redacted",
        Held.CHAINED: chain,
        Held.UNSIGNED: unsigned,
    }
    for flag, holds in marks.items():
        found |= flag if holds else Held.NOTHING
    return found


def _response(row: Row, said: Conversation, attributes: Row) -> tuple[Response | None, bool]:
    """Return what was answered, None where nothing tells of it, and whether the reason to stop is told."""
    told = parsed(row["finish_reasons"])
    reason = next(iter(told), None) if isinstance(told, list) else told
    own = next((m.finish_reason for m in reversed(said.output) if m.finish_reason), None)
    reason = str(reason) if reason else own
    usage = Usage(*(row[name] for name in Usage._fields))
    error = ": ".join(filter(None, (row["error_type"], row["error_message"]))) if row["failed"] else ""
    if not said.output and not reason and not error and usage == Usage():
        return None, True
    is_told = bool(reason or error or not said.output)
    if not is_told:
        parts = [part for message in said.output for part in message.parts]
        words = any(isinstance(part, Text) and part.content for part in parts)
        reason = "tool_calls" if _calls(said) else "stop" if words else None
    print_ = next((attributes[key] for key in _FINGERPRINTS if attributes.get(key)), None)
    extra = NO_EXTRA if is_told else {"finish_reason": "not recorded"}
    return Response(
        tuple(said.output), reason, row["response_model"], row["response_id"], print_, usage, row["ttft_ms"],
        row["duration_ms"], error or (row["failed"] and "failed") or None, extra,
    ), is_told  # fmt: skip


def _completed(call: _Read, tools: Any, *, offered: bool) -> tuple[Request, list[str]]:
    """Return a request whose tool calls are answered where answers are known, and notes on that."""
    fixed = repaired(call.request.messages, tools)
    notes = []
    if fixed.answered:
        notes.append(f"answers to {', '.join(fixed.answered)} were put in from the tools' own steps")
    if fixed.open:
        notes.append(f"no answer to {', '.join(fixed.open)} is recorded")
    request = call.request._replace(messages=fixed.messages)
    none: tuple[ToolDefinition, ...] = ()
    if request.tools is None and offered:  # the client tells of tools where they are offered
        request = request._replace(tools=none)
    return request, notes


def _grade(held: Held, calls_tools: bool, offered: bool, advice: str) -> Grade:
    found = verdict(held | (Held.TOOLS if offered else Held.NOTHING), calls_tools=calls_tools)
    told = f"{found.reason}. {advice}" if advice and found.level == "none" else found.reason
    return Grade(Completeness(found.level), told)


def _recorded(number: int, call: _Read, request: Request, grade: Grade) -> RecordedCall:
    row, digests = call.row, request_digests(request)
    return RecordedCall(
        number, row["trace_id"], row["span_id"], row["agent_span_id"], row["agent_name"], row["started_ns"],
        request, call.response, grade, *digests, call.prompt,
    )  # fmt: skip


def step_at(found: Recording, span_id: str) -> int | None:
    """Return the model call that a span stands at: its own, or that which asked for a tool; None: neither."""
    own = [call.step for call in found.calls if call.span_id == span_id]
    return next(iter([*own, *(tool.step for tool in found.tools if tool.span_id == span_id)]), None)


def _least(calls: Sequence[RecordedCall]) -> Grade:
    """Return the grade of the call that is least complete; none for a run without calls."""
    if not calls:
        return Grade(Completeness.NONE, "the run has no model call")
    return max((call.grade for call in calls), key=lambda grade: LEVELS.index(grade.level.value))
