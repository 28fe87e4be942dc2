"""Which step ran a call that a model asked for, and what was answered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from spotlight.exact_json import parsed
from spotlight.messages.digests import canonical_json
from spotlight.reports.transcript import Answer, Piece


@dataclass
class Asked:
    """One call of a model's: where it stands, the step that ran it, what was answered."""

    row: int
    place: int  # among what its step said
    piece: Piece
    thread: int
    ran: int | None = None
    answer: Answer | None = None
    is_confirmed: bool = False  # a message told of its answer, too


class Calls:
    """The calls of a run in the order in which they were asked for."""

    def __init__(self) -> None:
        self._by_id: dict[str, list[Asked]] = defaultdict(list)
        self._by_thread: dict[int, list[Asked]] = defaultdict(list)  # those not yet run, or not yet answered

    def ask(self, row: int, place: int, piece: Piece, thread: int) -> None:
        """Add a call."""
        asked = Asked(row, place, piece, thread)
        if piece.id:
            self._by_id[piece.id].append(asked)
        self._by_thread[thread].append(asked)

    def run(
        self, row: int, thread: int, call_id: str | None, names: frozenset[str], arguments: str | None
    ) -> Asked | None:
        """Return the call that a tool's step runs: by its id, else by name and arguments, else by name."""
        known = call_id in self._by_id if call_id else False
        asked = next((a for a in self._by_id.get(call_id or "", ()) if a.ran is None), None)
        if asked is None and not known:
            alike = [a for a in self._by_thread[thread] if a.ran is None and a.piece.name in names]
            same = _comparable(arguments)
            asked = next((a for a in alike if _comparable(a.piece.text) == same), next(iter(alike), None))
        if asked is not None:
            asked.ran = row
        return asked

    def settle(self, asked: Asked, answer: Answer) -> None:
        """Say what was answered to a call."""
        asked.answer = answer

    def take(self, result: Piece, thread: int, row: int) -> bool:
        """Give a result that a message tells to its call; False where no call is known that it answers."""
        if result.id and result.id in self._by_id:
            candidates = self._by_id[result.id]
        else:
            candidates = [
                a for a in self._by_thread[thread]
                if not (result.id and a.piece.id) and (result.name is None or a.piece.name == result.name)
            ]  # fmt: skip
        open_calls = [a for a in candidates if not a.is_confirmed]
        asked = next((a for a in open_calls if a.answer is None), next(iter(open_calls), None))
        if asked is None:
            return bool(result.id and result.id in self._by_id)
        asked.is_confirmed = True
        if asked.answer is None:
            asked.answer = Answer(result.text, result.failed, asked.ran, row)
        return True

    def answers(self) -> Mapping[tuple[int, int], Answer]:
        """Return, by row of the step and place among what it said, what was answered to its calls."""
        found = {}
        for asked in (a for calls in self._by_thread.values() for a in calls):
            if asked.answer is not None:
                ran = asked.ran if asked.answer.row is None else asked.answer.row
                found[asked.row, asked.place] = asked.answer._replace(row=ran)
            elif asked.ran is not None:
                found[asked.row, asked.place] = Answer(None, None, asked.ran, asked.ran)
        return found


def _comparable(arguments: str | None) -> str:
    return canonical_json(parsed(arguments))
