"""A run's spans and what they carried -> its transcript."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from spotlight.assembly import Assembly
from spotlight.assembly.link import mark_ancestors
from spotlight.assembly.nearest import nearest, nearest_above
from spotlight.assembly.usage import DUPLICATE, LEAF
from spotlight.messages import Conversation, Message, ToolCallResponse
from spotlight.model import NO_STEPS
from spotlight.reports.display_order import display_order, starts
from spotlight.reports.transcript import Answer, Piece, Step, Thread, Transcript
from spotlight.reports.transcript_calls import Calls, Place, Run
from spotlight.reports.transcript_content import NOTHING, Content, Contents
from spotlight.reports.transcript_pieces import Told, pieces_of
from spotlight.reports.transcript_threads import Threads, threads

_COLUMNS: Final = (
    "trace_id", "span_id", "kind", "name", "agent_name", "request_model", "response_model", "tool_name",
    "tool_call_id", "started_ns", "ended_ns", "status", "status_message", "error_type", "error_message",
    "approval_decision",
)  # fmt: skip
# Spans that hold others, and rows of no step's kind: they tell what nothing below them does.
_CONTAINERS: Final = frozenset((*NO_STEPS, "agent", "llm"))


class Rows(NamedTuple):
    """What the steps of a run are read from; arrays have one entry per row of `found.spans`."""

    found: Assembly
    order: np.ndarray  # rows depth first
    columns: dict[str, list[Any]]
    content: dict[int, Content]  # of the rows that are steps and carry some
    is_model: np.ndarray
    is_step: np.ndarray
    holds: np.ndarray  # a container of steps that carry what it would tell
    agent: np.ndarray  # row that names the agent, -1 for none
    threads: Threads
    call: np.ndarray  # row of the nearest tool call above, -1 for none


def read_transcript(run_id: str, found: Assembly, contents: Contents) -> Transcript:
    """Return the transcript of one run (see `run_document.only_run`); no steps where its spans are gone."""
    if not found.spans.num_rows:
        return Transcript(run_id, (), (), ())
    rows = _rows(found, contents)
    place = np.empty(len(rows.order), np.int64)
    place[rows.order] = np.arange(len(rows.order))
    begin = starts(found.spans)
    at = [row for row in np.lexsort((place, begin)).tolist() if rows.is_step[row]]
    reader = _Reader(rows, place)
    for row in at:
        reader.read(row)
    steps = reader.finished()
    dialects = sorted(filter(None, pc.unique(found.spans.column("dialect")).to_pylist()))
    return Transcript(run_id, tuple(steps), _threads(rows, steps, place), tuple(dialects))


def _rows(found: Assembly, contents: Contents) -> Rows:
    spans, parent = found.spans, found.links.parent
    order = display_order(parent, starts(spans))
    columns = {name: spans.column(name).to_pylist() for name in _COLUMNS}
    kind = spans.column("kind")
    is_model = found.roles.is_generation | (found.roles.role == LEAF)
    may = ~np.asarray(pc.is_in(kind, value_set=pa.array([*NO_STEPS, "llm", "tool"])))
    may |= is_model | found.outcome.is_tool_call
    keys = step_keys(found)
    content = {
        row: read for row in range(spans.num_rows) if (read := contents.read(keys[row])) is not NOTHING
    }
    carries = np.zeros(spans.num_rows, bool)
    carries[[row for row, read in content.items() if _says(read)]] = True
    inner = np.asarray(pc.equal(kind, "tool")) & ~found.outcome.is_tool_call
    carries &= (found.roles.role != DUPLICATE) & ~inner
    is_agent = np.asarray(pc.equal(kind, "agent"))
    holds = np.where(is_agent, mark_ancestors(parent, carries & is_model), mark_ancestors(parent, carries))
    holds &= ~may | is_agent
    is_step = may | (carries & ~holds)
    return Rows(
        found, order, columns, content, is_model, is_step, holds,
        nearest(parent, np.asarray(pc.is_valid(spans.column("agent_name")))),
        threads(found, order), nearest_above(parent, found.outcome.is_tool_call),
    )  # fmt: skip


def _says(content: Content) -> bool:
    said = content.conversation
    return bool(said.system or said.input or said.output or any(content.payload.values()))


def step_keys(found: Assembly) -> list[list[tuple[str, str]]]:
    """Return, per row, the ids (trace, span) of the rows that carry content of its step, its own first."""
    ids = (found.spans.column(name).to_pylist() for name in ("trace_id", "span_id"))
    keys = [[key] for key in zip(*ids, strict=True)]
    twins = found.roles.twin
    for row in np.flatnonzero(twins >= 0).tolist():
        keys[int(twins[row])].append(keys[row][0])
    inner = np.asarray(pc.equal(found.spans.column("kind"), "tool")) & ~found.outcome.is_tool_call
    for row in np.flatnonzero(inner).tolist():
        keys[int(found.links.parent[row])].append(keys[row][0])
    for told in found.told.to_pylist():
        keys[told["step"]].append((told["trace_id"], told["span_id"]))
    return keys


class _Reader:
    """Reads the steps of a run in the order of their start, and remembers what was told in each thread."""

    def __init__(self, rows: Rows, place: np.ndarray) -> None:
        self._rows, self._place = rows, place
        self._told: dict[int, Told] = defaultdict(Told)
        self._calls = Calls()
        self._steps: list[Step] = []
        self._late: set[int] = set()  # containers: their output is told when all else was

    def read(self, row: int) -> None:
        """Read the next step."""
        rows = self._rows
        content = NOTHING if rows.holds[row] else rows.content.get(row, NOTHING)
        if rows.is_model[row]:
            step = self._model_call(row, content)
        elif rows.columns["kind"][row] in _CONTAINERS:
            step = self._container(row, content)
        else:
            step = self._tool(row, content)
        self._steps.append(step)

    def finished(self) -> list[Step]:
        """Return the steps with what was learned after they were read: answers, outputs of containers."""
        answers = self._calls.answers()
        found = []
        for step in self._steps:
            heard, said = (
                tuple(
                    p._replace(answer=answers.get((step.row, Place(is_heard, n))))
                    for n, p in enumerate(pieces)
                )
                for is_heard, pieces in ((True, step.heard), (False, step.said))
            )
            if step.row in self._late:
                told = self._told[step.thread]
                said = tuple(p for p in said if p.what == "call" or not told.is_told(p))
            result = step.result
            if result is None and (answer := answers.get((step.row, None))) is not None:
                result = answer.text
            found.append(_in_document(step._replace(heard=heard, said=said, result=result), self._place))
        return found

    def _model_call(self, row: int, content: Content) -> Step:
        step = self._bare(row, content)
        told = self._told[step.thread]
        sent = _sent(content)
        new = self._new(sent, step.thread, row)
        answer = pieces_of(content.conversation.output)
        for piece in answer:
            told.tell(piece)
        for n, piece in enumerate(answer):
            if piece.what == "call":
                self._calls.ask(row, Place(False, n), piece, step.thread)
        return step._replace(
            heard=tuple(new), said=tuple(answer), known=len(sent) - len(new), lost=told.lost(sent)
        )

    def _new(self, sent: list[Piece], thread: int, row: int) -> list[Piece]:
        """Return what of a history is told here: what is new, no answer and no call already run."""
        new: list[Piece] = []
        for piece in self._told[thread].new(sent):
            if piece.what == "result" and self._calls.take(piece, thread, row):
                continue
            if piece.what == "call":
                if self._calls.recall(piece, thread):
                    continue
                self._calls.ask(row, Place(True, len(new)), piece, thread)
            new.append(piece)
        return new

    def _container(self, row: int, content: Content) -> Step:
        step = self._bare(row, content)
        sent = _sent(content)
        heard = self._new(sent, step.thread, row)
        said: list[Piece] = []
        for piece in pieces_of(content.conversation.output):
            if piece.what == "result" and self._calls.take(piece, step.thread, row):
                continue
            if piece.what == "call":
                if self._told[step.thread].is_told(piece):
                    continue
                self._told[step.thread].tell(piece)
                self._calls.ask(row, Place(False, len(said)), piece, step.thread)
            said.append(piece)
        self._late.add(row)
        return step._replace(heard=tuple(heard), said=tuple(said), known=len(sent) - len(heard))

    def _tool(self, row: int, content: Content) -> Step:
        step = self._bare(row, content)
        said = content.conversation
        arguments = content.of("tool_arguments") or _sole(said, "call") or content.of("input_value")
        result = (
            _words_of(said)
            or content.of("tool_result")
            or _sole(said, "result")
            or content.of("output_value")
        )
        step = step._replace(arguments=arguments, result=result)
        if step.kind != "tool":
            return step
        run = Run(row, step.call_id, _names(step), arguments)
        asked = self._calls.run(run, step.thread)
        if asked is None:
            self._calls.run_alone(run, result, step.thread)
            return step
        if result is not None:
            self._calls.settle(asked, Answer(result, step.failed or None, row, row))
            self._told[step.thread].tell(Piece("result", result, id=asked.piece.id or step.call_id))
        return step._replace(asked_by=asked.row)

    def _within(self, row: int) -> int | None:
        call, of = int(self._rows.call[row]), self._rows.threads.of
        return call if call >= 0 and of[call] == of[row] else None

    def _bare(self, row: int, content: Content) -> Step:
        """Return a step with all that does not depend on what was told before."""
        rows = self._rows
        column = {name: values[row] for name, values in rows.columns.items()}
        failed = bool(rows.found.outcome.failed[row])
        message = column["error_message"] or (column["status_message"] if failed else None)
        error = ": ".join(filter(None, (column["error_type"], message)))
        agent = rows.agent[row]
        said = content.conversation
        return Step(
            row=row, trace_id=column["trace_id"], span_id=column["span_id"], kind=column["kind"] or "other",
            name=column["name"] or "", agent=rows.columns["agent_name"][agent] if agent >= 0 else None,
            model=column["response_model"] or column["request_model"], tool=column["tool_name"],
            thread=int(rows.threads.of[row]), within=self._within(row), started_ns=column["started_ns"],
            ended_ns=column["ended_ns"], heard=(), said=(), known=0, lost=0, arguments=None, result=None,
            call_id=column["tool_call_id"], asked_by=None, error=error or None,
            failed=failed or column["status"] == "error", decision=column["approval_decision"],
            state=said.state, notes=said.notes,
        )  # fmt: skip


def _sent(content: Content) -> list[Piece]:
    said = content.conversation
    return pieces_of([Message("system", tuple(said.system)), *said.input])


def _names(step: Step) -> frozenset[str]:
    """Return what a model may call the tool of a step: spans are named "execute_tool x" or "x.run", too."""
    name = step.tool or step.name
    return frozenset([name, name.rpartition(" ")[2], name.partition(".")[0]])


def _sole(said: Conversation, what: str) -> str | None:
    """Return the words of the only call, or answer, that a tool's messages tell of."""
    found = [p for p in pieces_of([*said.input, *said.output]) if p.what == what]
    return found[0].text if len(found) == 1 else None


