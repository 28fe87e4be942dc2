"""Sessions: their figures, and their turns with what was asked and answered."""

from __future__ import annotations

import pytest

from spotlight.errors import NotFound, SpotlightError
from spotlight.reports import Reports, RunFilters
from spotlight.reports.sessions import session, session_count, sessions
from spotlight.reports.turn_texts import Texts, turn_texts
from tests.conftest import SampleLake
from tests.made_lake import SECOND, Row, made_lake, of_run, run, score, step
from tests.rows import START, payload, span, trace_id

ALL = RunFilters()
HISTORY = (
    '[{"role": "user", "content": "old"}, {"role": "assistant", "content": "x"},'
    ' {"role": "user", "content": "<b>Where?</b>"}]'
)


def turn(name: str, at_s: float, **columns: object) -> Row:
    """Return a run of session s, one second long."""
    at = START + int(at_s * SECOND)
    return run(name, session_id="s", started_ns=at, ended_ns=at + SECOND, **columns)


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Reports:
    """Return a session of two turns, a session of one, and a run of no session."""
    first = turn("one", 0, user_id="jo", cost_usd=0.25, input_tokens=10, output_tokens=2)
    second = turn("two", 5.5, status="error", cost_usd=None, unpriced_generations=1, agent_name="b")
    other = run("other", session_id="t", started_ns=START + 2 * SECOND, cost_usd=1.0)
    call, last = span("call", trace="one", kind="llm"), span("last", trace="one", kind="llm")
    root = span("two", trace="two", kind="agent")
    payloads = [
        payload(call, input_messages=HISTORY, output_messages="[]"),
        payload(last, output_messages='[{"role": "assistant", "content": "Here."}]'),
        payload(root, input_value="Why?", output_value='{"state": 1}'),
    ]  # fmt: skip
    scores = [
        score("quality", 0.5, **of_run(first)), score("quality", 1.0, **of_run(second)),
        score("stars", 4.0, **of_run(second)),
        score("mood", label="good", target_type="session", session_id="s"),
    ]  # fmt: skip
    return made_lake(
        tmp_path_factory.mktemp("talk"), runs=[first, second, other, run("alone")],
        steps=[step(first, "call", "llm", step=1), step(first, "last", "llm", step=2)],
        spans=[call, last, root], payloads=payloads, scores=scores,
    )  # fmt: skip


def test_sessions_add_up_their_turns(talk: Reports) -> None:
    """Unknown cost is no 0, what has no price is counted; scores between 0 and 1 have a mean."""
    newest, other = sessions(talk, ALL).to_pylist()
    expected = {
        "session_id": "s", "turns": 2, "failed": 1, "incomplete": 0, "user_id": "jo", "versions": ["1"],
        "first_ns": START, "last_ns": START + 5_500_000_000, "duration_ms": 2000.0, "cost_usd": 0.25,
        "unpriced_generations": 1, "input_tokens": 10, "turns_without_usage": 1,
        "last_run_id": trace_id("two"), "scores": 4, "score_mean": 0.75,
    }  # fmt: skip
    assert expected == {name: newest[name] for name in expected}
    assert ("t", 0, None) == (other["session_id"], other["scores"], other["score_mean"])
    assert 2 == session_count(talk, ALL)


@pytest.mark.parametrize(
    ("order", "first"),
    [
        ("newest", "s"),
        ("most_expensive", "t"),
        ("most_turns", "s"),
        ("most_failures", "s"),
        ("lowest_score", "s"),
    ],
)
def test_sessions_are_ordered(talk: Reports, order: str, first: str) -> None:
    """By what is asked for, the newest first where that is equal; pages follow each other."""
    assert first == sessions(talk, ALL, order=order).column("session_id")[0].as_py()
    assert 1 == sessions(talk, ALL, order=order, limit=1, offset=1).num_rows


def test_a_session_is_read_turn_by_turn(talk: Reports) -> None:
    """Question and answer are as said; how long the user took stands with the next turn."""
    found = session(talk, "s")
    first, second = found.turns
    assert ("<b>Where?</b>", "Here.", None) == (first.question, first.answer, first.waited_ms)
    assert ("Why?", None, 4500.0, "error") == (
        second.question,
        second.answer,
        second.waited_ms,
        second.status,
    )
    assert (0.25, None, ["quality", "stars"]) == (
        first.cost_usd, second.cost_usd, sorted(str(said["name"]) for said in second.scores)
    )  # fmt: skip
    assert (["mood"], 0) == ([said["name"] for said in found.scores], found.more_turns)


def test_long_sessions_come_in_parts(talk: Reports) -> None:
    """The turns left are counted, and a part begins where it is asked to."""
    part = session(talk, "s", limit=1)
    rest = session(talk, "s", limit=1, offset=1)
    assert ([trace_id("one")], 1) == ([t.run_id for t in part.turns], part.more_turns)
    assert ([trace_id("two")], 0) == ([t.run_id for t in rest.turns], rest.more_turns)


def test_what_is_not_there_is_said(talk: Reports) -> None:
    """A session that no run names, and an order that does not exist."""
    with pytest.raises(NotFound, match="no session 'nope'"):
        session(talk, "nope")
    with pytest.raises(SpotlightError, match="no such order"):
        sessions(talk, ALL, order="loudest")


@pytest.mark.parametrize("text", ["{", '{"a": [', "null", '"', "", "[1]", "\x00"])
def test_no_content_breaks_a_turn(text: str) -> None:
    """Whatever a span carried, a turn has a text or none."""
    row = {
        "place": "root", "dialect": "otel_genai", "attributes": "{}", "events": "[]", "input_messages": text,
        "output_messages": text, "input_value": text, "output_value": text,
    }  # fmt: skip
    assert all(said is None or isinstance(said, str) for said in turn_texts([row]))


def test_a_prompt_that_only_a_log_record_tells_is_the_question() -> None:
    """Codex sends no messages with its model calls: what the user asked stands in a record of its own."""
    empty = dict.fromkeys(
        ("attributes", "events", "input_messages", "output_messages", "input_value", "output_value")
    )
    rows = [empty | {"place": place, "dialect": "codex"} for place in ("first", "last", "prompt", "root")]
    rows[2]["input_value"] = "Read notes.txt."
    assert Texts("Read notes.txt.", None) == turn_texts(rows)


def test_samples_say_what_was_asked_and_answered(sample_lake: SampleLake) -> None:
    """Recorded clients of many dialects: the second turn of a conversation is read with its answer."""
    found = session(sample_lake.reports, "sess-renewal-001").turns
    said = {(turn.question, turn.answer) for turn in found}
    assert ("What is the renewal price?", "The renewal price for ACME-42 is 120,000 EUR per year.") in said
