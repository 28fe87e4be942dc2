"""Models are asked over real HTTP, through the vendors' clients, at a server that is not ours."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from replay.model import Response
from replay.providers import Limits, Outcome, ask, open_pool, parse_model
from replay.providers.cache import FILE
from spotlight.messages.canonical import Message, Text, ToolCall, texts
from tests.replay.providers.calls import FAST, FINISHED, QUESTION, WEATHER, asked, broken, mocked

APIS = ("chat", "responses", "messages", "generate")
BROKEN = {
    "truncate": Outcome.INCOMPLETE,
    "disconnect": Outcome.DISCONNECTED,
    "malformed": Outcome.MALFORMED,
}


@pytest.mark.parametrize("api", APIS)
def test_a_question_is_answered(llmock_url: str, api: str) -> None:
    """The text that was streamed comes back whole, with its end, its usage and its times."""
    broken(llmock_url, f"plain-{api}", {"type": "reply", "text": "It is Paris, of course."})
    answer = asked(mocked(llmock_url, api, f"plain-{api}"))
    response = answer.response
    assert answer.is_complete
    assert "It is Paris, of course." == texts(response.messages[0].parts)
    assert FINISHED[api] == response.finish_reason == response.messages[-1].finish_reason
    assert f"plain-{api}" == response.model
    assert None not in (response.usage.input_tokens, response.usage.output_tokens)
    assert 0 < (response.ttft_ms or 0) <= (response.duration_ms or 0)
    assert [Outcome.ANSWERED] == [attempt.outcome for attempt in answer.attempts]


@pytest.mark.parametrize("api", APIS)
def test_a_tool_is_called(llmock_url: str, api: str) -> None:
    """A call comes back with its name and its arguments as JSON, put together from their pieces."""
    call = {"name": "get_weather", "arguments": {"city": "Paris", "days": [1, 2]}}
    broken(llmock_url, f"tool-{api}", {"type": "reply", "tool_calls": [call]})
    request = QUESTION._replace(tools=(WEATHER,), tool_choice="required")
    response = asked(mocked(llmock_url, api, f"tool-{api}"), request).response
    calls = [part for part in response.messages[0].parts if isinstance(part, ToolCall)]
    assert [("get_weather", {"city": "Paris", "days": [1, 2]})] == [(c.name, c.arguments) for c in calls]


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_stream_is_asked_again(llmock_url: str, api: str, fault: str) -> None:
    """Half an answer is none: it is asked for again, and told as what it was."""
    name = f"{fault}-{api}"
    broken(llmock_url, name, {"type": "stream_fault", "kind": fault, "after_chunks": 2, "times": 1})
    if fault == "truncate" and api == "generate":  # one chunk would be the whole answer
        broken(llmock_url, name, {"type": "reply", "text": "a b c d e f", "times": 2})
    answer = asked(mocked(llmock_url, api, name))
    assert [BROKEN[fault], Outcome.ANSWERED] == [attempt.outcome for attempt in answer.attempts]
    assert answer.is_complete


def test_half_an_answer_is_never_kept(llmock_url: str, tmp_path: Path) -> None:
    """A call that is cut off each time has no finish reason, is not complete and not in the cache."""
    broken(llmock_url, "cut", {"type": "stream_fault", "kind": "truncate", "after_chunks": 3, "times": 3})
    model = mocked(llmock_url, "chat", "cut")
    first = asked(model, data=tmp_path)
    second = asked(model, data=tmp_path)
    assert [Outcome.INCOMPLETE] * 3 == [attempt.outcome for attempt in first.attempts]
    assert (False, None, None) == (first.is_complete, first.response.finish_reason, first.response.error)
    assert (True, False) == (second.is_complete, second.was_cached)


def test_a_complete_answer_is_kept_once_per_trial(llmock_url: str, tmp_path: Path) -> None:
    """The same question is paid once, in another trial once more; another question is another one."""
    model = mocked(llmock_url, "chat", "kept")
    first = asked(model, data=tmp_path)
    again = asked(model, data=tmp_path)
    assert (tmp_path / FILE).exists()
    assert (False, True) == (first.was_cached, again.was_cached)
    assert first.response == again.response
    assert () == again.attempts
    assert not asked(model, data=tmp_path, trial="2").was_cached
    warmer = QUESTION._replace(params={"max_tokens": 50, "temperature": 0.5})
    assert not asked(model, warmer, data=tmp_path).was_cached


SILENCES: dict[str, dict[str, Any]] = {
    "stall": {"type": "stream_fault", "kind": "stall", "after_chunks": 1, "stall_seconds": 3.0, "times": 1},
    "slow": {"type": "delay", "seconds": 3.0, "times": 1},
}


@pytest.mark.parametrize("silence", SILENCES)
def test_a_silent_server_times_out(llmock_url: str, silence: str) -> None:
    """A server that stops sending, or does not begin, is left after a while and asked again."""
    broken(llmock_url, silence, SILENCES[silence])
    answer = asked(mocked(llmock_url, "chat", silence), limits=FAST._replace(silence_s=0.5))
    assert [Outcome.TIMED_OUT, Outcome.ANSWERED] == [attempt.outcome for attempt in answer.attempts]


def test_a_call_ends_when_its_time_is_over(llmock_url: str) -> None:
    """All attempts together take no longer than allowed, whatever the server still sends."""
    broken(llmock_url, "endless", {"type": "delay", "seconds": 3.0, "times": None})
    answer = asked(mocked(llmock_url, "chat", "endless"), limits=FAST._replace(total_s=0.3))
    assert "timed out: no time is left for this call" == answer.response.error


@pytest.mark.parametrize("api", APIS)
def test_a_rate_limit_is_waited_for(llmock_url: str, api: str) -> None:
    """After 429 the next attempt comes when the server said, not before."""
    limited = {"type": "fail", "status": 429, "retry_after": 1, "times": 1}
    broken(llmock_url, f"limited-{api}", limited)
    answer = asked(mocked(llmock_url, api, f"limited-{api}"))
    first, second = answer.attempts
    assert (Outcome.RATE_LIMITED, 429, 1.0) == (first.outcome, first.status, first.retry_after_s)
    assert second.started_ns - first.started_ns >= 1e9
    assert answer.is_complete


FAILURES: dict[str, tuple[dict[str, Any], list[Outcome]]] = {
    "server": ({"status": 500, "times": 1}, [Outcome.SERVER_ERROR, Outcome.ANSWERED]),
    "always": ({"status": 503, "times": None}, [Outcome.SERVER_ERROR] * 3),
    "wrong": ({"status": 400, "times": None}, [Outcome.REFUSED]),
    "unknown-key": ({"status": 401, "times": None}, [Outcome.REFUSED]),
    "spent": ({"status": 429, "message": "insufficient_quota", "times": None}, [Outcome.REFUSED]),
    "longer-than-we-have": ({"status": 429, "retry_after": 3600, "times": None}, [Outcome.RATE_LIMITED]),
}


@pytest.mark.parametrize("failure", FAILURES)
def test_what_fails_is_asked_again_where_it_helps(llmock_url: str, failure: str) -> None:
    """Errors of the server are retried, a few times; those of the request are not, nor an empty account."""
    behavior, outcomes = FAILURES[failure]
    broken(llmock_url, f"fail-{failure}", {"type": "fail", **behavior})
    answer = asked(mocked(llmock_url, "chat", f"fail-{failure}"))
    assert outcomes == [attempt.outcome for attempt in answer.attempts]
    assert (outcomes[-1] is Outcome.ANSWERED) == (answer.response.error is None) == answer.is_complete


def test_calls_of_one_model_share_its_limit(llmock_url: str) -> None:
    """Calls beside each other double with each answer; one rate limit halves them, and all get answers."""
    model = mocked(llmock_url, "chat", "shared")
    limits = Limits(in_flight=2, most_in_flight=16, first_wait_s=0.001)

    async def calls() -> tuple[int, int]:
        async with open_pool(None, limits=limits, allow_private=True) as pool:
            await asyncio.gather(*(ask(pool, model, QUESTION) for _ in range(30)))
            grown = pool.lane(model).limit
            limited = {"type": "fail", "status": 429, "retry_after": 0, "times": 1}
            await asyncio.to_thread(broken, llmock_url, "shared", limited)
            answers = await asyncio.gather(*(ask(pool, model, QUESTION) for _ in range(2)))
            assert all(answer.is_complete for answer in answers)
            return grown, pool.lane(model).limit

    assert (16, 8) == asyncio.run(calls())


def test_an_alias_is_told(llmock_url: str) -> None:
    """Where another model answers than was asked, a note says so."""
    model = mocked(llmock_url, "generate", "models/gemini-2.5-pro")
    answer = asked(model)
    assert ("models/gemini-2.5-pro was asked, gemini-2.5-pro answered",) == answer.notes


def test_the_recording_answers_for_free() -> None:
    """`recorded` gives back the recorded answer and asks nobody; without one the call fails."""
    said = Message("assistant", (Text("As recorded."),), finish_reason="stop")
    answer = asked(parse_model("recorded"), recorded=Response((said,), "stop"))
    assert ((said,), True, ()) == (answer.response.messages, answer.is_complete, answer.attempts)
    assert asked(parse_model("recorded"), recorded=Response((said,), None)).is_complete
    assert "the recording has no answer to this step" == asked(parse_model("recorded")).response.error
