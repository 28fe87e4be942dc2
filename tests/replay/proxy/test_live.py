"""What a live model answers reaches a user's own agent as it comes, and what breaks off is never whole."""

from __future__ import annotations

import json
import queue
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any, Final

import anthropic
import openai
import pytest

from replay.providers import parse_model
from replay.providers.events import ServerSaid
from replay.providers.keys import Key
from replay.providers.passing import Passing
from replay.proxy.live import Live
from replay.proxy.matching import Match
from replay.proxy.report import Event
from replay.proxy.serving import Serving, serving
from tests.replay.providers import odd_server
from tests.replay.providers.odd_server import OddServer, Said
from tests.replay.scripted import Turn, recorded, says

KEY: Final = "sk-of-the-upstream"


def _chat(*deltas: dict[str, Any], reason: str | None = None) -> str:
    """Return chunks of a completion, the last one with the reason to stop where there is one."""
    around = {"id": "c1", "object": "chat.completion.chunk", "created": 0, "model": "m"}
    choices: list[Any] = [{"index": 0, "delta": delta, "finish_reason": None} for delta in deltas]
    choices += [{"index": 0, "delta": {}, "finish_reason": reason}] * bool(reason)
    return "".join(f"data: {json.dumps({**around, 'choices': [choice]})}\n\n" for choice in choices)


def _named(*events: dict[str, Any]) -> str:
    return "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events)


_MESSAGE: Final[dict[str, Any]] = {
    "id": "m1", "type": "message", "role": "assistant", "model": "m", "content": [], "stop_reason": None,
    "stop_sequence": None, "usage": {"input_tokens": 1, "output_tokens": 1},
}  # fmt: skip
_RESPONSE: Final[dict[str, Any]] = {
    "id": "r1", "object": "response", "created_at": 0, "model": "m", "status": "in_progress", "output": [],
    "tools": [], "tool_choice": "auto", "parallel_tool_calls": True,
}  # fmt: skip
_ITEM: Final = {"id": "i1", "type": "message", "role": "assistant", "status": "completed", "content": [
    {"type": "output_text", "text": "Hi there", "annotations": [], "logprobs": []}]}  # fmt: skip
