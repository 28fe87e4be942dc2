"""A transcript in reading order, as one list that folds: what a page and a terminal show."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from spotlight.model import NO_STEPS
from spotlight.reports.source_hints import content_advice
from spotlight.reports.transcript import MAIN, Answer, Piece, Step, Transcript

# Beside the words of `transcript.What`: an agent takes over, a thread begins, a step that is neither a model
# call nor a tool call, an error, content that was not recorded, context that was lost.
AGENT, THREAD, STEP, ERROR, SILENT, LOST = "agent", "thread", "step", "error", "silent", "lost"
_HOLDERS: Final = frozenset(("agent", *NO_STEPS))


class Entry(NamedTuple):
    """One line of a transcript; what belongs to it follows it, one level deeper."""

    what: str
    step: int  # place in `Transcript.steps` of the step that is meant
    depth: int
    text: str | None  # hostile, whole; None where it is not recorded
    name: str | None = None
    failed: bool = False
    number: int = 0  # of a thread: its number; of lost context: how many pieces
    by: int | None = None  # of a call: place of the step whose model asked for it


class _Work(NamedTuple):
    """Something to write next: entries that stand, or a step or thread whose entries are not made yet."""

    depth: int
    entry: Entry | None = None
    step: Step | None = None
    is_end: bool = False  # what a container says when it ends
    thread: int = MAIN


def entries(transcript: Transcript) -> list[Entry]:
    """Return the transcript in reading order: a call, then what ran it and answered, then what came next."""
    return list(_Writer(transcript).write())


class _Writer:
    def __init__(self, transcript: Transcript) -> None:
        self._all = transcript
        self._place = {step.row: n for n, step in enumerate(transcript.steps)}
        self._within: dict[int, list[Step]] = defaultdict(list)
        self._called: dict[int, list[int]] = defaultdict(list)  # threads by the call that started them
        self._lines: dict[int, list[tuple[int, int, _Work]]] = defaultdict(
            list
        )  # by thread: time, order, work
        agents: dict[int, set[str | None]] = defaultdict(set)
        for step in transcript.steps:
            if step.kind == "agent":
                agents[step.thread].add(step.agent or step.name)
        self._several = {thread for thread, names in agents.items() if len(names) > 1}
        self._sort()

    def _sort(self) -> None:
        """Say where every step and every thread is written: in its thread's line, or below a call."""
        joined = {answer.row for step in self._all.steps for answer in step.answers}
        for n, step in enumerate(self._all.steps):
            if step.row in joined:
                continue
            if step.within is not None and step.within in self._place:
                self._within[step.within].append(step)
                continue
            start = step.started_ns or 0
            self._lines[step.thread].append((start, n, _Work(0, step=step)))
            if (step.said or step.failed) and step.kind in _HOLDERS:
                end = step.ended_ns if step.ended_ns is not None else start
                self._lines[step.thread].append((max(start, end), n, _Work(0, step=step, is_end=True)))
        for number, thread in enumerate(self._all.threads[1:], 1):
            if thread.call is not None and thread.call in self._place:
                self._called[thread.call].append(number)
                continue
            first = self._all.steps[self._place[thread.rows[0]]] if thread.rows else None
            start = (first.started_ns or 0) if first else 0
            line = (start, self._place[first.row] if first else 0, _Work(0, thread=number))
            self._lines[thread.parent or MAIN].append(line)

    def write(self) -> Iterator[Entry]:
        """Yield the entries; a stack and no recursion, since agents may nest as deep as a client likes."""
        stack = self._line(MAIN, 0)
        while stack:
            work = stack.pop()
            if work.entry is not None:
                yield work.entry
            elif work.step is None:
                stack += self._thread(work)
            else:
                made = (self._said if work.is_end else self._step)(work.step, work.depth)
                stack += reversed(list(made))

    def _line(self, thread: int, depth: int) -> list[_Work]:
        works = sorted(self._lines[thread], key=lambda line: line[:2])
        return [work._replace(depth=depth) for *_, work in reversed(works)]

    def _thread(self, work: _Work) -> list[_Work]:
        thread = self._all.threads[work.thread]
        first = self._place[thread.row] if thread.row in self._place else self._place[thread.rows[0]]
        head = Entry(THREAD, first, work.depth, "", thread.name, number=work.thread)
        return [*self._line(work.thread, work.depth + 1), _Work(work.depth, head)]

    def _step(self, step: Step, depth: int) -> Iterator[_Work]:
        if step.kind == "tool":
            yield from self._call(
                step, Piece("call", step.arguments or "", step.tool or step.name), step, depth
            )
            return
        if step.kind == "agent" and step.thread in self._several:
            yield self._entry(AGENT, step, depth, "", step.agent or step.name)
        if step.lost:
            yield self._entry(LOST, step, depth, "")
        yield from self._pieces(step.heard, step, depth)
        if step.kind not in _HOLDERS and step.kind != "llm":
            yield from self._other(step, depth)
            return
        if step.kind == "llm" and not step.said and not step.error:
            yield self._entry(SILENT, step, depth, None, step.model)
        if step.kind not in _HOLDERS:
            yield from self._said(step, depth)

    def _pieces(self, pieces: Sequence[Piece], step: Step, depth: int) -> Iterator[_Work]:
        for piece in pieces:
            if piece.what != "call":
                yield self._entry(piece.what, step, depth, piece.text, piece.name, bool(piece.failed))
                continue
            ran = piece.answer.row if piece.answer is not None else None
            runner = self._all.steps[self._place[ran]] if ran is not None and ran in self._place else None
            yield from self._call(runner, piece, step, depth)

    def _said(self, step: Step, depth: int) -> Iterator[_Work]:
        yield from self._pieces(step.said, step, depth)
        yield from self._error(step, depth)

    def _call(self, ran: Step | None, call: Piece, asked: Step, depth: int) -> Iterator[_Work]:
        """Write a call and, below it, what ran it: its steps, its threads, its answer and its error."""
        meant = ran or asked
        answer = call.answer or (Answer(ran.result, None, ran.row, ran.row) if ran is not None else None)
        failed = bool(ran is not None and ran.failed) or bool(answer is not None and answer.failed)
        line = self._entry("call", meant, depth, call.text, call.name, failed)
        by = self._place[asked.row] if asked is not meant else None
        yield line._replace(entry=line.entry._replace(by=by) if line.entry is not None else None)
        if ran is not None:
            for step in self._within[ran.row]:
                yield _Work(depth + 1, step=step)
            for thread in self._called[ran.row]:
                yield _Work(depth + 1, thread=thread)
        if answer is not None and not (answer.text is None and ran is not None and ran.error):
            yield self._entry("result", meant, depth + 1, answer.text, call.name, failed)
        if ran is not None:
            yield from self._error(ran, depth + 1)

    def _other(self, step: Step, depth: int) -> Iterator[_Work]:
        yield self._entry(STEP, step, depth, step.decision or step.arguments or "", step.name, step.failed)
        if step.decision and step.arguments:
            yield self._entry("other", step, depth + 1, step.arguments)
        if step.result is not None:
            yield self._entry("result", step, depth + 1, step.result)
        yield from self._error(step, depth + 1)

    def _error(self, step: Step, depth: int) -> Iterator[_Work]:
        if step.failed:
            yield self._entry(ERROR, step, depth, step.error, failed=True)

    def _entry(
        self,
        what: str,
        step: Step,
        depth: int,
        text: str | None,
        name: str | None = None,
        failed: bool = False,
    ) -> _Work:
        entry = Entry(
            what, self._place[step.row], depth, text, name, failed, step.lost if what == LOST else 0
        )
        return _Work(depth, entry)


