"""What holds for every recording: its own calls are answered from it, and a miss takes nothing away."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from replay.mocks.ladder import Mocks
from replay.mocks.matching import exact_key
from replay.model import Rung
from tests.replay.tool_calls import Call, ask, asked_in, policy, run_of

names = st.sampled_from(["read", "write", "other"])
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(allow_nan=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=2), inner, max_size=2),
    max_leaves=4,
)
calls: Any = st.lists(st.tuples(names, json_values, json_values), max_size=8)
DECLARED = {"read": {"effect": "read"}, "write": {"effect": "write"}}


few = settings(max_examples=40)


@few
@given(calls, calls)
def test_a_run_is_served_by_its_own_recording(recorded: list[Any], pooled: list[Any]) -> None:
    """Every call is exact, in its own result, nothing stays unused and nothing is stale."""
    run = run_of(*recorded)
    mocks = Mocks(run, policy=policy(tools=DECLARED), pool=[run_of(*pooled, run_id="pooled")])
    answers = ask(mocks, *asked_in(run))
    assert [(Rung.EXACT, tool) for tool in run.tools] == [(each.rung, each.source) for each in answers]
    found = mocks.fidelity()
    assert ((), 0, None) == (found.unused, found.stale_reads, found.first_divergence)


@few
@given(calls, st.lists(st.tuples(names, json_values), max_size=6))
def test_a_miss_uses_nothing(recorded: list[Any], asked: list[Call]) -> None:
    """After calls that nothing answers, all recordings are there, and each still answers its call."""
    run = run_of(*recorded)
    known = {(name, exact_key(arguments)) for name, arguments in asked_in(run)}
    misses = [(name, given) for name, given in asked if (name, exact_key(given)) not in known]
    mocks = Mocks(run)
    assert all(each.rung is Rung.DIVERGED and each.reason for each in ask(mocks, *misses))
    assert run.tools == mocks.fidelity().unused
    assert [Rung.EXACT] * len(run.tools) == [each.rung for each in ask(mocks, *asked_in(run))]


@few
@given(st.integers(0, 3), st.lists(st.tuples(names, json_values), max_size=8))
def test_the_same_seed_has_the_same_faults(seed: int, asked: list[Call]) -> None:
    """Two replays of a case with one seed meet the same faults at the same places."""
    rules = policy(faults=[{"fault": "error", "probability": 0.5}, {"fault": "timeout", "nth": [2]}])
    one, two = (ask(Mocks(run_of(), policy=rules, seed=seed, case="c"), *asked) for _ in range(2))
    assert one == two