def _words_of(said: Conversation) -> str | None:
    """Return a tool's only answer where it is words: around them, some clients send their own objects."""
    parts = [p for m in said.output for p in m.parts if isinstance(p, ToolCallResponse)]
    return parts[0].response if len(parts) == 1 and isinstance(parts[0].response, str) else None


def _in_document(step: Step, place: np.ndarray) -> Step:
    """Return a step whose rows are those of the run document."""

    def at(row: int | None) -> int | None:
        return None if row is None else int(place[row])

    heard, said = (
        tuple(
            p if p.answer is None else p._replace(
                answer=p.answer._replace(row=at(p.answer.row), told_in=int(place[p.answer.told_in]))
            )
            for p in pieces
        )
        for pieces in (step.heard, step.said)
    )  # fmt: skip
    return step._replace(
        row=int(place[step.row]), asked_by=at(step.asked_by), within=at(step.within), heard=heard, said=said
    )


def _threads(rows: Rows, steps: list[Step], place: np.ndarray) -> tuple[Thread, ...]:
    own: dict[int, list[int]] = defaultdict(list)
    for step in steps:
        own[step.thread].append(step.row)
    names = rows.columns["agent_name"]
    found = []
    for number, (head, above) in enumerate(zip(rows.threads.heads, rows.threads.parents, strict=True)):
        at = head if head >= 0 else int(rows.order[0])
        agent = rows.agent[at]
        name = (names[agent] if agent >= 0 else None) or rows.columns["name"][at] or ""
        call = at if rows.found.outcome.is_tool_call[at] else int(rows.call[at])
        found.append(
            Thread(
                name, int(place[at]), above if number else None,
                int(place[call]) if number and call >= 0 and rows.threads.of[call] == above else None,
                tuple(own[number]),
            )
        )  # fmt: skip
    return tuple(found)
