"""Versions of runs come and go, and readers see the newest alone: before, between and after compactions."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from spotlight.lake import Lake, Reader, Scope
from spotlight.lake.maintenance import maintain
from spotlight.model import COSTS, RUNS, STEPS
from tests.rows import DAY, span_id, table

NEXT_DAY = DAY + dt.timedelta(1)
SEEN = "select r.run_version, s.step from runs as r full join steps as s using (run_version) order by all"
STORED = "select run_version from stored_{} order by all"


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """Return a new, empty lake."""
    return Lake(tmp_path / "lake")


def append(lake: Lake, version: int, replaces: int | None, date: dt.date = DAY) -> None:
    """Store a version of a run with two steps, named by the numbers of that version."""
    shared = {"tenant": "default", "date": date, "run_id": "r", "run_version": version}
    run = shared | {"replaces": replaces, "is_agent_run": True, "started_ns": version}
    lake.append("runs", table([run], RUNS))
    steps = [shared | {"span_id": span_id(f"{version}-{n}"), "step": n, "started_ns": n} for n in (1, 2)]
    lake.append("steps", table(steps, STEPS))


def asked(lake: Lake, sql: str) -> list[tuple[object, ...]]:
    """Return the rows of a question."""
    return [tuple(row.values()) for row in Reader(lake.folder, Scope()).query(sql).to_pylist()]


def test_steps_of_replaced_versions_go(lake: Lake) -> None:
    """Compaction leaves one version of a run, and its steps alone."""
    for version in (1, 2, 3):
        append(lake, version, version - 1 or None)
    maintain(lake, min_files=2)
    assert [(3, 1), (3, 2)] == asked(lake, SEEN)
    assert [(3,), (3,)] == asked(lake, STORED.format("steps"))


def test_a_version_in_the_middle_is_remembered_while_it_hides_something(lake: Lake) -> None:
    """Rows of a first version that compaction did not reach stay hidden when the second one goes."""
    append(lake, 1, None, NEXT_DAY)
    append(lake, 2, 1)
    append(lake, 3, 2)
    maintain(lake, min_files=2)
    assert [(1,), (2,), (3,)] == asked(lake, STORED.format("runs"))
    assert [(3, 1), (3, 2)] == asked(lake, SEEN)


def test_what_hides_nothing_more_is_forgotten(lake: Lake) -> None:
    """Once the rows of the first version are gone, nothing is left of the second one."""
    append(lake, 1, None, NEXT_DAY)
    append(lake, 2, 1)
    append(lake, 3, 2)
    for version in (4, 5):
        append(lake, version, version - 1, NEXT_DAY)
    for _ in range(2):
        maintain(lake, min_files=1)
    assert [(5,)] == asked(lake, STORED.format("runs"))
    assert [(5, 1), (5, 2)] == asked(lake, SEEN)


def test_prices_of_replaced_versions_go(lake: Lake) -> None:
    """What a version that counts no more was priced at later goes with it."""
    append(lake, 1, None)
    append(lake, 2, 1)
    for version in (1, 2):
        price = {"tenant": "default", "date": DAY, "run_id": "r", "run_version": version, "priced_ns": 9,
                 "span_id": span_id(f"{version}-1"), "cost_usd": 0.5, "price_book": "b"}  # fmt: skip
        lake.append("costs", table([price], COSTS))
    maintain(lake, min_files=2)
    assert [(2,)] == asked(lake, STORED.format("costs"))
    assert [(1, 0.5), (2, None)] == asked(lake, "select step, cost_usd from steps order by step")
