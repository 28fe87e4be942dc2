"""Closed loops: where the recorded way is gone, where it is left, and where it ends."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from replay.calling import Asked
from replay.emission import spans_of
from replay.journal import Journal
from replay.mocks.policy import Policy
from replay.model import Response, Rung
from replay.path import Outcome
from replay.progress import read_items, read_progress
from replay.providers.answers import Answer, Attempt
from replay.providers.answers import Outcome as Tried
from spotlight.messages.canonical import Message, Text, ToolCall, ToolCallResponse
from tests.replay.scripted import Turn, answering, calls, recorded, says, sealed_of, user, work_through

TRIP = recorded(
    Turn(calls("find", {"to": "Oslo"}), result={"id": 7}),
    Turn(says("Flight 7, book it?"), said="yes"),
    Turn(calls("book", {"id": 7}), result="done"),
    Turn(says("Booked.")),
)


def _recorded_answer(asked: Asked) -> Response:
    assert asked.recorded is not None
    assert asked.recorded.response is not None
    return asked.recorded.response


def test_the_recorded_way_is_gone_in_the_recorded_context(tmp_path: Path) -> None:
    """A variant that answers as recorded is asked the recorded requests; every tool answers exactly."""
    found = work_through(tmp_path, sealed_of([TRIP], mode="closed"), [TRIP], answering(_recorded_answer))
    assert [call.request for call in TRIP.calls] == [asked.request for asked in found.asked]
    assert Outcome.COMPLETE == found.way.outcome
    assert (4, 4) == found.way.agreement
    assert {"exact": 2} == found.way.fidelity
    assert () == found.way.unused


def test_a_variant_that_leaves_the_way_gets_its_own_history(tmp_path: Path) -> None:
    """After other words it is asked on with those, with the recorded words of the user and mocked tools."""
    script = iter([
        calls("find", {"to": "Oslo"}), says("I found flight 7. Shall I?"), calls("book", {"id": 7}, "mine"),
        says("All done."),
    ])  # fmt: skip
    found = work_through(
        tmp_path, sealed_of([TRIP], mode="closed"), [TRIP], answering(lambda _: next(script))
    )
    last = found.asked[-1].request.messages
    assert user("yes") == last[4]
    assert (Text("I found flight 7. Shall I?"),) == last[3].parts
    assert (ToolCallResponse("mine", "done", "book"),) == last[6].parts
    assert Outcome.COMPLETE == found.way.outcome
    assert (4, 4) == found.way.agreement  # it decides alike all the way
    assert [True, False, True, False] == [s.agreement.is_same for s in found.way.steps if s.agreement]


def test_what_a_variant_changes_holds_to_the_end(tmp_path: Path) -> None:
    """Every later request has the new prompt and parameters and says so, away from the recording, too."""
    chained = [
        call._replace(request=call.request._replace(extra={"previous_response_id": f"r{call.step}"}))
        for call in TRIP.calls
    ]
    trip = TRIP._replace(calls=tuple(chained))
    script = iter([
        calls("find", {"to": "Oslo"}), says("I found flight 7."), calls("find", {"to": "Oslo"}), says("So?"),
    ])  # fmt: skip
    policy = Policy.model_validate({"tools": {"find": {"effect": "read", "repeatable": True}}})
    variant = {"name": "v", "prompt": "be brief", "params": {"temperature": 0.5}}
    sealed = sealed_of([trip], policy, variants=[variant], mode="closed")
    found = work_through(tmp_path, sealed, [trip], answering(lambda _: next(script)))
    assert [4, 4] == [len(found.asked), len(found.way.steps)]
    for step in found.way.steps:
        assert (Text("be brief"),) == step.request.system
        assert {"temperature": 0.5} == step.request.params
        assert found.way.steps[0].changes == step.changes
    ids = [step.request.extra["previous_response_id"] for step in found.way.steps]
    assert ["r1", "r2", "r2", "r2"] == ids  # its own history goes on from where it began


def test_a_call_that_nothing_answers_stops_the_way(tmp_path: Path) -> None:
    """It is a divergence at that step, not a failure, and nothing more is asked."""
    found = work_through(
        tmp_path, sealed_of([TRIP], mode="closed"), [TRIP], answering(lambda _: calls("find", {"to": "Rome"}))
    )
    assert (Outcome.DIVERGED, 1) == (found.way.outcome, found.way.at_step)
    assert 'find({"to":"Rome"})' in found.way.reason
    assert 1 == len(found.asked)
    assert Rung.DIVERGED is found.way.steps[0].tools[0].answer.rung


def test_a_divergence_can_be_told_to_the_model(tmp_path: Path) -> None:
    """With `error-to-model` the tool answers with an error, and the way goes on from there."""
    script = iter([calls("find", {"to": "Rome"}), says("There is no flight.")])
    sealed = sealed_of([TRIP], mode="closed", on_divergence="error-to-model")
    found = work_through(tmp_path, sealed, [TRIP], answering(lambda asked: next(script, says("Bye."))))
    told = found.asked[1].request.messages[-1].parts[0]
    assert isinstance(told, ToolCallResponse)
    assert told.is_error
    assert Outcome.COMPLETE == found.way.outcome
    assert {"diverged": 1} == found.way.fidelity
    assert ("find", "book") == found.way.unused


def test_from_a_step_on_earlier_calls_are_given(tmp_path: Path) -> None:
    """A fork begins with the recorded context of its step; what was asked before counts as used."""
    sealed = sealed_of([TRIP], mode="closed", from_step=3)
    found = work_through(tmp_path, sealed, [TRIP], answering(_recorded_answer))
    assert [3, 4] == [asked.step for asked in found.asked]
    assert TRIP.calls[2].request == found.asked[0].request
    assert () == found.way.unused


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        pytest.param({"max_steps": 2}, "stopped after 2 model calls", id="steps"),
        pytest.param({"max_seconds": 1e-9}, "stopped after 1e-09 s", id="time"),
    ],
)
def test_a_loop_without_end_is_stopped(tmp_path: Path, said: dict[str, object], reason: str) -> None:
    """The limits of steps and time end it as incomplete."""
    policy = Policy.model_validate({"tools": {"think": {"kind": "pure", "effect": "read"}}})
    again = recorded(Turn(calls("think", {}), result="hm"), Turn(calls("think", {}), result="hm"))
    sealed = sealed_of([again], policy, mode="closed", **said)
    found = work_through(tmp_path, sealed, [again], answering(lambda _: calls("think", {}, "other")))
    assert (Outcome.INCOMPLETE, reason) == (found.way.outcome, found.way.reason)


def test_a_terminal_tool_ends_the_way(tmp_path: Path) -> None:
    """A call of a tool that the policy calls terminal is the end, complete."""
    policy = Policy.model_validate({"tools": {"hand_over": {"kind": "terminal"}}})
    found = work_through(
        tmp_path,
        sealed_of([TRIP], policy, mode="closed"),
        [TRIP],
        answering(lambda _: calls("hand_over", {})),
    )
    assert (Outcome.COMPLETE, 1) == (found.way.outcome, len(found.asked))


def test_what_follows_waits_for_more_money(tmp_path: Path) -> None:
    """Where the money ends before all steps are asked, nobody knows yet what is to be followed from where."""
    sealed = sealed_of([TRIP], follow=True, concurrency=1)
    work_through(tmp_path, sealed, [TRIP], answering(_recorded_answer), budget="0.00248")
    assert {"budget": 2} == read_progress(tmp_path).outcomes
    with Journal.open(tmp_path, sealed.items()) as journal:
        journal.reopen(["budget"])
    work_through(tmp_path, sealed, [TRIP], answering(lambda _: says("no")), budget="1")
    assert {"complete": 2} == read_progress(tmp_path).outcomes


def test_a_divergence_can_be_followed(tmp_path: Path) -> None:
    """The first step that decides otherwise goes on as a loop with its answer; it is not asked twice."""

    def answer(asked: Asked) -> Response:
        if asked.step == 2:
            return calls("book", {"id": 7}) if asked.item.leg == "path" else says("never")
        return _recorded_answer(asked) if asked.item.leg == "path" else says("Booked at once.")

    sealed = sealed_of([TRIP], follow=True)
    path, followed = work_through(tmp_path, sealed, [TRIP], answering(answer)).ways
    assert 2 == path.first_difference
    assert ["path", "follow"] == [path.item.leg, followed.item.leg]
    assert [2, 3, 4] == [step.step for step in followed.steps]  # to step 3 the user says `yes`, as recorded
    assert {"exact": 1} == followed.fidelity
    assert "1 turns of the user are as recorded, though the way had parted before." in followed.notes
    assert Outcome.COMPLETE == followed.outcome


def test_what_failed_may_be_followed_later(tmp_path: Path) -> None:
    """A step that failed may be the first to decide otherwise: it is waited for until it is tried again."""
    failed = Answer(Response((), None, error="500"), (Attempt(Tried.SERVER_ERROR, 0, 1.0),), False, ())

    async def ask(asked: Asked, again: Callable[[], bool]) -> Answer:
        if asked.step == 2:
            return failed
        answer = answering(lambda _: says("No.")) if asked.step == 3 else answering(_recorded_answer)
        return await answer(asked, again)

    sealed = sealed_of([TRIP], follow=True)
    work_through(tmp_path, sealed, [TRIP], ask)
    told = json.loads(read_items(tmp_path)[1].detail or "{}")
    assert "which step first decides otherwise is not known: no answer to [2]: 500" == told["reason"]
    with Journal.open(tmp_path, sealed.items()) as journal:
        journal.reopen(["error", "incomplete"])
    work_through(
        tmp_path, sealed, [TRIP],
        answering(lambda a: calls("book", {"id": 7}) if a.item.leg == "path" else says("Done.")),
    )  # fmt: skip
    assert ["complete", "complete"] == [state.outcome for state in read_items(tmp_path)]
    assert 2 == json.loads(read_items(tmp_path)[0].detail or "{}")["first_difference"]


def test_a_model_is_told_what_it_was_told(tmp_path: Path) -> None:
    """A null and a failure come in the words and with the marks of the recording, and are kept as such."""
    way = Turn(calls("look", {}), result=None), Turn(calls("send", {}), result="no"), Turn(says("Bye."))
    found = recorded(*way)
    failed = ToolCallResponse("c", "MailError: no such box", "send", None, {"cache_control": "on"})
    sent = found.tools[1]._replace(result=failed.response, is_error=True, told=failed)
    found = found._replace(tools=(found.tools[0], sent))
    sealed = sealed_of([found], mode="closed")
    other = Message("assistant", (Text("So."), ToolCall("mine", "look", {})))
    script = iter([calls("look", {})._replace(messages=(other,)), calls("send", {}, "own"), says("Bye.")])
    worked = work_through(tmp_path, sealed, [found], answering(lambda _: next(script)))
    history = worked.asked[-1].request.messages
    told = [part for message in history for part in message.parts if isinstance(part, ToolCallResponse)]
    assert [ToolCallResponse("mine", None, "look"), replace(failed, id="own")] == told
    spans = {span.name: span.attributes or {} for span in spans_of(sealed, worked.way, found.run, (1, 2))}
    assert "null" == spans["execute_tool look"]["gen_ai.tool.call.result"]
    assert failed.response == spans["execute_tool send"]["gen_ai.tool.call.result"]


def test_a_sub_agent_is_a_tool_to_the_agent_that_called_it(tmp_path: Path) -> None:
    """What it gave back is answered as recorded; neither its calls nor its tools are missed."""
    inner = Turn(calls("book", {"id": 7}, "b"), result="done"), Turn(says("Booked."))
    found = recorded(Turn(calls("ask_clerk", {}), result="Booked."), *inner, Turn(says("All is booked.")))
    below = [call._replace(agent_span_id="clerk", agent_name="clerk") for call in found.calls[1:3]]
    found = found._replace(calls=(found.calls[0], *below, found.calls[3]))
    way = work_through(tmp_path, sealed_of([found], mode="closed"), [found], answering(_recorded_answer)).way
    assert (Outcome.COMPLETE, [1, 4]) == (way.outcome, [step.step for step in way.steps])
    assert ({"exact": 1}, ()) == (way.fidelity, way.unused)
    assert "Other agents (clerk; model calls: 2) are not asked anew" in way.notes[0]
    assert not any("never called" in note for note in way.notes)
