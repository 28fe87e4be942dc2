"""The ladder: which rung answers a tool call, and what a miss says."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from replay.mocks.fidelity import sentences, share
from replay.mocks.ladder import Mocks, Outcome, Simulation
from replay.model import Rung
from spotlight.errors import SpotlightError
from tests.replay.tool_calls import ask, policy, run_of, tool

OSLO, ROME = {"city": "Oslo"}, {"city": "Rome"}
WEATHER = run_of(("weather", OSLO, "rain"), ("weather", ROME, "sun"), ("weather", OSLO, "snow"))


def told(answers: list[Any]) -> list[tuple[str, Any]]:
    """Return rung and result of answers."""
    return [(each.rung.value, each.result) for each in answers]


def test_same_arguments_are_answered_in_the_order_of_the_recording() -> None:
    """Order of keys and JSON as text do not matter; each recording answers once, then nothing does."""
    answers = ask(Mocks(WEATHER), ("weather", '{"city": "Oslo"}'), ("weather", OSLO), ("weather", OSLO))
    assert [("exact", "rain"), ("exact", "snow"), ("diverged", None)] == told(answers)
    assert ["own", "own", None] == [each.source_run for each in answers]


def test_only_reads_are_answered_twice_by_one_recording() -> None:
    """A tool declared to read repeats its latest answer; one that writes never does."""
    reads = Mocks(WEATHER, policy=policy(tools={"weather": {"effect": "read"}}))
    assert [("exact", "sun"), ("repeated", "sun")] == told(ask(reads, ("weather", ROME), ("weather", ROME)))
    writes = Mocks(WEATHER, policy=policy(tools={"weather": {"effect": "write"}}))
    assert [Rung.EXACT, Rung.DIVERGED] == [a.rung for a in ask(writes, *[("weather", ROME)] * 2)]


def test_a_write_that_failed_may_fail_again() -> None:
    """It changed nothing, so its error stands until another write is made; then it may be out of date."""
    failed = tool(1, "book", {"seat": 1}, "taken", is_error=True)
    recorded = run_of()._replace(tools=(failed, tool(2, "cancel", {"seat": 1}, "ok")))
    mocks = Mocks(recorded, policy=policy(tools={"*": {"effect": "write"}}))
    book, cancel = ("book", {"seat": 1}), ("cancel", {"seat": 1})
    answers = ask(mocks, book, book, cancel, book, cancel)
    assert ["exact", "repeated", "exact", "repeated", "diverged"] == [each.rung.value for each in answers]
    assert [False, False, False, True, False] == [each.is_stale for each in answers]


def test_what_the_policy_says_does_not_count_is_not_compared() -> None:
    """Ignored, rounded, sorted and folded arguments meet; a value that no rule covers does not."""
    recorded = run_of(("buy", {"id": 1, "price": 10.004, "seats": ["b", "a"], "name": "Ann  Lee"}, "ok"))
    rules = {"ignore": ["$.id"], "round": {"$.price": 2}, "sort": ["$.seats"], "case": ["$.name"]}
    asked = {"id": 7, "price": 10, "seats": ["a", "b"], "name": "ANN LEE"}
    mocks = Mocks(recorded, policy=policy(tools={"buy": {"normalise": rules}}))
    answers = ask(mocks, ("buy", asked | {"price": 11}), ("buy", asked), ("buy", asked))
    assert ["diverged", "normalised", "diverged"] == [each.rung.value for each in answers]


def test_other_runs_of_the_case_answer_newest_first() -> None:
    """A pooled answer names its run; the run's own recording goes before it."""
    old = run_of(("weather", ROME, "hail"), run_id="old", started_ns=1)
    new = run_of(("weather", ROME, "fog"), run_id="new", started_ns=2)
    mocks = Mocks(run_of(("weather", ROME, "sun")), pool=[old, new])
    answers = ask(mocks, *[("weather", ROME)] * 4)
    assert [("exact", "sun"), ("pooled", "fog"), ("pooled", "hail"), ("diverged", None)] == told(answers)
    assert ["own", "new", "old", None] == [each.source_run for each in answers]


