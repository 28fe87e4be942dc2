"""Where the time of a run went: worked out by hand, and against a slow reference."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spotlight.assembly.link import Links
from spotlight.assembly.nearest import nearest, nearest_above
from spotlight.assembly.timing import HUMAN, MODEL, TOOL, Timing, timing

MS = 1_000_000
Row = tuple[str, int, int, int]  # kind, start ms, end ms, parent row


def timed(rows: list[Row]) -> Timing:
    """Return the timing of one run."""
    table = pa.table(
        {
            "kind": pa.chunked_array([[row[0] for row in rows]]),
            "started_ns": pa.chunked_array([[row[1] * MS for row in rows]]),
            "ended_ns": pa.chunked_array([[row[2] * MS for row in rows]]),
        }
    )
    parent = np.array([row[3] for row in rows])
    return timing(table, Links(np.zeros(len(rows), np.int64), parent, np.zeros(len(rows), bool), 1))


def shares(found: Timing) -> dict[str, float]:
    """Return what a run's time divides into, ms."""
    names = ("model_ms", "tool_ms", "human_ms", "queue_ms", "unaccounted_ms")
    return {name: float(getattr(found, name)[0]) for name in names}


def test_a_sequential_run_divides_into_its_steps() -> None:
    """Queue before the first step, model, tool, person, and a gap that no step explains."""
    found = timed(
        [
            ("agent", 0, 1000, -1),
            ("llm", 50, 250, 0),
            ("approval", 250, 450, 0),
            ("tool", 450, 600, 0),
            ("llm", 700, 1000, 0),
        ]
    )
    assert {
        "model_ms": 500,
        "tool_ms": 150,
        "human_ms": 200,
        "queue_ms": 50,
        "unaccounted_ms": 100,
    } == shares(found)
    assert 500 == found.critical_model_ms[0]
    assert np.isnan(found.critical_ms[0])


def test_of_parallel_tools_the_longest_is_on_the_critical_path() -> None:
    """Two tools side by side cover their time once; the one that ends last is waited for."""
    found = timed([("agent", 0, 900, -1), ("llm", 0, 100, 0), ("tool", 100, 300, 0), ("tool", 100, 700, 0),
                   ("llm", 700, 900, 0)])  # fmt: skip
    assert {"model_ms": 300, "tool_ms": 600, "human_ms": 0, "queue_ms": 0, "unaccounted_ms": 0} == shares(
        found
    )
    assert [100, 0, 600, 200] == found.critical_ms[1:].tolist()


def test_a_model_call_within_a_tool_is_the_models_time() -> None:
    """An agent called as a tool: its model calls are model time, the rest of it tool time."""
    found = timed([("tool", 0, 500, -1), ("llm", 100, 400, 0)])
    assert (300, 200) == (shares(found)["model_ms"], shares(found)["tool_ms"])


def test_an_overlap_on_the_path_counts_once() -> None:
    """A call that begins before the one it follows has ended cuts that one short."""
    found = timed([("llm", 0, 300, -1), ("tool", 200, 500, -1)])
    assert [200, 300] == found.critical_ms.tolist()


@st.composite
def runs(draw: st.DrawFn) -> list[Row]:
    """Return steps of one run at random times, some within others."""
    kinds = st.sampled_from([*MODEL[:1], *TOOL[:2], *HUMAN[:1], "agent"])
    rows: list[Row] = []
    for at in range(draw(st.integers(1, 12))):
        start, length = draw(st.integers(0, 60)), draw(st.integers(0, 40))
        rows.append((draw(kinds), start, start + length, draw(st.integers(-1, at - 1))))
    return rows


@given(runs())
@settings(deadline=None, max_examples=200)
def test_shares_add_up_to_the_run(rows: list[Row]) -> None:
    """The five shares of any run sum to its duration, and the critical path is never longer."""
    found = timed(rows)
    length = max(row[2] for row in rows) - min(row[1] for row in rows)
    assert pytest.approx(length) == sum(shares(found).values())
    assert all(value >= 0 for value in shares(found).values())
    assert np.nansum(found.critical_ms) <= length + 1e-6


@given(runs())
@settings(deadline=None, max_examples=200)
def test_human_time_is_what_a_clock_would_count(rows: list[Row]) -> None:
    """Counted millisecond by millisecond, as many belong to a person."""
    waited = {at for kind, start, end, _ in rows if kind in HUMAN for at in range(start, end)}
    assert len(waited) == shares(timed(rows))["human_ms"]


@given(st.lists(st.integers(0, 30), min_size=1, max_size=30), st.sets(st.integers(0, 29)))
@settings(deadline=None)
def test_nearest_marked_row_is_the_first_on_the_way_up(heights: list[int], marks: set[int]) -> None:
    """Walking up one by one from any row stops at the same row."""
    parent = np.array([min(height, at) - 1 for at, height in enumerate(heights)])
    marked = np.array([at in marks for at in range(len(heights))])
    for row in range(len(heights)):
        at = row
        while at >= 0 and not marked[at]:
            at = int(parent[at])
        assert at == nearest(parent, marked)[row]
    above = [nearest(parent, marked)[p] if p >= 0 else -1 for p in parent]
    assert above == nearest_above(parent, marked).tolist()
