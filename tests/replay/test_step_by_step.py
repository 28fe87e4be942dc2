"""Step by step: what is asked, in which order, what is compared, and what stops it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from replay.calling import Asked
from replay.emission import spans_of
from replay.model import Response, Rung, Usage
from replay.path import Outcome
from replay.progress import cancel, read_attempts, read_items, read_progress
from replay.providers.answers import Answer, Attempt
from replay.providers.answers import Outcome as Tried
from spotlight.errors import ModelRefused, SpotlightError
from tests.replay.scripted import COST, USAGE, Turn, answering, calls, recorded, says, sealed_of, work_through

ONE = recorded(Turn(calls("find", {"to": "Oslo"}), result=7), Turn(says("Flight 7.")))
TWO = recorded(Turn(says("Hi.")), Turn(says("Bye.")), run_id="run-2")


def test_every_step_is_asked_in_its_recorded_context(tmp_path: Path) -> None:
    """Each answer is compared with the recorded one, whatever the others were."""
    answers = {1: calls("find", {"to": "Rome"}), 2: says("  Flight 7. ")}
    found = work_through(tmp_path, sealed_of([ONE]), [ONE], answering(lambda asked: answers[asked.step]))
    assert [call.request for call in ONE.calls] == [asked.request for asked in found.asked]
    first, second = found.way.steps
    assert first.agreement is not None
    assert (True, False, None, False) == tuple(first.agreement)
    assert second.agreement is not None
    assert (None, True, True, True) == (second.agreement.tools, second.agreement.arguments or True,
                                        second.agreement.text, second.agreement.decision)  # fmt: skip
    assert 1 == found.way.first_difference
    assert Rung.DIVERGED is first.tools[0].answer.rung
    assert Outcome.COMPLETE == found.way.outcome


def test_a_call_as_recorded_shows_the_recorded_result(tmp_path: Path) -> None:
    """It is answered exactly; nothing is run."""
    found = work_through(
        tmp_path, sealed_of([ONE]), [ONE],
        answering(lambda asked: calls("find", {"to": "Oslo"}, "other-id") if asked.step == 1 else says("x")),
    )  # fmt: skip
    answer = found.way.steps[0].tools[0].answer
    assert (Rung.EXACT, 7) == (answer.rung, answer.result)


def test_results_are_whole_whatever_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Limits that are meant for a user's own spans cut no answer."""
    monkeypatch.setenv("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "10")
    monkeypatch.setenv("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "2")
    sealed = sealed_of([TWO])
    way = work_through(tmp_path, sealed, [TWO], answering(lambda _: says("x" * 100))).way
    spans = spans_of(sealed, way, TWO.run, (1, 2))
    assert [True] * len(way.steps) == ["x" * 100 in str(span.attributes) for span in spans[:-1]]


def test_a_model_that_nobody_named_is_not_named(tmp_path: Path) -> None:
    """The span of a recorded answer whose model is not recorded says no name, not even None."""
    calls_ = tuple(call._replace(request=call.request._replace(model=None)) for call in TWO.calls)
    nameless = TWO._replace(calls=calls_)
    sealed = sealed_of([nameless], variants=[{"name": "r", "model": "recorded"}])
    way = work_through(tmp_path, sealed, [nameless], answering(lambda _: says("x"))).way
    assert ["chat", "chat", "invoke_agent agent"] == [s.name for s in spans_of(sealed, way, TWO.run, (1, 2))]


def test_variants_alternate_within_a_case(tmp_path: Path) -> None:
    """Calls of all variants of a case are sent before those of the next, so that drift hits them alike."""
    variants = [{"name": name, "model": name} for name in ("gpt-4o-mini", "gpt-4o")]
    sealed = sealed_of([ONE, TWO], variants=variants, repeat=2, concurrency=1)
    found = work_through(tmp_path, sealed, [ONE, TWO], answering(lambda _: says("x")))
    order = [(asked.item.case_no, asked.item.repeat, asked.item.variant) for asked in found.asked]
    per_case = [(repeat, name) for repeat in (1, 2) for name in ("gpt-4o-mini", "gpt-4o") for _ in range(2)]
    assert per_case == [(repeat, name) for case, repeat, name in order if case == 0]
    assert per_case == [(repeat, name) for case, repeat, name in order if case == 1]


def test_money_is_counted_and_the_budget_is_hard(tmp_path: Path) -> None:
    """A call that may cost more than is left is not sent; what was answered is paid and stays."""
    often = recorded(*[Turn(says(str(n))) for n in range(9)])
    sealed = sealed_of([often], concurrency=1)
    worst = Decimal("0.0024726")  # 100 tokens in and, without a limit of its own, 4,096 out
    found = work_through(
        tmp_path, sealed, [often], answering(lambda _: says("x")), budget=str(worst + 2 * COST)
    )
    assert 3 == len(found.asked)
    progress = read_progress(tmp_path)
    assert 3 * COST == progress.spent_usd
    assert {"budget": 1} == progress.outcomes
    assert "stopped" == progress.state
    assert [] == found.ways  # what is not at its end is no result yet


def test_more_money_goes_on_where_it_stopped(tmp_path: Path) -> None:
    """What was answered is not asked again."""
    from replay.journal import Journal

    sealed = sealed_of([ONE], concurrency=1)
    work_through(tmp_path, sealed, [ONE], answering(lambda _: says("x")), budget="0.00248")
    with Journal.open(tmp_path, sealed.items()) as journal:
        journal.reopen(["budget"])
    found = work_through(tmp_path, sealed, [ONE], answering(lambda _: says("x")), budget="1")
    assert [2] == [asked.step for asked in found.asked]
    assert Outcome.COMPLETE == found.way.outcome


@pytest.mark.parametrize(
    ("answer", "outcome", "cost"),
    [
        pytest.param(
            Answer(Response((), None, error="500"), (Attempt(Tried.SERVER_ERROR, 0, 1.0),), False, ()),
            Outcome.ERROR, Decimal(0), id="server-error-costs-nothing",
        ),
        pytest.param(
            Answer(Response((), None), (Attempt(Tried.INCOMPLETE, 0, 1.0, usage=USAGE),), False, ()),
            Outcome.INCOMPLETE, COST, id="half-an-answer-is-paid-and-none",
        ),
        pytest.param(
            Answer(
                says("x"), (Attempt(Tried.INCOMPLETE, 0, 1.0, usage=USAGE), Attempt(Tried.ANSWERED, 0, 1.0)),
                False, (),
            ),
            Outcome.COMPLETE, 2 * COST, id="a-paid-try-before-the-answer",
        ),
        pytest.param(Answer(says("x"), (), True, ()), Outcome.COMPLETE, Decimal(0), id="from-the-cache"),
        *(
            pytest.param(
                Answer(says("x")._replace(usage=usage), (Attempt(Tried.ANSWERED, 0, 1.0),), False, ()),
                Outcome.COMPLETE, Decimal("0.0024726"), id=f"usage-not-told-counts-at-most-{name}",
            )
            for name, usage in (("none", Usage()), ("half", Usage(output_tokens=10)))
        ),
    ],
)  # fmt: skip
def test_what_a_call_costs(tmp_path: Path, answer: Answer, outcome: Outcome, cost: Decimal) -> None:
    """Tries that may have been paid count; what is not told counts as what it may have been at most."""
    one = recorded(Turn(says("Hi.")))

    async def ask(_: Asked, _again: Callable[[], bool]) -> Answer:
        return answer

    found = work_through(tmp_path, sealed_of([one]), [one], ask)
    assert outcome == found.way.outcome
    assert cost == read_progress(tmp_path).spent_usd


def test_every_try_is_within_the_budget(tmp_path: Path) -> None:
    """A broken try may be paid: another one needs as much money again, else the plan waits for more."""
    one = recorded(Turn(says("Hi.")))
    tries: list[bool] = []

    async def broken(_: Asked, may_go_on: Callable[[], bool]) -> Answer:
        while not tries or tries[-1]:
            tries.append(may_go_on())
        lost = (Attempt(Tried.DISCONNECTED, 0, 1.0),) * len(tries)
        return Answer(says("")._replace(finish_reason=None, error="disconnected"), lost, False, ())

    work_through(tmp_path, sealed_of([one]), [one], broken, budget="0.006")
    assert ({"budget": 1}, [True, False]) == (read_progress(tmp_path).outcomes, tries)
    assert 2 * Decimal("0.0024726") == read_progress(tmp_path).spent_usd


def test_a_replay_that_is_cancelled_goes_on_later(tmp_path: Path) -> None:
    """Another process may ask it to stop; the call in flight is awaited and nothing is asked twice."""
    often = recorded(*[Turn(says(str(n))) for n in range(5)])
    sealed = sealed_of([often], concurrency=1)

    async def ask(asked: Asked, _: Callable[[], bool]) -> Answer:
        if asked.step == 2:
            cancel(tmp_path)
        return Answer(says("x"), (Attempt(Tried.ANSWERED, 0, 1.0),), False, ())

    before = work_through(tmp_path, sealed, [often], ask)
    assert [1, 2] == [asked.step for asked in before.asked]
    assert "cancelled" == read_progress(tmp_path).state
    after = work_through(tmp_path, sealed, [often], answering(lambda _: says("x")))
    assert [3, 4, 5] == [asked.step for asked in after.asked]
    assert Outcome.COMPLETE == after.way.outcome


def test_a_model_that_cannot_be_asked_stops_the_plan(tmp_path: Path) -> None:
    """Without a key every call would fail: nothing is called failed, and the plan can go on later."""

    async def refuse(_: Asked, _again: Callable[[], bool]) -> Answer:
        raise ModelRefused("the environment variable X is not set")

    sealed = sealed_of([ONE], concurrency=1)
    with pytest.raises(ModelRefused):
        work_through(tmp_path, sealed, [ONE], refuse)
    assert [None] == [state.outcome for state in read_items(tmp_path)]
    found = work_through(tmp_path, sealed, [ONE], answering(lambda _: says("x")))
    assert Outcome.COMPLETE == found.way.outcome


def test_calls_in_flight_end_when_another_is_refused(tmp_path: Path) -> None:
    """Calls beside one whose model cannot be asked are paid for: their answers are awaited and kept."""
    two = recorded(Turn(says("a")), Turn(says("b")))
    sent, refused = asyncio.Event(), asyncio.Event()

    async def ask(asked: Asked, _: Callable[[], bool]) -> Answer:
        if asked.step == 1:
            await sent.wait()
            refused.set()
            raise ModelRefused("the environment variable X is not set")
        sent.set()
        await refused.wait()
        return Answer(says("b"), (Attempt(Tried.ANSWERED, 0, 1.0),), False, ())

    with pytest.raises(ModelRefused):
        work_through(tmp_path, sealed_of([two], concurrency=2), [two], ask)
    assert {1: "failed", 2: "done"} == {one.step: one.state for one in read_attempts(tmp_path)}


def test_a_recording_that_changed_is_refused(tmp_path: Path) -> None:
    """A plan means the recordings it was made of."""
    other = recorded(Turn(says("Hi.")), run_id="run-1")
    with pytest.raises(SpotlightError, match="is not what it was"):
        work_through(tmp_path, sealed_of([ONE]), [other], answering(lambda _: says("x")))
    assert [] == read_attempts(tmp_path)
