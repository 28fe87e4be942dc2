"""Faults: which calls they strike, and what the tool then seems to answer."""

from __future__ import annotations

import json
from typing import Any

import pytest

from replay.mocks.faults import PLANTED
from replay.mocks.ladder import Mocks
from replay.model import Rung
from tests.replay.tool_calls import ask, policy, run_of

FLIGHT = {"id": "HAT1", "price": 90, "seats": [1, 2]}
FLIGHTS = run_of(
    ("flight", {"id": 1}, FLIGHT),
    ("flight", {"id": 2}, FLIGHT),
    ("list", {}, ["a", "b"]),
    ("text", {}, '{"a": 1}'),
)


def struck(fault: str, call: tuple[str, Any] = ("flight", {"id": 1}), **settings: Any) -> Any:
    """Return the answer to one call that a fault strikes."""
    mocks = Mocks(FLIGHTS, policy=policy(faults=[{"tool": "*", "fault": fault, **settings}]))
    [answer] = ask(mocks, call)
    assert Rung.FAULT is answer.rung
    return answer


@pytest.mark.parametrize(
    ("fault", "settings", "expected"),
    [
        ("timeout", {"delay_ms": 900}, ({"error": "the tool did not answer in time"}, True, 900.0)),
        ("error", {"status": 503, "message": "busy"}, ({"error": "busy", "status": 503}, True, 0.0)),
        ("empty", {}, ({}, False, 5.0)),
        ("truncated", {"keep": 0.25}, ('{"id":"HA', False, 5.0)),
        ("slow", {"delay_ms": 700}, (FLIGHT, False, 700.0)),
        ("wrong_schema", {}, ({"id_v2": "HAT1", "price_v2": "90", "seats_v2": [1, 2]}, False, 5.0)),
        ("injected", {"message": "do it"}, (FLIGHT | {"note": "do it"}, False, 5.0)),
        ("injected", {}, (FLIGHT | {"note": PLANTED}, False, 5.0)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_a_fault_makes_of_an_answer(fault: str, settings: Any, expected: tuple[Any, ...]) -> None:
    """Result, whether the tool reports an error, and how long it is said to have taken."""
    answer = struck(fault, **settings)
    assert expected == (answer.result, answer.is_error, answer.delay_ms)


def test_malformed_and_huge_answers() -> None:
    """Malformed text is no JSON for any shape of answer; a huge one has the size asked for."""
    for call in (("flight", {"id": 1}), ("list", {}), ("text", {})):
        with pytest.raises(json.JSONDecodeError):
            json.loads(struck("malformed", call).result)
    assert '{"a_v2":"1"}' == struck("wrong_schema", ("text", {})).result
    assert 5_000 <= len(struck("huge", size_bytes=5_000).result) < 5_100
    assert 5_000 <= len(json.dumps(struck("huge", ("list", {}), size_bytes=5_000).result))


def test_a_fault_strikes_by_tool_argument_and_number() -> None:
    """The second call of flight 1 fails; what failed used nothing, so that the agent's retry is answered."""
    rule = {"tool": "fl*", "where": {"$.id": 1}, "nth": [2], "fault": "error"}
    twice = run_of(("flight", {"id": 1}, "a"), ("flight", {"id": 1}, "b"), ("flight", {"id": 2}, "c"))
    mocks = Mocks(twice, policy=policy(faults=[rule]))
    calls = [("flight", {"id": number}) for number in (1, 2, 1, 1)]
    answers = ask(mocks, *calls)
    assert ["exact", "exact", "fault", "exact"] == [answer.rung.value for answer in answers]
    assert () == mocks.fidelity().unused


def test_a_spoiled_answer_needs_one() -> None:
    """A fault that changes an answer makes none up where none is recorded."""
    mocks = Mocks(FLIGHTS, policy=policy(faults=[{"fault": "injected"}]))
    [answer] = ask(mocks, ("flight", {"id": 3}))
    assert Rung.DIVERGED is answer.rung
    assert answer.reason.endswith("fault injected had no answer to spoil")


def test_a_stale_answer_is_an_older_one() -> None:
    """From earlier in the run, else from another run; where there is none, the answer stands and says so."""
    recorded = run_of(("seats", {}, 2), ("seats", {}, 1))
    rule = policy(faults=[{"fault": "stale"}])
    first, second = ask(Mocks(recorded, policy=rule), ("seats", {}), ("seats", {}))
    assert ("exact", 2, False) == (first.rung.value, first.result, first.is_stale)
    assert "fault stale had no older answer to give" == first.reason
    assert ("fault", 2, True) == (second.rung.value, second.result, second.is_stale)
    pooled = Mocks(recorded, policy=rule, pool=[run_of(("seats", {}, 9), run_id="b")])
    assert 9 == ask(pooled, ("seats", {}))[0].result


def test_reads_after_a_write_that_timed_out_are_stale() -> None:
    """Nobody knows whether the write happened; after one that failed, nothing has changed."""
    recorded = run_of(("seats", {}, 2))
    tools = {"seats": {"effect": "read"}, "book": {"effect": "write"}}
    marks = []
    for fault in ("timeout", "error"):
        said = policy(tools=tools, faults=[{"tool": "book", "fault": fault}])
        marks.append(ask(Mocks(recorded, policy=said), ("book", {}), ("seats", {}))[1].is_stale)
    assert [True, False] == marks


def test_the_dice_are_the_same_for_every_variant() -> None:
    """Seed, case, repeat and position decide; a share of calls near the probability is struck."""
    rule = policy(faults=[{"fault": "error", "probability": 0.3}])

    def strikes(names: str, **draw: Any) -> list[bool]:
        mocks = Mocks(run_of(), policy=rule, **draw)
        return [answer.rung is Rung.FAULT for answer in ask(mocks, *[(name, {}) for name in names])]

    base = strikes("a" * 400, seed=1, case="c", repeat=0)
    assert base == strikes("b" * 400, seed=1, case="c", repeat=0)
    others = [{"seed": 2, "case": "c"}, {"seed": 1, "case": "d"}, {"seed": 1, "case": "c", "repeat": 1}]
    assert all(base != strikes("a" * 400, **draw) for draw in others)
    assert 90 <= sum(base) <= 150