def test_similar_and_sequence_only_where_the_user_said_so() -> None:
    """Without a threshold or `match: sequence` near arguments diverge; with them the rung says it."""
    asked = ("hotel", {"city": "Oslo", "nights": 3})
    recorded = run_of(("hotel", {"city": "Oslo", "nights": 2}, "full"))
    outcomes = {}
    for said in ({}, {"similar": 0.6}, {"similar": 0.5}, {"match": "sequence"}):
        [answer] = ask(Mocks(recorded, policy=policy(tools={"hotel": said})), asked)
        outcomes[str(said)] = (answer.rung.value, answer.result)
    expected = [("diverged", None), ("diverged", None), ("similar", "full"), ("sequence", "full")]
    assert expected == list(outcomes.values())


def test_kinds_of_the_policy() -> None:
    """Pure answers again and from other runs, ignore_args for any arguments, terminal always."""
    recorded = run_of(("sum", [1, 2], 3), ("think", {"thought": "a"}, "noted"))
    said = policy(
        tools={
            "sum": {"kind": "pure"},
            "think": {"kind": "ignore_args"},
            "log": {"kind": "ignore_args", "result": {"kept": "{{text}}", "note": "got {{text}}: {{n}}"}},
            "transfer": {"kind": "terminal"},
        }
    )
    mocks = Mocks(recorded, policy=said, pool=[run_of(("sum", [2, 2], 4), run_id="b")])
    answers = ask(
        mocks, ("sum", [1, 2]), ("sum", [1, 2]), ("sum", [2, 2]), ("sum", [9]), ("think", {"thought": "b"}),
        ("think", {}), ("log", {"text": "{{n}}", "n": 5}), ("log", {"n": 5}), ("transfer", {}),
    )  # fmt: skip
    filled = {"kept": "{{n}}", "note": "got {{n}}: 5"}
    assert [3, 3, 4, None, "noted", "noted", filled, None, None] == [each.result for each in answers]
    diverged = [at for at, each in enumerate(answers) if each.rung is Rung.DIVERGED]
    assert [3, 7] == diverged
    assert [True, False] == [mocks.ends_run("transfer"), mocks.ends_run("sum")]


def test_a_template_that_cannot_be_filled_uses_nothing() -> None:
    """The call lacks the argument: the recordings are asked, and none is used up by the attempt."""
    recorded = run_of(("log", {"n": 1}, "recorded"))
    mocks = Mocks(recorded, policy=policy(tools={"log": {"kind": "ignore_args", "result": "{{text}}"}}))
    answers = ask(mocks, ("log", {"n": 2}), ("log", {"n": 1}))
    assert [("diverged", None), ("exact", "recorded")] == told(answers)


def test_a_miss_says_what_was_asked_and_what_came_closest() -> None:
    """The reason names the call, the nearest recordings, where they differ and whether they were used."""
    mocks = Mocks(WEATHER)
    _, miss, unknown = ask(mocks, ("weather", ROME), ("weather", {"city": "Bern"}), ("ship", {}))
    assert (
        'nothing recorded answers weather({"city":"Bern"}); nearest: call 1 (step 1, run own, 0% equal)'
        in (miss.reason)
    )
    assert '$.city asked "Bern", recorded "Oslo"' in miss.reason
    assert "call 2 (step 2, run own, 0% equal, already used)" in miss.reason
    assert "nothing answers ship({}): no call of this tool is recorded in the run" == unknown.reason
    assert [1, 2, 3] == [near.recorded.position for near in mocks.served()[1].nearest]


def test_a_call_recorded_without_an_answer_answers_nothing() -> None:
    """What a tool said is not known where it was not recorded, and the reason says so."""
    recorded = WEATHER._replace(tools=(tool(1, "weather", OSLO, None, has_result=False),))
    [answer] = ask(Mocks(recorded), ("weather", OSLO))
    assert (Rung.DIVERGED, True) == (answer.rung, "recorded without an answer" in answer.reason)


