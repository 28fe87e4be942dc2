"""How many calls of one run another run's recording answers, on tau-bench's 50 tasks of four tries each."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.mocks import WAYS, Rate, rates, read_tasks, read_tools

FLOORS = {  # shares of calls answered, and of runs answered in full
    "and reads may repeat": (0.51, 0.20),
    "and a policy for three tools": (0.63, 0.41),
    "and a stub for calculate": (0.70, 0.44),
    "and the other runs of the task": (0.80, 0.60),
}


@pytest.fixture(scope="module")
def measured(test_data: Path) -> dict[str, Rate]:
    """Return how the ways with a floor do."""
    ways = [way for way in WAYS if way.title in FLOORS]
    return {rate.title: rate for rate in rates(read_tasks(test_data), ways)}


@pytest.mark.parametrize("title", FLOORS)
def test_service_rates_hold_their_floors(measured: dict[str, Rate], title: str) -> None:
    """Of 3,492 calls in 600 ordered pairs of runs; what may be out of date is marked."""
    rate = measured[title]
    assert (3492, 600) == (rate.calls, rate.runs)
    served, full = FLOORS[title]
    assert served <= rate.served
    assert full <= rate.full
    assert 0 < rate.stale < 0.05


def test_answers_belong_to_calls_by_their_order() -> None:
    """An id that occurs on several calls does not mix up their answers."""

    def asks(*names: str) -> dict[str, object]:
        calls = [{"id": "call_1", "function": {"name": name, "arguments": "{}"}} for name in names]
        return {"role": "assistant", "content": None, "tool_calls": calls}

    def says(text: str) -> dict[str, object]:
        return {"role": "tool", "tool_call_id": "call_1", "content": text}

    tools = read_tools([asks("a"), says("1"), asks("b", "c"), says("2"), says("Error: 3")])
    expected = [("a", 1, "1", False), ("b", 2, "2", False), ("c", 2, "Error: 3", True)]
    assert expected == [(each.name, each.step, each.result, each.is_error) for each in tools]
