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
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, NamedTuple

from spotlight.errors import SpotlightError

FILE: Final = "journal.sqlite"
_LOCK: Final = "lock"
_PATIENCE_S: Final = 2.0  # a reader that looks whether somebody works holds the lock for a moment
_SCHEMA: Final = """
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


class Attempt(NamedTuple):
    """One attempt at one call; `state` is started, done, failed or lost."""

    item: int
    step: int
    state: str
    started_ns: int
    ended_ns: int | None
    reserved_usd: Decimal | None
    cost_usd: Decimal | None
    error: str | None


class Journal:
    """The journal of one plan, held by the one process that works on it."""

    def __init__(self, folder: Path, lock: int) -> None:
        self._lock = lock
        self._sql = _connected(folder / FILE)
        self._sql.executescript(_SCHEMA)

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
        """Let items that ended so go on: they are to be tried once more, and sent anew."""
        with self._sql as sql:
            sql.executemany(
                "update items set outcome = null, detail = null, ended_ns = null, sent_ns = null"
                " where outcome = ?",
                ((outcome,) for outcome in outcomes),
            )

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
            step: Answered(answer, _money(cost), start, end, facts)
            for step, answer, cost, start, end, facts in rows
        }

    def items(self) -> list[ItemState]:
        """Return every item with how it ended, in their order."""
        return _items(self._sql)

    def spent(self) -> Decimal:
        """Return what was spent so far, USD: lost calls and failed ones at what was reserved."""
        return _progress(self._sql, is_running=True).spent_usd

    def is_cancelled(self) -> bool:
        """Whether somebody asked this plan to stop."""
        return _is_cancelled(self._sql)

    def mark(self, name: str, value: str) -> None:
        """Keep a word beside the plan, such as a budget that was raised."""
        with self._sql as sql:
            sql.execute("insert or replace into marks values (?, ?)", (name, value))

    def marked(self, name: str) -> str | None:
        """Return a word kept beside the plan."""
        row = self._sql.execute("select value from marks where name = ?", (name,)).fetchone()
        return row[0] if row else None


class Progress(NamedTuple):
    """How far a plan is; money in USD, `unpriced_calls` have no price and are in no sum."""

    items: int
    outcomes: Mapping[str, int]  # how many items ended in which way
    sent: int
    calls: Mapping[str, int]  # attempts by state: started, done, failed, lost
    unpriced_calls: int
    spent_usd: Decimal  # answered, and failed and lost at what was reserved
    lost_usd: Decimal  # of it
    reserved_usd: Decimal  # by calls in flight, in no other sum
    started_ns: int | None
    ended_ns: int | None
    is_running: bool
    is_cancelled: bool

    @property
    def ended(self) -> int:
        """How many items have ended, in whatever way."""
        return sum(self.outcomes.values())

    @property
    def state(self) -> str:
        """Say it in a word: planned, running, cancelled, stopped or complete."""
        if self.is_running:
            return "running"
        if self.ended == self.items and self.items and self.sent == self.items:
            return "complete"
        if self.is_cancelled:
            return "cancelled"
        return "stopped" if self.calls or self.ended else "planned"


def read_progress(folder: Path) -> Progress:
    """Return how far the plan of a folder is, whoever works on it."""
    with _read(folder) as sql:
        return _progress(sql, is_running(folder))


def read_items(folder: Path) -> list[ItemState]:
    """Return the items of a folder's plan with how each ended."""
    with _read(folder) as sql:
        return _items(sql)


def read_attempts(folder: Path, item: int | None = None) -> list[Attempt]:
    """Return the attempts at calls, of one item or of all, in the order in which they were begun."""
    with _read(folder) as sql:
        rows = sql.execute(
            "select item, step, state, started_ns, ended_ns, reserved_usd, cost_usd, error from attempts"
            " where ? is null or item = ? order by attempt",
            (item, item),
        ).fetchall()
    return [
        Attempt(item, step, state, started, ended, _money(reserved), _money(cost), error)
        for item, step, state, started, ended, reserved, cost, error in rows
    ]


def cancel(folder: Path) -> None:
    """Ask the process that works on a folder's plan to stop; calls in flight are still awaited."""
    with _read(folder) as sql, sql:
        sql.execute("insert or replace into marks values ('cancel', '1')")


def is_running(folder: Path) -> bool:
    """Whether a process works on the plan of a folder; the lock dies with its process."""
    try:
        fd = os.open(folder / _LOCK, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    return False


def _locked(folder: Path) -> int:
    fd = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
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


class _Reading:
    """A connection that is closed when it was used."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> sqlite3.Connection:
        self._sql = _connected(self._path)
        self._sql.executescript(_SCHEMA)
        return self._sql

    def __exit__(self, *_: object) -> None:
        self._sql.close()


def _read(folder: Path) -> _Reading:
    return _Reading(folder / FILE)


def _connected(path: Path) -> sqlite3.Connection:
    sql = sqlite3.connect(path, timeout=30.0)
    sql.execute("pragma journal_mode = wal")
    sql.execute("pragma synchronous = normal")
    return sql


def _items(sql: sqlite3.Connection) -> list[ItemState]:
    rows = sql.execute(
        "select item, case_no, variant, repeat, leg, outcome, detail, ended_ns, sent_ns"
        " from items order by item"
    )
    return [
        ItemState(Item(*row[:5]), outcome=row[5], detail=row[6], ended_ns=row[7], is_sent=row[8] is not None)
        for row in rows
    ]


def _is_cancelled(sql: sqlite3.Connection) -> bool:
    return sql.execute("select 1 from marks where name = 'cancel'").fetchone() is not None


def _progress(sql: sqlite3.Connection, is_running: bool) -> Progress:
    states: dict[str, int] = {}
    money = dict.fromkeys(("spent", "lost", "reserved"), Decimal(0))
    unpriced, first, last = 0, None, None
    rows: list[tuple[Any, ...]] = sql.execute(
        "select state, started_ns, ended_ns, reserved_usd, cost_usd from attempts"
    ).fetchall()
    for state, started, ended, reserved, cost in rows:
        states[state] = states.get(state, 0) + 1
        first = started if first is None else min(first, started)
        last = max(last or 0, ended or started)
        known = _money(cost if state in ("done", "failed") else reserved)
        unpriced += known is None
        if known is not None:
            money["reserved" if state == "started" else "spent"] += known
            money["lost"] += known if state == "lost" else 0
    ends = dict(sql.execute("select outcome, count(*) from items where outcome is not null group by outcome"))
    items, sent = sql.execute("select count(*), count(sent_ns) from items").fetchone()
    return Progress(
        items, ends, sent, states, unpriced, money["spent"], money["lost"], money["reserved"],
        first, last, is_running, _is_cancelled(sql),
    )  # fmt: skip


def _text(usd: Decimal | None) -> str | None:
    return None if usd is None else format(usd, "f")


def _money(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
