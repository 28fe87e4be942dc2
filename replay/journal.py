"""The journal of a plan: what is planned, asked and answered, in one SQLite file beside the plan.

A call is written down before it is sent, with the money reserved for it, and again when its answer is
here. A process that is killed leaves the calls it had in flight behind as started; the next one to open
the journal calls them lost, counts them at what was reserved, and asks anew. Everything else stands.

SQLite in WAL mode, synced by the system: an ended process loses nothing, a power cut the last moments.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import time
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Final, NamedTuple

from spotlight.errors import SpotlightError

FILE: Final = "journal.sqlite"
LOCK: Final = "lock"
_PATIENCE_S: Final = 2.0  # a reader that looks whether somebody works holds the lock for a moment
SCHEMA: Final = """
create table if not exists items (
    item integer primary key, case_no integer not null, variant text not null, repeat integer not null,
    leg text not null, outcome text, detail text, ended_ns integer, sent_ns integer
);
create table if not exists attempts (
    attempt integer primary key, item integer not null, step integer not null, state text not null,
    started_ns integer not null, ended_ns integer, reserved_usd text, cost_usd text, answer text,
    error text, facts text
);
create index if not exists attempts_of on attempts (item, step);
create table if not exists marks (name text primary key, value text);
"""


class Item(NamedTuple):
    """One path to go: a case by a variant, the `repeat`-th time from 1; `item` counts from 0.

    `leg` is `path`, or `follow` for the closed loop that goes on where a path first decides otherwise.
    """

    item: int
    case_no: int  # index into the plan's cases
    variant: str
    repeat: int
    leg: str = "path"


class Answered(NamedTuple):
    """A call that has its answer: as journaled, and what was paid; None where it has no price."""

    answer: str
    cost_usd: Decimal | None
    started_ns: int
    ended_ns: int
    facts: str | None


class Failed(NamedTuple):
    """A call that has no answer, why, and when it was tried."""

    error: str
    started_ns: int
    ended_ns: int


class ItemState(NamedTuple):
    """How an item ended; `outcome` is None while it has not."""

    item: Item
    outcome: str | None
    detail: str | None
    ended_ns: int | None
    is_sent: bool


class Journal:
    """The journal of one plan, held by the one process that works on it."""

    def __init__(self, folder: Path, lock: int) -> None:
        self._lock = lock
        self._sql = connected(folder / FILE)
        self._sql.executescript(SCHEMA)

    @classmethod
    def open(cls, folder: Path, items: Iterable[Item]) -> Journal:
        """Take the plan of a folder to work on it; what an ended process left started is lost from now on.

        Raises: SpotlightError where another process works on it.
        """
        folder.mkdir(parents=True, exist_ok=True)
        journal = cls(folder, _locked(folder))
        with journal._sql as sql:
            known = sql.execute("select count(*) from items").fetchone()[0]
            if not known:
                sql.executemany(
                    "insert into items (item, case_no, variant, repeat, leg) values (?, ?, ?, ?, ?)", items
                )
            sql.execute("update attempts set state = 'lost' where state = 'started'")
            sql.execute("delete from marks where name = 'cancel'")
        return journal

    def close(self) -> None:
        """Let go of the plan."""
        self._sql.close()
        os.close(self._lock)

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def begin(self, item: int, step: int, reserved_usd: Decimal | None) -> int:
        """Write down that a call is about to be sent; return the number of the attempt."""
        with self._sql as sql:
            row = sql.execute(
                "insert into attempts (item, step, state, started_ns, reserved_usd)"
                " values (?, ?, 'started', ?, ?)",
                (item, step, time.time_ns(), _text(reserved_usd)),
            )
        return int(row.lastrowid or 0)

    def reserve(self, attempt: int, reserved_usd: Decimal | None) -> None:
        """Write down that a call is about to be sent once more, and what all of it may have cost then."""
        with self._sql as sql:
            sql.execute(
                "update attempts set reserved_usd = ? where attempt = ?", (_text(reserved_usd), attempt)
            )

    def done(self, attempt: int, answer: str, cost_usd: Decimal | None, facts: str | None = None) -> Answered:
        """Write down an answer and what it cost, and return both; `facts` tell of tries and notes as JSON."""
        times = self._end(attempt, "done", answer, cost_usd, None, facts)
        return Answered(answer, cost_usd, *times, facts)

    def failed(self, attempt: int, error: str, cost_usd: Decimal | None, facts: str | None = None) -> Failed:
        """Write down that a call has no answer and why, and what it may have cost all the same."""
        return Failed(error, *self._end(attempt, "failed", None, cost_usd, error, facts))

    def _end(
        self, attempt: int, state: str, answer: str | None, cost: Decimal | None,
        error: str | None, facts: str | None,
    ) -> tuple[int, int]:  # fmt: skip
        """Write down how an attempt ended; return when it started and ended."""
        with self._sql as sql:
            found: tuple[int, int] = sql.execute(
                "update attempts set state = ?, ended_ns = ?, answer = ?, cost_usd = ?, error = ?, facts = ?"
                " where attempt = ? returning started_ns, ended_ns",
                (state, time.time_ns(), answer, _text(cost), error, facts, attempt),
            ).fetchone()
        return found

    def finish(self, item: int, outcome: str, detail: str) -> int:
        """Write down how an item ended, and return when; `detail` is JSON."""
        now = time.time_ns()
        with self._sql as sql:
            sql.execute(
                "update items set outcome = ?, detail = ?, ended_ns = ? where item = ?",
                (outcome, detail, now, item),
            )
        return now

    def sent(self, items: Iterable[int]) -> None:
        """Write down that the spans of some items are in the collector's hands."""
        now = time.time_ns()
        with self._sql as sql:
            sql.executemany("update items set sent_ns = ? where item = ?", ((now, item) for item in items))

    def reopen(self, outcomes: Iterable[str]) -> None:
        """Let items that ended so go on: they are to be tried once more, and sent anew.

        Where there was nothing to follow from such an item, there may be then.
        """
        opened = [(outcome,) for outcome in outcomes]
        with self._sql as sql:
            sql.executemany(
                "update items set outcome = 'open' where outcome = 'skipped' and leg = 'follow'"
                " and item - 1 in (select item from items where outcome = ?)",
                opened,
            )
            sql.executemany(
                "update items set outcome = null, detail = null, ended_ns = null, sent_ns = null"
                " where outcome = ?", [*opened, ("open",)],
            )  # fmt: skip

    def failures(self, item: int) -> dict[int, Failed]:
        """Return which calls of an item have no answer, by step, each with its last failure."""
        rows = self._sql.execute(
            "select step, error, started_ns, ended_ns from attempts"
            " where item = ? and state = 'failed' order by attempt",
            (item,),
        )
        return {step: Failed(str(error), start, end) for step, error, start, end in rows}

    def answered(self, item: int) -> dict[int, Answered]:
        """Return the answers that an item already has, by step."""
        rows = self._sql.execute(
            "select step, answer, cost_usd, started_ns, ended_ns, facts from attempts"
            " where item = ? and state = 'done' order by attempt",
            (item,),
        )
        return {
            step: Answered(answer, money_of(cost), start, end, facts)
            for step, answer, cost, start, end, facts in rows
        }

    def items(self) -> list[ItemState]:
        """Return every item with how it ended, in their order."""
        return items_of(self._sql)

    def spent(self) -> Decimal:
        """Return what was spent so far, USD: lost calls and failed ones at what was reserved."""
        rows = self._sql.execute(
            "select case when state in ('done', 'failed') then cost_usd else reserved_usd end from attempts"
            " where state != 'started'"
        )
        return sum((money for (text,) in rows if (money := money_of(text)) is not None), Decimal(0))

    def is_cancelled(self) -> bool:
        """Whether somebody asked this plan to stop."""
        return is_cancelled_in(self._sql)

    def mark(self, name: str, value: str) -> None:
        """Keep a word beside the plan, such as a budget that was raised."""
        with self._sql as sql:
            sql.execute("insert or replace into marks values (?, ?)", (name, value))

    def marked(self, name: str) -> str | None:
        """Return a word kept beside the plan."""
        row = self._sql.execute("select value from marks where name = ?", (name,)).fetchone()
        return row[0] if row else None


