"""The words of replay: what was recorded of a run, what a model is asked anew, what a mocked tool answers.

Values only; nothing here reads, writes or calls. Messages are in the one canonical form
(`spotlight.messages.canonical`), and what that form has no place for is kept in `extra`.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from spotlight.messages.canonical import (
    NO_EXTRA,
    Extra,
    Json,
    Message,
    Part,
    ToolCallResponse,
    ToolDefinition,
)


class Completeness(StrEnum):
    """How much of what a model was sent is known, the most first."""

    EXACT = "exact"  # the body as it was sent
    SEMANTIC = "semantic"  # instructions, messages, tools and parameters; the body can be made again
    PARTIAL = "partial"  # something is missing, cut or redacted: never called the same context
    NONE = "none"  # no messages


class Grade(NamedTuple):
    """How complete a recording is, and why it is no better; the reason is empty for `exact`."""

    level: Completeness
    reason: str


class Request(NamedTuple):
    """What a model is asked. None and empty are different: None is not known, empty was sent empty."""

    provider: str | None  # openai, anthropic, google, ...: spotlight.pricing.names
    api: str | None  # chat, responses, messages or generate: the wire form it was recorded from
    model: str | None
    system: tuple[Part, ...]
    messages: tuple[Message, ...]
    tools: tuple[ToolDefinition, ...] | None
    tool_choice: Json = None
    params: Mapping[str, Json] = NO_EXTRA  # OTel names without gen_ai.request.
    extra: Extra = NO_EXTRA  # top-level fields of the body that no name above has, as sent


class Usage(NamedTuple):
    """Tokens by OTel's meaning: input includes what was read from and written to a cache. None: not said."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    reasoning_tokens: int | None = None


class Response(NamedTuple):
    """What a model answered. Without a finish reason the answer is incomplete and stands for nothing."""

    messages: tuple[Message, ...]
    finish_reason: str | None
    model: str | None = None
    response_id: str | None = None
    fingerprint: str | None = None
    usage: Usage = Usage()
    ttft_ms: float | None = None
    duration_ms: float | None = None
    error: str | None = None
    extra: Extra = NO_EXTRA


class RecordedPrompt(NamedTuple):
    """The template that a call's instructions were made from, and the values, as far as they are told."""

    template: str | None
    variables: Mapping[str, str]


class RecordedCall(NamedTuple):
    """One model call of a recorded run; `step` counts model calls from 1, in order of their start."""

    step: int
    trace_id: str
    span_id: str
    agent_span_id: str | None
    agent_name: str | None
    started_ns: int
    request: Request
    response: Response | None
    grade: Grade
    message_digests: tuple[str, ...]  # of the request's messages, in order: spotlight.messages.digests
    prefix_digests: tuple[str, ...]  # of all messages up to and with each
    context_digest: str  # of instructions, messages and tools
    request_digest: str  # of that with model, tool choice and parameters
    prompt: RecordedPrompt | None = None


class RecordedTool(NamedTuple):
    """One tool call of a recorded run and what it answered; ids of calls are no keys, positions are.

    `position` counts tool calls from 1, in the order in which they were asked for; `step` is the model call
    that asked, None where nobody is known to have.
    """

    position: int
    step: int | None
    name: str
    call_id: str | None
    arguments: Json  # parsed; the text as recorded where it is no JSON
    result: Json
    has_result: bool  # whether any answer is recorded; None may be one
    is_error: bool
    trace_id: str | None  # of the tool's own span; None where only messages tell of it
    span_id: str | None
    started_ns: int | None
    duration_ms: float | None
    told: ToolCallResponse | None = None  # the answer as the model was told it; None where no message tells


class Recording(NamedTuple):
    """All that a replay needs of one run; `run` is its row of the view `runs`."""

    run: Mapping[str, Any]
    calls: tuple[RecordedCall, ...]
    tools: tuple[RecordedTool, ...]
    grade: Grade  # the least of its calls'; none where it has no call
    notes: tuple[str, ...]  # what was repaired or could not be told, in words


class Rung(StrEnum):
    """By which rung of the ladder a tool call was answered, the first that holds."""

    FAULT = "fault"
    STUB = "stub"
    POLICY = "policy"  # pure, ignore_args or terminal
    EXACT = "exact"  # same name and arguments, same run, not used before
    REPEATED = "repeated"  # the same recording once more, for repeatable reads
    NORMALISED = "normalised"  # same after the policy's rules for this tool
    SEQUENCE = "sequence"  # the tool's next recording whatever the arguments, where the policy says so
    POOLED = "pooled"  # a recording of another run of the same case
    SIMILAR = "similar"  # nearest arguments above a threshold that the user gave
    SIMULATED = "simulated"  # made up by a model at the user's wish: synthetic
    DIVERGED = "diverged"  # nothing answers: never a guess


class ToolAnswer(NamedTuple):
    """What a mocked tool answered; for DIVERGED `result` is None and `reason` says what was asked for."""

    rung: Rung
    result: Json
    is_error: bool = False
    is_stale: bool = False  # a read served from the recording after a write that the recording does not have
    source: RecordedTool | None = None  # the recording that answered
    source_run: str | None = None  # its run
    reason: str = ""
    delay_ms: float = 0.0  # how long the tool is said to have taken; nothing waits for it
    has_result: bool = True  # None may be one; False for a call that ends the run and is not answered
