"""How many calls run beside each other, when they are made again, and what is remembered of them."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from replay.model import Response, Usage
from replay.providers.answers import Limits
from replay.providers.bodies import write_body
from replay.providers.cache import FILE, Cache, cache_key
from replay.providers.lanes import Lane
from replay.providers.models import parse_model
from replay.providers.retrying import retry_after_s, wait_s
from spotlight.messages.canonical import Message, Reasoning, Text, ToolCall
from tests.replay.providers.calls import QUESTION

LIMITS = Limits(in_flight=2, most_in_flight=5)


def in_loop(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine to its end."""
    return asyncio.run(coroutine)


def test_a_lane_grows_by_answers_and_halves_by_limits() -> None:
    """Each answer of a full lane adds one, up to the most; a limit halves, afterwards a round adds one."""

    async def grow() -> list[int]:
        lane, seen = Lane(LIMITS), []
        for _ in range(2):
            await lane.enter()
        entered = 0.0
        for _ in range(3):
            lane.went_well()
            entered = await lane.enter()
            seen.append(lane.limit)
        lane.went_well()
        seen.append(lane.limit)
        lane.was_limited(entered, 0)
        lane.was_limited(entered, 0)  # a call of the same round tells nothing new
        seen.append(lane.limit)
        lane.went_well()
        lane.went_well()
        return [*seen, lane.limit]

    assert [3, 4, 5, 5, 2, 3] == in_loop(grow())


def test_a_lane_that_is_not_full_does_not_grow() -> None:
    """One call after the other tells nothing of how many the provider allows."""

    async def single() -> int:
        lane = Lane(LIMITS)
        for _ in range(10):
            await lane.enter()
            lane.went_well()
            lane.leave()
        return lane.limit

    assert 2 == in_loop(single())


def test_a_pause_holds_all_calls_and_lets_the_limited_one_first() -> None:
    """During a pause nobody starts; then who was limited goes before who waits."""

    async def paused() -> tuple[list[str], bool]:
        lane, order = Lane(Limits(in_flight=2)), []
        loop = asyncio.get_running_loop()
        begin = await lane.enter()

        async def call(name: str, first: bool) -> float:
            entered = await lane.enter(first=first)
            order.append(name)
            lane.leave()
            return entered

        lane.was_limited(begin, 0.05)
        late = asyncio.ensure_future(call("new", False))
        await asyncio.sleep(0)
        lane.leave()
        retried = asyncio.ensure_future(call("limited", True))
        times = await asyncio.gather(late, retried)
        return order, min(times) >= begin + 0.05 and loop.time() >= begin + 0.05

    assert (["limited", "new"], True) == in_loop(paused())


AFTER: dict[str, tuple[dict[str, str], float | None]] = {
    "seconds": ({"retry-after": "2"}, 2.0),
    "parts of seconds": ({"retry-after": "0.5"}, 0.5),
    "milliseconds first": ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
    "a date by the server's clock": (
        {"retry-after": "Sat, 21 Nov 2026 10:00:30 GMT", "date": "Sat, 21 Nov 2026 10:00:00 GMT"}, 30.0,
    ),
    "a date that is past": (
        {"retry-after": "Sat, 21 Nov 2026 09:00:00 GMT", "date": "Sat, 21 Nov 2026 10:00:00 GMT"}, 0.0,
    ),
    "a date without a clock": ({"retry-after": "Fri, 01 Jan 1999 00:00:00 GMT"}, 0.0),
    "nothing": ({}, None),
    "no figure": ({"retry-after": "soon"}, None),
    "no end": ({"retry-after": "inf"}, None),
    "negative": ({"retry-after": "-5"}, None),
    "nan": ({"retry-after": "nan"}, None),
}  # fmt: skip


@pytest.mark.parametrize("case", AFTER)
def test_how_long_a_server_asks_to_wait(case: str) -> None:
    """Seconds, milliseconds and HTTP dates are read; what says nothing is None."""
    headers, expected = AFTER[case]
    assert expected == retry_after_s(headers)


def test_waits_grow_and_are_bounded() -> None:
    """Without a word of the server waits double up to the longest, a random half of each."""
    limits = Limits(first_wait_s=1.0, longest_wait_s=10.0)
    for attempt, longest in ((1, 1.0), (2, 2.0), (4, 8.0), (9, 10.0)):
        assert longest / 2 <= wait_s(attempt, None, limits) <= longest
    assert 99.0 == wait_s(1, 99.0, limits)


ANSWER = Response(
    messages=(Message("assistant", (Reasoning("Hm.", "sig"), Text("Hi"), ToolCall("c", "f", {"a": [1]}))),),
    finish_reason="stop",
    model="m",
    usage=Usage(1, 2, 0, None, None),
    ttft_ms=1.5,
    extra={"service_tier": "flex"},
)


def test_the_cache_gives_back_what_it_was_given(tmp_path: Path) -> None:
    """An answer comes back as it was, from another opening of the file too; unfinished ones never get in."""
    model = parse_model("openai:m")
    cache = Cache(tmp_path / FILE)
    cache.put("k", model, ANSWER)
    cache.put("k", model, ANSWER._replace(model="later"))
    for bad in (ANSWER._replace(finish_reason=None), ANSWER._replace(error="boom")):
        with pytest.raises(ValueError, match="never stored"):
            cache.put("bad", model, bad)
    again = Cache(tmp_path / FILE)
    assert (ANSWER, None) == (again.get("k"), again.get("bad"))
    cache.close()
    again.close()


def test_what_tells_answers_apart() -> None:
    """Address, form, model, body and trial are the key; the recorded model and its provider are not."""
    body = write_body(parse_model("openai:a"), QUESTION)
    other = write_body(parse_model("openai:a"), QUESTION._replace(params={"max_tokens": 51}))
    keys = [
        cache_key(parse_model("openai:a"), body, "a"),
        cache_key(parse_model("openai:b"), body, "a"),
        cache_key(parse_model("openai.responses:a"), body, "a"),
        cache_key(parse_model("openai:a", base_url="http://x/v1"), body, "a"),
        cache_key(parse_model("openai:a"), other, "a"),
        cache_key(parse_model("openai:a"), body, "b"),
    ]
    assert 6 == len(set(keys))
    renamed = write_body(parse_model("openai:a"), QUESTION._replace(model="gpt-3", provider="azure"))
    assert keys[0] == cache_key(parse_model("openai:a"), renamed, "a")


def test_importing_asks_for_no_client() -> None:
    """Whoever imports the package does not wait for the vendors' clients, pandas or Streamlit."""
    program = (
        "import sys, replay.providers; "
        "print([n for n in ('openai', 'anthropic', 'google.genai', 'httpx2', 'pandas', 'streamlit') "
        "if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "[]" == done.stdout.strip()


def test_the_cache_can_be_opened_by_many_at_once(tmp_path: Path) -> None:
    """Connections that open a new file together and write the same keys do not disturb each other."""
    model = parse_model("openai:m")

    def work(own: int) -> int:
        cache = Cache(tmp_path / FILE)
        for number in range(20):
            cache.put(f"shared-{number}", model, ANSWER)
            cache.put(f"{own}-{number}", model, ANSWER)
        found = sum(cache.get(f"shared-{number}") == ANSWER for number in range(20))
        cache.close()
        return found

    with ThreadPoolExecutor(6) as workers:
        assert [20] * 6 == list(workers.map(work, range(6)))
