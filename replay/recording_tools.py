"""The tool calls of a recorded run: each once, with its answer; and answers put in where they are missing.

Ids of calls are no keys: clients use one again for another call. Calls and answers are paired by where they
stand, among those of one id where there is one.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

from replay.model import RecordedTool
from spotlight.exact_json import parsed
from spotlight.messages import Message, ToolCall, ToolCallResponse
from spotlight.messages.canonical import Json
from spotlight.messages.digests import canonical_json
from spotlight.reports.transcript import Answer, Piece, Step, Transcript

SpanKey = tuple[str, str]  # trace id, span id
_CallKey = tuple[str, str, str]  # id, name, arguments
_MS: Final = 1_000_000


class Repaired(NamedTuple):
    """The messages of a request in which every tool call has an answer, where one is known."""

    messages: tuple[Message, ...]
    answered: tuple[str, ...]  # names of the tools whose answers were put in
    open: tuple[str, ...]  # names of the tools whose answers nobody tells


def recorded_tools(
    transcript: Transcript, numbers: Mapping[SpanKey, int], histories: Sequence[Sequence[Message]]
) -> tuple[RecordedTool, ...]:
    """Return the tool calls of a run in the order in which they were asked for.

    `numbers` are those of the model calls, by span; `histories` are what the calls were sent. What a model
    was told of a tool's answer goes before what the tool's own step says of it.
    """
    steps = transcript.by_row()
    found: list[RecordedTool] = []

    def add(tool: RecordedTool) -> None:
        found.append(tool._replace(position=len(found) + 1))

    last: dict[int, tuple[int, bool]] = {}  # thread -> its latest model call, and whether it tells its answer
    for step in transcript.steps:
        number = numbers.get((step.trace_id, step.span_id))
        before, is_told = last.get(step.thread, (None, True))
        for piece in (p for p in step.heard if p.what == "call"):
            tool = _asked(piece, before, steps)
            if before is not None or tool.span_id is not None:  # else it was called before the run began
                add(tool)
        for piece in (p for p in step.said if p.what == "call"):
            add(_asked(piece, number or before, steps))
        if step.kind == "tool" and step.asked_by is None:
            add(_alone(step, None if is_told else before))
        if number is not None:
            last[step.thread] = number, any(p.what in ("call", "text") for p in step.said)
    told = _told(histories)
    seen: Counter[_CallKey] = Counter()
    return tuple(_as_told(tool, told, seen) for tool in found)


def _told(histories: Sequence[Sequence[Message]]) -> dict[_CallKey, list[ToolCallResponse | None]]:
    """Return the answers that histories tell, by call; of a call made twice, in the order of both."""
    found: dict[_CallKey, list[ToolCallResponse | None]] = {}
    none: Sequence[Message] = ()
    for history, after in itertools.zip_longest(histories, histories[1:], fillvalue=none):
        last = len(history) - 1
        if 0 <= last < len(after) and (after[0], after[last]) == (history[0], history[last]):
            continue  # the next one goes on from it
        seen: Counter[_CallKey] = Counter()
        for call, answer in _turns(history):
            key = _key(call.id, call.name, call.arguments)
            known = found.setdefault(key, [])
            if seen[key] == len(known):
                known.append(answer)
            known[seen[key]] = known[seen[key]] or answer
            seen[key] += 1
    return found


def _turns(messages: Sequence[Message]) -> Iterator[tuple[ToolCall, ToolCallResponse | None]]:
    """Yield each call with its answer in the same turn: by its id, where ids tell, else in order."""
    for place, message in enumerate(messages):
        calls = [part for part in message.parts if isinstance(part, ToolCall)]
        if not calls:
            continue
        answers = _answers(messages[place + 1 :])
        by_id = {answer.id: answer for answer in answers}
        ids = [call.id for call in calls]
        if all(ids) and len(set(ids)) == len(ids) and by_id.keys() <= set(ids):
            yield from ((call, by_id.get(call.id)) for call in calls)
        else:
            yield from itertools.zip_longest(calls, answers[: len(calls)])


def _as_told(
    tool: RecordedTool, told: Mapping[_CallKey, Sequence[ToolCallResponse | None]], seen: Counter[_CallKey]
) -> RecordedTool:
    """Return a tool call with the answer that the model was told."""
    key = _key(tool.call_id, tool.name, tool.arguments)
    answers = told.get(key, ())
    answer = answers[seen[key]] if seen[key] < len(answers) else None
    seen[key] += 1
    if answer is None or (answer.response is None and tool.result not in (None, "", "null")):
        return tool  # a message without content, from a client that leaves it to the tool's step
    is_error = tool.is_error or bool(answer.is_error)
    return tool._replace(result=answer.response, has_result=True, is_error=is_error, told=answer)


def _asked(piece: Piece, step: int | None, steps: Mapping[int, Step]) -> RecordedTool:
    """Return the tool call that a message asks for."""
    answer = piece.answer or Answer(None, None, None, -1)
    ran = steps.get(answer.row) if answer.row is not None else None
    arguments: Any = piece.text
    if not arguments and ran is not None and ran.arguments:
        arguments = ran.arguments
    has_result, is_error = answer.text is not None, bool(answer.failed) or (ran is not None and ran.failed)
    return RecordedTool(
        0, step, piece.name or "", piece.id, parsed(arguments), answer.text, has_result, is_error, *_ran(ran)
    )


def _alone(step: Step, asked_by: int | None) -> RecordedTool:
    """Return a tool call of which its own step alone tells."""
    return RecordedTool(
        0, asked_by, step.tool or step.name, step.call_id, parsed(step.arguments), step.result,
        step.result is not None, step.failed, *_ran(step),
    )  # fmt: skip


def _ran(step: Step | None) -> tuple[str | None, str | None, int | None, float | None]:
    if step is None:
        return None, None, None, None
    known = step.started_ns is not None and step.ended_ns is not None
    took = ((step.ended_ns or 0) - (step.started_ns or 0)) / _MS if known else None
    return step.trace_id, step.span_id, step.started_ns, took


def repaired(messages: Sequence[Message], tools: Iterable[RecordedTool]) -> Repaired:
    """Return messages in which answers that are known from elsewhere stand behind their calls."""
    known: dict[_CallKey, list[RecordedTool]] = {}
    for tool in tools:
        known.setdefault(_key(tool.call_id, tool.name, tool.arguments), []).append(tool)
    seen: Counter[_CallKey] = Counter()
    result: list[Message] = []
    answered: list[str] = []
    left: list[str] = []
    for place, message in enumerate(messages):
        result.append(message)
        calls = [part for part in message.parts if isinstance(part, ToolCall)]
        missing = _unanswered(calls, messages[place + 1 :]) if calls else ()
        parts: list[ToolCallResponse] = []
        for number, call in enumerate(calls):
            key = _key(call.id, call.name, call.arguments)
            alike = known.get(key, ())
            answer = alike[seen[key]] if seen[key] < len(alike) else None
            seen[key] += 1
            if number not in missing:
                continue
            if answer is None or not answer.has_result:
                left.append(call.name)
                continue
            answered.append(call.name)
            parts.append(
                replace(answer.told, id=call.id)
                if answer.told
                else ToolCallResponse(call.id, answer.result, call.name, answer.is_error or None)
            )
        if parts:
            result.append(Message("tool", tuple(parts)))
    return Repaired(tuple(result), tuple(answered), tuple(left))


def _unanswered(calls: Sequence[ToolCall], later: Sequence[Message]) -> set[int]:
    """Return which of a turn's calls have no answer before the next turn of the model."""
    answers = _answers(later)
    own = [part.id for part in calls]
    if len(answers) >= len(calls) or not all(own) or len(set(own)) < len(own):
        return set(range(len(answers), len(calls)))
    told = {answer.id for answer in answers}
    missing = {number for number, call_id in enumerate(own) if call_id not in told}
    return missing if len(missing) == len(calls) - len(answers) else set(range(len(answers), len(calls)))


def _answers(later: Sequence[Message]) -> list[ToolCallResponse]:
    """Return the answers that stand before the next turn of the model."""
    turn = itertools.takewhile(lambda message: message.role != "assistant", later)
    return [part for message in turn for part in message.parts if isinstance(part, ToolCallResponse)]


def _key(call_id: str | None, name: str, arguments: Json) -> _CallKey:
    value = parsed(arguments) if isinstance(arguments, str) else arguments
    return call_id or "", name, canonical_json(value)