# Of every text this much goes with a page of texts; the rest is asked for.
HEAD: Final = 2_000
# Entries of a page of texts at most, and characters after which a page ends.
PAGE: Final = 400
PAGE_CHARACTERS: Final = 200_000
# Characters of one answer about one text.
STRETCH: Final = 256 * 1024
MOST_FOUND: Final = 5_000


def transcript_document(transcript: Transcript, found: Sequence[Entry]) -> dict[str, Any]:
    """Return the structure of a transcript as columns, and its first texts.

    `size` is characters, None for what is not recorded; -1 is no name.
    """
    names: dict[str, int] = {}
    whats: dict[str, int] = {}
    return {
        "run_id": transcript.run_id,
        "count": len(found),
        "head": HEAD,
        "silent": content_account(transcript),
        "characters": sum(len(entry.text or "") for entry in found),
        "cols": {
            "what": [whats.setdefault(entry.what, len(whats)) for entry in found],
            "step": [entry.step for entry in found],
            "depth": [entry.depth for entry in found],
            "name": [
                -1 if entry.name is None else names.setdefault(entry.name, len(names)) for entry in found
            ],
            "size": [None if entry.text is None else len(entry.text) for entry in found],
            "lines": [(entry.text or "")[:HEAD].count("\n") + 1 for entry in found],
            "failed": [int(entry.failed) for entry in found],
            "number": [entry.number for entry in found],
            "by": [-1 if entry.by is None else entry.by for entry in found],
        },
        "whats": list(whats),
        "names": list(names),
        "steps": {
            "id": [step.span_id for step in transcript.steps],
            "agent": [step.agent for step in transcript.steps],
            "known": [step.known for step in transcript.steps],
            "state": [step.state for step in transcript.steps],
        },
        "threads": [thread.name for thread in transcript.threads],
        "first": texts(found, 0),
    }  # fmt: skip


def content_account(transcript: Transcript) -> dict[str, object]:
    """Return how many model calls carry no content, of how many, and how clients are told to send it."""
    calls = [step for step in transcript.steps if step.kind == "llm"]
    silent = sum(step.state == "absent" for step in calls)
    return {"calls": silent, "of": len(calls), "advice": content_advice(transcript.dialects)}


def texts(found: Sequence[Entry], start: int) -> dict[str, Any]:
    """Return how the texts from one entry on begin, as many as a page holds."""
    taken: list[str | None] = []
    room = PAGE_CHARACTERS
    for entry in found[start : start + PAGE]:
        head = entry.text if entry.text is None or entry.what == "media" else entry.text[:HEAD]
        head = "" if entry.what == "media" else head
        if taken and room < len(head or ""):
            break
        room -= len(head or "")
        taken.append(head)
    return {"from": start, "texts": taken}


def stretch(found: Sequence[Entry], number: int, start: int, length: int = STRETCH) -> dict[str, Any]:
    """Return a stretch of one text, and how long it is. Raises: IndexError."""
    text = found[number].text or ""
    part = text[start : start + min(length, STRETCH)]
    return {"from": start, "text": part, "next": start + len(part), "size": len(text)}


def mentions(found: Sequence[Entry], words: str) -> dict[str, Any]:
    """Return the entries whose text or name holds some words, whatever their case, and how many there are.

    `steps` are the places in `Transcript.steps` of the steps that say them.
    """
    wanted = words.casefold()
    hits = [
        n for n, entry in enumerate(found)
        if wanted in (entry.text or "").casefold() or wanted in (entry.name or "").casefold()
    ]  # fmt: skip
    return {"count": len(hits), "entries": hits[:MOST_FOUND], "steps": sorted({found[n].step for n in hits})}
