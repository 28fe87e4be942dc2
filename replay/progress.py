"""How far a plan is, read from its journal by whoever asks: also while another process works on it."""

from __future__ import annotations

import fcntl
import json
import os
import sqlite3
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from replay.journal import (
    FILE,
    LOCK,
    SCHEMA,
    ItemState,
    connected,
    is_cancelled_in,
    items_of,
    money_of,
)


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


class NotComplete(NamedTuple):
    """One item that did not come to its end as planned, at which step and why, as far as that is told."""

    run: str
    variant: str
    repeat: int
    outcome: str
    step: int | None
    reason: str | None


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
        return items_of(sql)


def read_not_complete(folder: Path, runs: Sequence[str]) -> list[NotComplete]:
    """Return the items of a plan that ended otherwise than planned; `runs` are those of its cases."""
    found = []
    for state in read_items(folder):
        if state.outcome not in (None, "complete", "skipped"):
            item, told = state.item, json.loads(state.detail or "{}")
            found.append(
                NotComplete(
                    runs[item.case_no], item.variant, item.repeat, state.outcome, told.get("at_step"),
                    told.get("reason"),
                )
            )  # fmt: skip
    return found


def read_attempts(folder: Path, item: int | None = None) -> list[Attempt]:
    """Return the attempts at calls, of one item or of all, in the order in which they were begun."""
    with _read(folder) as sql:
        rows = sql.execute(
            "select item, step, state, started_ns, ended_ns, reserved_usd, cost_usd, error from attempts"
            " where ? is null or item = ? order by attempt",
            (item, item),
        ).fetchall()
    return [
        Attempt(item, step, state, started, ended, money_of(reserved), money_of(cost), error)
        for item, step, state, started, ended, reserved, cost, error in rows
    ]


def cancel(folder: Path) -> None:
    """Ask the process that works on a folder's plan to stop; calls in flight are still awaited."""
    with _read(folder) as sql, sql:
        sql.execute("insert or replace into marks values ('cancel', '1')")


def is_running(folder: Path) -> bool:
    """Whether a process works on the plan of a folder; the lock dies with its process."""
    try:
        fd = os.open(folder / LOCK, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    return False


class _Reading:
    """A connection that is closed when it was used."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> sqlite3.Connection:
        self._sql = connected(self._path)
        self._sql.executescript(SCHEMA)
        return self._sql

    def __exit__(self, *_: object) -> None:
        self._sql.close()


def _read(folder: Path) -> _Reading:
    return _Reading(folder / FILE)


def _progress(sql: sqlite3.Connection, is_running: bool) -> Progress:
    states: dict[str, int] = {}
    money = dict.fromkeys(("spent", "lost", "reserved"), Decimal(0))
    unpriced, first, last = 0, None, None
    rows: list[tuple[Any, ...]] = sql.execute(
        "select state, started_ns, ended_ns, reserved_usd, cost_usd from attempts"
    ).fetchall()
    for written, started, ended, reserved, cost in rows:
        state = "lost" if written == "started" and not is_running else written  # its process has ended
        states[state] = states.get(state, 0) + 1
        first = started if first is None else min(first, started)
        last = max(last or 0, ended or started)
        known = money_of(cost if state in ("done", "failed") else reserved)
        unpriced += known is None
        if known is not None:
            money["reserved" if state == "started" else "spent"] += known
            money["lost"] += known if state == "lost" else 0
    ends = dict(sql.execute("select outcome, count(*) from items where outcome is not null group by outcome"))
    items, sent = sql.execute("select count(*), count(sent_ns) from items").fetchone()
    return Progress(
        items, ends, sent, states, unpriced, money["spent"], money["lost"], money["reserved"],
        first, last, is_running, is_cancelled_in(sql),
    )  # fmt: skip
