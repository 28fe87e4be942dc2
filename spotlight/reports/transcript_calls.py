"""Which step ran a call that a model asked for, and what was answered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from spotlight.exact_json import parsed
from spotlight.messages.digests import canonical_json
from spotlight.reports.transcript import Answer, Piece


class Place(NamedTuple):
    """Where a call stands in its step: in what it was told (a history), or in what it said."""

    is_heard: bool
    number: int


@dataclass
class Asked:
    """One call: where it stands, the step that ran it, what was answered."""

    row: int
    place: Place | None  # None for a call of which only the step that ran it tells
    piece: Piece
    ran: int | None = None
    answer: Answer | None = None
    is_confirmed: bool = False  # a message told of its answer, too

    @property
    def may_run(self) -> bool:
        """Whether a step may be the one that runs it: not what a history tells with its answer."""
        is_past = self.place is not None and self.place.is_heard and self.answer is not None
        return self.ran is None and not is_past


class Run(NamedTuple):
    """What a tool's step says of the call it runs."""

    row: int
    call_id: str | None
    names: frozenset[str]  # by which a model may call the tool
    arguments: str | None

    def fits(self, piece: Piece) -> bool:
        """Return whether a call may be this one: the same name, or one that the arguments carry.

        Some clients name every tool's span alike and wrap name and arguments together.
        """
        named = f'"{piece.name}"'
        return piece.name in self.names or (bool(piece.name) and named in (self.arguments or "")[:1000])


class Calls:
    """The calls of a run in the order in which they were asked for."""

    def __init__(self) -> None:
        self._by_id: dict[str, list[Asked]] = defaultdict(list)
        self._by_thread: dict[int, list[Asked]] = defaultdict(list)
        self._alone: dict[int, list[tuple[Run, Asked]]] = defaultdict(
            list
        )  # run, and asked for by no message

    def ask(self, row: int, place: Place, piece: Piece, thread: int) -> None:
        """Add a call."""
        self._add(Asked(row, place, piece), thread)

    def _add(self, asked: Asked, thread: int) -> None:
        if asked.piece.id:
            self._by_id[asked.piece.id].append(asked)
        self._by_thread[thread].append(asked)

    def run(self, run: Run, thread: int) -> Asked | None:
        """Return the call that a tool's step runs: by its id, else by name and arguments, else by name."""
        asked = next((a for a in self._by_id.get(run.call_id or "", ()) if a.may_run), None)
        if asked is None and run.call_id not in self._by_id:
            alike = [a for a in self._by_thread[thread] if a.may_run and run.fits(a.piece)]
            same = _comparable(run.arguments)
            asked = next((a for a in alike if _comparable(a.piece.text) == same), next(iter(alike), None))
        if asked is not None:
            asked.ran = run.row
        return asked

    def run_alone(self, run: Run, result: str | None, thread: int) -> None:
        """Remember a step that ran a call no message has told of so far: a later one may."""
        piece = Piece("call", run.arguments or "", next(iter(run.names), None), run.call_id)
        answer = None if result is None else Answer(result, None, run.row, run.row)
        self._alone[thread].append((run, Asked(run.row, None, piece, run.row, answer)))

    def recall(self, call: Piece, thread: int) -> bool:
        """Return whether a call in a history is one that a step has run, and remember it so."""
        alike = [
            (run, a)
            for run, a in self._alone[thread]
            if run.fits(call) or (call.id and call.id == run.call_id)
        ]
        same = _comparable(call.text)
        found = next((x for x in alike if _comparable(x[0].arguments) == same), next(iter(alike), None))
        if found is None:
            return False
        self._alone[thread].remove(found)
        found[1].piece = call
        self._add(found[1], thread)
        return True

    def settle(self, asked: Asked, answer: Answer) -> None:
        """Say what was answered to a call."""
        asked.answer = answer

    def take(self, result: Piece, thread: int, row: int) -> bool:
        """Give a result that a message tells to its call; False where no call is known that it answers."""
        candidates = self._answered_by(result, thread)
        waiting = [a for a in candidates if not a.is_confirmed]
        asked = next((a for a in waiting if a.answer is None), next(iter(waiting), None))
        if asked is None:  # told twice: a call has one answer
            return any(result.id or (a.answer and a.answer.text == result.text) for a in candidates)
        asked.is_confirmed = True
        if asked.answer is None:
            asked.answer = Answer(result.text, result.failed, asked.ran, row)
        return True

    def _answered_by(self, result: Piece, thread: int) -> Sequence[Asked]:
        if result.id and result.id in self._by_id:
            return self._by_id[result.id]
        return [
            a for a in self._by_thread[thread]
            if not (result.id and a.piece.id) and (result.name is None or a.piece.name == result.name)
        ]  # fmt: skip

    def answers(self) -> Mapping[tuple[int, Place | None], Answer]:
        """Return what was answered, by row of the step and place among what it said."""
        found: dict[tuple[int, Place | None], Answer] = {}
        for asked in (a for calls in self._by_thread.values() for a in calls):
            if asked.answer is not None:
                ran = asked.ran if asked.answer.row is None else asked.answer.row
                found[asked.row, asked.place] = asked.answer._replace(row=ran)
            elif asked.ran is not None:
                found[asked.row, asked.place] = Answer(None, None, asked.ran, asked.ran)
        return found


def _comparable(arguments: str | None) -> str:
    return canonical_json(parsed(arguments))
