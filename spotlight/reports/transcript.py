"""What every step of a run said, as a reader reads it: each message once, where it was first told.

A model call is sent the whole conversation so far; here a step has only what is new in its thread. All
texts are hostile and whole: nothing is cut.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

from spotlight.messages.canonical import State

What = Literal["system", "user", "thought", "text", "call", "result", "summary", "media", "other"]
MAIN: Final = 0  # the number of the thread in which a run begins


class Answer(NamedTuple):
    """What a tool answered to a call."""

    text: str | None  # None where it is not recorded
    failed: bool | None  # None where nothing says so
    row: int | None  # row of the tool's own step; None where only messages tell of it
    told_in: int  # row of the step that carries the answer


class Piece(NamedTuple):
    """One thing said: words as recorded, other values as compact JSON text."""

    what: What
    text: str
    name: str | None = None  # the tool, the speaker, or the type of the part
    id: str | None = None  # the id that the model gave a call
    failed: bool | None = None  # of a result
    answer: Answer | None = None  # of a call


class Step(NamedTuple):
    """One step and what was new in it; `row` is its row in the run document (depth first)."""

    row: int
    trace_id: str
    span_id: str
    kind: str
    name: str
    agent: str | None  # its own, else the nearest above it
    model: str | None
    tool: str | None
    thread: int  # place in `Transcript.threads`
    within: int | None  # row of the tool call of the same thread that it is part of
    started_ns: int | None
    ended_ns: int | None
    heard: tuple[Piece, ...]  # what it was told: system, user, result, summary, media, other
    said: tuple[Piece, ...]  # what a model answered: thought, text, call, media, other
    known: int  # pieces it was sent that were told before
    lost: int  # pieces that the call before it was sent and that it was not: the context was cut or compacted
    arguments: str | None  # of a tool's, retrieval's or similar step
    result: str | None
    call_id: str | None
    asked_by: int | None  # row of the model call that asked for this tool call
    error: str | None  # type and message
    failed: bool  # an error, or a tool that says so
    decision: str | None  # of an approval
    state: State  # full, truncated, redacted, absent: what is known to be missing of its content
    notes: tuple[str, ...]

    @property
    def thought(self) -> str:
        """Its reasoning; "" for none."""
        return _joined(self.said, "thought")

    @property
    def text(self) -> str:
        """The words of its answer; "" for none."""
        return _joined(self.said, "text")

    @property
    def calls(self) -> tuple[Piece, ...]:
        """The tool calls that its model asked for, in order."""
        return tuple(piece for piece in self.said if piece.what == "call")

    @property
    def answers(self) -> tuple[Answer, ...]:
        """What was answered to the calls of which it tells, its own and those of its history."""
        return tuple(p.answer for p in (*self.heard, *self.said) if p.answer is not None)

    @property
    def user(self) -> str:
        """What the user said since the call before; "" for nothing."""
        return _joined(self.heard, "user")


class Thread(NamedTuple):
    """The steps of one agent below another, or beside it at the same time: a conversation of its own."""

    name: str  # its agent; of the main thread, the run's
    row: int  # the agent's row; of the main thread, the first row of the run
    parent: int | None  # thread in which it was started; None for the main one
    call: int | None  # row of the tool call, in the thread above, in which it was started
    rows: tuple[int, ...]  # its own steps, by time


class Transcript(NamedTuple):
    """A run as it is read."""

    run_id: str
    steps: tuple[Step, ...]  # by time: a step before what it called
    threads: tuple[Thread, ...]  # the main one first, then by start
    dialects: tuple[str, ...]  # vocabularies of its spans, sorted

    def by_row(self) -> Mapping[int, Step]:
        """Return the steps by their row in the run document."""
        return {step.row: step for step in self.steps}


def _joined(pieces: tuple[Piece, ...], what: What) -> str:
    return "\n\n".join(piece.text for piece in pieces if piece.what == what)