def _locked(folder: Path) -> int:
    fd = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return fd
        except BlockingIOError:
            if time.monotonic() > deadline:
                os.close(fd)
                raise SpotlightError(
                    f"another process works on the replay {folder.name}",
                    hint=f"watch it with `spotlight replay status {folder.name}`, or stop it with "
                    f"`spotlight replay cancel {folder.name}`",
                ) from None
            time.sleep(0.02)


def connected(path: Path) -> sqlite3.Connection:
    """Return a connection to a journal, made for several processes."""
    sql = sqlite3.connect(path, timeout=30.0)
    sql.execute("pragma journal_mode = wal")
    sql.execute("pragma synchronous = normal")
    return sql


def items_of(sql: sqlite3.Connection) -> list[ItemState]:
    """Return the items of a journal, in their order."""
    rows = sql.execute(
        "select item, case_no, variant, repeat, leg, outcome, detail, ended_ns, sent_ns"
        " from items order by item"
    )
    return [
        ItemState(Item(*row[:5]), outcome=row[5], detail=row[6], ended_ns=row[7], is_sent=row[8] is not None)
        for row in rows
    ]


def is_cancelled_in(sql: sqlite3.Connection) -> bool:
    """Whether somebody asked the plan of a journal to stop."""
    return sql.execute("select 1 from marks where name = 'cancel'").fetchone() is not None


def _text(usd: Decimal | None) -> str | None:
    return None if usd is None else format(usd, "f")


def money_of(text: str | None) -> Decimal | None:
    """Return the amount that a column holds."""
    return None if text is None else Decimal(text)