def test_simulated_results_are_opt_in_and_marked() -> None:
    """The model is shown the nearest recordings; without a model the policy is refused."""
    shown: list[Simulation] = []

    async def made_up(asked: Simulation) -> Outcome:
        shown.append(asked)
        return Outcome("cloudy")

    said = policy(tools={"weather": {"simulate": True}})
    [answer, other] = ask(
        Mocks(WEATHER, policy=said, simulate=made_up), ("weather", {"city": "Bern"}), ("ship", {})
    )
    assert [("simulated", "cloudy"), ("diverged", None)] == told([answer, other])
    assert [(1, 2, 3)] == [tuple(e.position for e in s.examples) for s in shown]
    with pytest.raises(SpotlightError, match="no model was named"):
        Mocks(WEATHER, policy=said)


def test_reads_from_a_world_with_other_writes_are_stale() -> None:
    """After a write that the recording did not see yet, saw and the replay not, or nobody answered."""
    book, seats = {"seat": 1}, ("seats", {})
    recorded = run_of(("seats", {}, 2), ("book", book, "ok"), ("seats", {}, 1))
    said = policy(tools={"seats": {"effect": "read"}, "book": {"effect": "write"}})
    same = ask(Mocks(recorded, policy=said), seats, ("book", book), seats, seats)
    assert [False, False, False, False] == [each.is_stale for each in same]
    ahead = ask(Mocks(recorded, policy=said), seats, seats)
    assert [(False, ""), (True, "recorded after book")] == [(a.is_stale, a.reason) for a in ahead]
    early = ask(Mocks(recorded, policy=said), ("book", book), seats)
    assert "recorded without book" == early[1].reason
    unmet = ask(Mocks(recorded, policy=said), seats, ("book", {"seat": 9}), seats)
    assert "recorded without book; recorded after book" == unmet[2].reason


def test_fork_starts_with_what_earlier_steps_used() -> None:
    """From step 2 on, the answer of step 1 is not given again and not reported as unused."""
    mocks = Mocks(WEATHER, from_step=2)
    assert [("exact", "snow"), ("diverged", None)] == told(ask(mocks, ("weather", OSLO), ("weather", OSLO)))
    assert [2] == [each.position for each in mocks.fidelity().unused]


def test_fidelity_tells_the_rungs_the_first_divergence_and_what_was_never_called() -> None:
    """Shares are of calls; without a call they are unknown."""
    recorded = run_of(("weather", OSLO, "rain"), ("send_email", {}, "sent"), ("weather", ROME, "sun"))
    mocks = Mocks(recorded, policy=policy(tools={"weather": {"effect": "read"}}))
    assert share(mocks.fidelity(), Rung.EXACT) is None
    ask(mocks, ("weather", OSLO), ("weather", OSLO), ("weather", {"city": "Bern"}), ("ship", {}))
    found = mocks.fidelity()
    assert (0.25, 0.5) == (share(found, Rung.EXACT), share(found, Rung.DIVERGED))
    assert 3 == (found.first_divergence.position if found.first_divergence else None)
    first, *rest = sentences(found)
    assert first.startswith('Diverged at tool call 3: nothing recorded answers weather({"city":"Bern"})')
    assert [
        "The variant never called send_email.",
        "1 recorded call of weather stayed unused.",
        "Whether answers are out of date cannot be told: no effect is declared for ship.",
    ] == rest


def test_calls_that_come_at_once_are_answered_in_turn() -> None:
    """Two calls asked together use two recordings, in the order in which they were asked."""
    mocks = Mocks(WEATHER)

    async def both() -> list[Any]:
        return await asyncio.gather(mocks.answer("weather", OSLO), mocks.answer("weather", OSLO))

    assert [("exact", "rain"), ("exact", "snow")] == told(asyncio.run(both()))