_USED: Final = 'data: {"id": "c1", "object": "chat.completion.chunk", "created": 0, "model": "m", ' + (
    '"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}}\n\n'
)
# An answer of each API, cut behind its first words.
_PIECES: Final = {
    "chat": (
        _chat({"role": "assistant"}, {"content": "Hi"}),
        _chat({"content": " there"}, reason="stop") + _USED + "data: [DONE]\n\n",
    ),
    "messages": (
        _named(
            {"type": "message_start", "message": _MESSAGE},
            {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
            {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hi"}},
        ),
        _named(
            {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": " there"}},
            {"type": "content_block_stop", "index": 0},
            {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 2}},
            {"type": "message_stop"},
        ),
    ),
    "responses": (
        _named(
            {"type": "response.created", "sequence_number": 0, "response": _RESPONSE},
            {"type": "response.output_text.delta", "sequence_number": 1, "item_id": "i1", "output_index": 0,
             "content_index": 0, "delta": "Hi", "logprobs": []},
        ),
        _named(
            {"type": "response.output_text.delta", "sequence_number": 2, "item_id": "i1", "output_index": 0,
             "content_index": 0, "delta": " there", "logprobs": []},
            {"type": "response.output_item.done", "sequence_number": 3, "output_index": 0, "item": _ITEM},
            {"type": "response.completed", "sequence_number": 4,
             "response": _RESPONSE | {"status": "completed", "output": [_ITEM]}},
        ),
    ),
}  # fmt: skip


@contextmanager
def _live(upstream: OddServer, heard: queue.Queue[Event]) -> Iterator[Serving]:
    """Serve a recording up to nothing: every request is asked of the upstream."""
    live = Live(upstream=upstream.url, key_env="PROXY_TEST_KEY", allow_private=True)
    with serving(recorded(Turn(says("Never."))), to_step=0, live=live, on_event=heard.put) as proxy:
        yield proxy


def _said(url: str, api: str) -> Generator[str]:
    """Yield the words of a streamed answer as the vendor's client hands them out."""
    event: Any
    chunk: Any
    ask: Any = {"model": "m", "stream": True}
    begin: Any = [{"role": "user", "content": "Hello."}]
    if api == "messages":
        with anthropic.Anthropic(base_url=url, api_key="any") as client:
            for event in client.messages.create(**ask, messages=begin, max_tokens=9):
                if event.type == "content_block_delta":
                    yield event.delta.text
        return
    with openai.OpenAI(base_url=f"{url}/v1", api_key="any") as client:
        if api == "chat":
            for chunk in client.chat.completions.create(**ask, messages=begin):
                assert chunk.choices, "usage was not asked for"
                yield chunk.choices[0].delta.content or ""
            return
        for event in client.responses.create(**ask, input="Hello."):
            if event.type == "response.output_text.delta":
                yield event.delta


@pytest.mark.parametrize("api", list(_PIECES))
def test_live_words_are_passed_on_as_they_come(api: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The agent holds the first words before the model has said the next ones."""
    monkeypatch.setenv("PROXY_TEST_KEY", KEY)
    heard: queue.Queue[Event] = queue.Queue()
    with odd_server.serving(Said(_PIECES[api])) as upstream, _live(upstream, heard) as proxy:
        words = []
        for piece in _said(proxy.url, api):
            words.append(piece)
            if piece:
                upstream.go_on.set()
        event = heard.get(timeout=10)
    assert ("Hi there", False) == ("".join(words), upstream.waited_in_vain)
    assert (Match.LIVE, None) == (event.match, event.step)
    assert "m answered, first token after" in event.detail


_CALL: Final = {"index": 0, "id": "call_1", "type": "function",
                "function": {"name": "look", "arguments": '{"at": 1}'}}  # fmt: skip
# What another API's answer is to an agent: words as they come, and what the vendor's client makes of all.
_ACROSS: Final[dict[str, tuple[tuple[str, str], dict[str, Any]]]] = {
    "messages": (
        ("Hi there", "tool_use"),
        {"type": "tool_use", "id": "call_1", "name": "look", "input": {"at": 1}},
    ),
    "responses": (("Hi there", "completed"), {"type": "function_call", "call_id": "call_1", "name": "look"}),
}


@pytest.mark.parametrize("api", list(_ACROSS))
def test_words_of_another_api_are_passed_on_as_they_come(api: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its text grows with the model's; the calls behind it are said at the end, and the whole is whole."""
    monkeypatch.setenv("PROXY_TEST_KEY", KEY)
    heard: queue.Queue[Event] = queue.Queue()
    pieces = (
        _chat({"role": "assistant"}, {"content": "Hi"}),
        _chat({"content": " there"}, {"tool_calls": [_CALL]}, reason="tool_calls") + _USED,
    )
    live = Live("openai:m", None, "PROXY_TEST_KEY", allow_private=True)
    found = recorded(Turn(says("Never.")))
    with odd_server.serving(Said(pieces)) as upstream:
        live = live._replace(upstream=upstream.url)
        with serving(found, to_step=0, live=live, on_event=heard.put) as proxy:
            words, whole = _final(proxy.url, api, upstream)
        assert not upstream.waited_in_vain
    assert _ACROSS[api][0] == words
    assert _ACROSS[api][1].items() <= whole.items()
    assert Match.LIVE is heard.get(timeout=10).match


def _final(url: str, api: str, upstream: OddServer) -> tuple[tuple[str, str], dict[str, Any]]:
    """Return the text, why it ended, and the last item of an answer that the vendor's client put together."""
    begin: Any = [{"role": "user", "content": "Hello."}]
    if api == "messages":
        with (
            anthropic.Anthropic(base_url=url, api_key="any") as client,
            client.messages.stream(model="m", max_tokens=9, messages=begin) as events,
        ):
            for _ in events.text_stream:
                upstream.go_on.set()
            said = events.get_final_message()
        first: Any = said.content[0]
        return (first.text, str(said.stop_reason)), said.content[-1].model_dump()
    with (
        openai.OpenAI(base_url=f"{url}/v1", api_key="any") as other,
        other.responses.stream(model="m", input="Hello.") as stream,
    ):
        for event in stream:
            if event.type == "response.output_text.delta":
                upstream.go_on.set()
        told = stream.get_final_response()
    return (told.output_text, str(told.status)), told.output[-1].model_dump()


def test_an_answer_that_breaks_off_is_an_error_and_is_tried_again_only_unheard(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Before its first words it is asked for again in silence; after them the vendor's client raises."""
    monkeypatch.setenv("PROXY_TEST_KEY", KEY)
    heard: queue.Queue[Event] = queue.Queue()
    silent, cut, good = _chat({"role": "assistant"}), _chat({"content": "Hi"}), _PIECES["chat"]
    says = map(Said, (silent, "".join(good), cut))
    with odd_server.serving(*says) as upstream, _live(upstream, heard) as proxy:
        assert "Hi there" == "".join(_said(proxy.url, "chat"))
        assert (2, Match.LIVE) == (len(upstream.seen), heard.get(timeout=10).match)
        words = _said(proxy.url, "chat")
        assert "Hi" == next(words)
        with pytest.raises(openai.APIError, match="ended without a finish reason"):
            next(words)
        assert (3, Match.REFUSED) == (len(upstream.seen), heard.get(timeout=10).match)


def test_a_key_is_not_passed_on_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Words that may be its beginning wait for the next ones; said whole, it is taken out."""
    monkeypatch.setenv("PROXY_TEST_KEY", KEY)
    told: list[str] = []

    def word(text: str) -> dict[str, Any]:
        return {"type": "content_block_delta", "delta": {"type": "text_delta", "text": text}}

    model = parse_model("anthropic:m", base_url="http://127.0.0.1:9", key_env="PROXY_TEST_KEY")
    passing = Passing(lambda event: told.append(event["delta"]["text"]), Key(model))
    for text in ("A", f"is {KEY}", KEY[:9], " no", KEY[:5], KEY[5:10]):
        passing.take(word(text), is_piece=True)
    assert ["A", "is [key]", KEY[:9], " no", KEY[:5]] == told
    with pytest.raises(ServerSaid, match="says the key back"):
        passing.take(word(KEY[10:]), is_piece=True)
    assert 5 == len(told)


def test_an_agent_that_hangs_up_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its call is broken off and counts at its worst cost, since nobody tells what it came to."""
    monkeypatch.setenv("PROXY_TEST_KEY", KEY)
    heard: queue.Queue[Event] = queue.Queue()
    with odd_server.serving(Said(_PIECES["chat"])) as upstream, _live(upstream, heard) as proxy:
        words = _said(proxy.url, "chat")
        while not next(words):
            pass
        words.close()
        event = heard.get(timeout=10)
    assert (Match.REFUSED, "hung up") == (event.match, event.detail[10:17])
