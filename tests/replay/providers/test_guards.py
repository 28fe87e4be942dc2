"""Keys stay with their origin, and addresses of private networks are not asked by accident."""

from __future__ import annotations

import asyncio
import logging
import socket
import traceback
from typing import Any

import pytest

from replay.providers import Answer, Model, Outcome, ask, open_pool, parse_model
from replay.providers.addresses import check_address
from spotlight.errors import ModelRefused
from tests.replay.providers.calls import FAST, PROVIDERS, QUESTION, asked
from tests.replay.providers.odd_server import GOOD, STREAM, Said, serving

KEY = "sk-very-secret-0123456789"
OTHERS = {
    "OPENAI_API_KEY": "sk-of-openai", "ANTHROPIC_API_KEY": "sk-of-anthropic",
    "GEMINI_API_KEY": "sk-of-gemini", "ANTHROPIC_AUTH_TOKEN": "token-of-anthropic",
    "ANTHROPIC_CUSTOM_HEADERS": "x-mine: sk-in-a-header",
    "OPENAI_ORG_ID": "org-of-mine", "OPENAI_PROJECT_ID": "project-of-mine",
    "HTTP_PROXY": "http://127.0.0.1:9", "ALL_PROXY": "http://127.0.0.1:9",
}  # fmt: skip
KEY_HEADERS = {
    "chat": ("authorization", f"Bearer {KEY}"), "responses": ("authorization", f"Bearer {KEY}"),
    "messages": ("x-api-key", KEY), "generate": ("x-goog-api-key", KEY),
}  # fmt: skip
PATHS = {"chat": "/v1", "responses": "/v1", "messages": "", "generate": "/v1beta"}


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set a key of our own, and all that clients read from the environment by themselves."""
    for name, value in OTHERS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("MY_KEY", KEY)


def model_at(url: str, api: Any = "chat", key_env: str | None = "MY_KEY") -> Model:
    """Return a model of the odd server."""
    return Model(PROVIDERS[api], "m", url + PATHS[api], api, key_env)


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize("api", KEY_HEADERS)
@pytest.mark.parametrize("key_env", ["MY_KEY", None], ids=["own key", "no key"])
def test_no_other_key_is_sent(api: str, key_env: str | None) -> None:
    """The named key leaves in its header, without one none does; nothing else of the environment does."""
    with serving(Said("nothing", 400, {})) as server:
        asked(model_at(server.url, api, key_env))
    sent = server.seen[0]
    name, value = KEY_HEADERS[api]
    assert (value if key_env else None) == sent.get(name)
    told = str(sent)
    assert not [secret for secret in OTHERS.values() if secret.rpartition(": ")[2] in told]
    assert (1 if key_env else 0) == told.count(KEY)


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(status: int) -> None:
    """A server that points elsewhere gets no second request, nor does whom it points at."""
    with serving(Said()) as other:
        there = {"location": f"{other.url}/v1/chat/completions"}
        with serving(Said("", status, there)) as server:
            answer = asked(model_at(server.url))
    assert [] == other.seen
    assert 1 == len(server.seen)
    assert [Outcome.REFUSED] == [attempt.outcome for attempt in answer.attempts]
    assert f"the server redirects to {other.url}: not followed" in (answer.response.error or "")


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize("api", KEY_HEADERS)
def test_keys_are_never_said(api: str, caplog: pytest.LogCaptureFixture) -> None:
    """A server that says the key back in its error does not get it into answers, logs or reprs."""
    caplog.set_level(logging.DEBUG)
    error = f'{{"error": {{"message": "bad key {KEY}", "code": 401, "status": "{KEY}"}}}}'
    with serving(Said(error, 401, {"content-type": "application/json", "x-request-id": "r1"})) as server:
        answer = asked(model_at(server.url, api))
    assert "bad key [key]" in (answer.response.error or "")
    assert KEY not in repr(answer)
    assert KEY not in caplog.text
    assert "r1" == answer.attempts[0].request_id


@pytest.mark.usefixtures("keys")
def test_keys_are_taken_out_of_answers() -> None:
    """Neither words nor names in which a server hides the key bring it into the answer or its notes."""
    body = GOOD.replace("Hi", f"Your key is {KEY}").replace('"m"', f'"{KEY}"')
    with serving(Said(body, 200, {**STREAM, "x-request-id": KEY})) as server:
        answer = asked(model_at(server.url))
    assert KEY not in repr(answer)
    assert ("m was asked, [key] answered",) == answer.notes


def test_a_word_in_place_of_a_key_leaves_answers_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers of one's own are given `test` or `x`: what they answer may hold that, and stays as it is."""
    monkeypatch.setenv("MY_KEY", "test")
    with serving(Said(GOOD.replace("Hi", "A test"), 200, STREAM)) as server:
        answer = asked(model_at(server.url))
    assert "A test" in repr(answer.response.messages)


def test_a_key_that_is_none_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key with a line break or letters beyond ASCII is refused by the name of its variable alone."""
    for value in ("sk-bad\nkey", "sk-schlüssel"):
        monkeypatch.setenv("MY_KEY", value)
        with pytest.raises(ModelRefused, match="MY_KEY holds no key") as refused:
            asked(model_at("http://127.0.0.1:9"))
        chain = "".join(traceback.format_exception(refused.value))
        assert "sk-bad" not in chain
        assert "schlüssel" not in chain


def test_a_missing_key_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without its key a model is not asked; the error names the variable."""
    monkeypatch.delenv("MY_KEY", raising=False)
    with pytest.raises(ModelRefused, match="MY_KEY is not set"):
        asked(model_at("http://127.0.0.1:9"))


def test_private_addresses_are_refused() -> None:
    """A model at this machine is only asked where that is allowed, and nothing reaches it before."""
    with serving(Said()) as server:
        with pytest.raises(ModelRefused, match=r"127\.0\.0\.1") as refused:
            asked(model_at(server.url, key_env=None), allow_private=False)
        assert "--allow-private-address" in refused.value.hint
        assert [] == server.seen
        assert asked(model_at(server.url, key_env=None)).is_complete


ADDRESSES = {
    "8.8.8.8": True, "2606:4700::6810:1": True, "127.0.0.1": False, "10.1.2.3": False, "192.168.1.1": False,
    "169.254.1.1": False, "100.64.0.1": False, "0.0.0.0": False, "224.0.0.1": False, "::1": False,
    "fe80::1%eth0": False, "fc00::1": False, "::ffff:127.0.0.1": False, "64:ff9b::7f00:1": False,
    "2002:7f00:1::": False, "::ffff:8.8.8.8": True,
}  # fmt: skip


@pytest.mark.parametrize("address", ADDRESSES)
def test_which_addresses_are_public(address: str) -> None:
    """Private, loopback, link-local and multicast addresses are told apart, in whichever dress they come."""
    check_address(address, "host", allow_private=True)
    if ADDRESSES[address]:
        check_address(address, "host", allow_private=False)
    else:
        with pytest.raises(ModelRefused):
            check_address(address, "host", allow_private=False)


@pytest.mark.parametrize("address", ["169.254.169.254", "::ffff:169.254.169.254", "fd00:ec2::254"])
def test_metadata_addresses_are_never_asked(address: str) -> None:
    """Where a cloud keeps credentials no model lives: not even `allow_private` opens it."""
    with pytest.raises(ModelRefused, match="credentials"):
        check_address(address, "host", allow_private=True)


def test_no_key_goes_out_in_clear() -> None:
    """A key is not sent unencrypted to an address that is not private."""
    with pytest.raises(ModelRefused, match="unencrypted"):
        check_address("8.8.8.8", "host", allow_private=True, is_key_in_clear=True)
    check_address("10.0.0.1", "host", allow_private=True, is_key_in_clear=True)


def test_a_name_is_looked_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that turns private after its check leads nowhere: the checked address is connected to."""
    looked_up: list[str] = []
    real = socket.getaddrinfo

    def rebinding(host: Any, *rest: Any, **more: Any) -> Any:
        looked_up.append(str(host))
        return real("127.0.0.1" if host == "rebinding.test" else host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    with serving(Said()) as server:
        url = server.url.replace("127.0.0.1", "rebinding.test")
        assert asked(model_at(url, key_env=None)).is_complete
        assert ["rebinding.test"] == [host for host in looked_up if host == "rebinding.test"]
        assert 1 == len(server.seen)
        with pytest.raises(ModelRefused, match=r"rebinding\.test is 127\.0\.0\.1"):
            asked(model_at(url, key_env=None), allow_private=False)


BODIES: dict[str, tuple[Said, Outcome]] = {
    "a page": (Said("<html>", 200, {"content-type": "text/html"}), Outcome.MALFORMED),
    "one JSON object": (
        Said('{"choices": []}', 200, {"content-type": "application/json"}),
        Outcome.MALFORMED,
    ),
    "nothing": (Said(""), Outcome.INCOMPLETE),
    "a list": (Said("data: [1, 2]\n\n"), Outcome.MALFORMED),
    "choices that are none": (Said('data: {"choices": [7]}\n\n'), Outcome.MALFORMED),
    "no UTF-8": (Said(b'data: {"x": "\xff\xfe"}\n\n'), Outcome.MALFORMED),
    "an error in the stream": (Said('data: {"error": {"message": "boom"}}\n\n'), Outcome.SERVER_ERROR),
    "an end that is cut": (Said(GOOD.rstrip()), Outcome.INCOMPLETE),
    "a wrong length": (Said(GOOD, 200, {**STREAM, "content-length": "9999"}), Outcome.DISCONNECTED),
    "bad compression": (Said(GOOD, 200, {**STREAM, "content-encoding": "gzip"}), Outcome.MALFORMED),
}


@pytest.mark.parametrize("body", BODIES)
def test_odd_bodies_are_no_answers(body: str) -> None:
    """What is no whole stream of chunks is told apart, asked again, and never taken for an answer."""
    said, outcome = BODIES[body]
    with serving(said, Said()) as server:
        answer = asked(model_at(server.url, key_env=None))
    assert [outcome, Outcome.ANSWERED] == [attempt.outcome for attempt in answer.attempts]
    assert answer.is_complete


def test_text_is_not_broken_at_odd_characters() -> None:
    """Line separators of Unicode within JSON text are part of the text."""
    words = "a\u2028b\u2029c\x85d"
    with serving(Said(GOOD.replace("Hi", words))) as server:
        answer = asked(model_at(server.url, key_env=None))
    assert words == answer.response.messages[0].parts[0].content  # type: ignore[union-attr]


def test_nobody_there_is_told() -> None:
    """A server that is not there is tried as often as allowed, and the error says so."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    answer = asked(model_at(f"http://127.0.0.1:{port}", key_env=None), limits=FAST._replace(attempts=2))
    assert [Outcome.UNREACHED] * 2 == [attempt.outcome for attempt in answer.attempts]
    assert "unreached after 2 attempts" in (answer.response.error or "")


def test_a_call_can_be_cancelled() -> None:
    """A cancelled call gives its place in the lane back, and the next one is answered."""

    async def calls(model: Model) -> tuple[int, Answer]:
        limits = FAST._replace(in_flight=1, most_in_flight=1)
        async with open_pool(None, limits=limits, allow_private=True) as pool:
            waiting = [asyncio.ensure_future(ask(pool, model, QUESTION)) for _ in range(3)]
            await asyncio.sleep(0)
            for call in waiting:
                call.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
            answer = await ask(pool, model, QUESTION)
            return pool.lane(model).running, answer

    with serving(Said()) as server:
        running, answer = asyncio.run(calls(model_at(server.url, key_env=None)))
    assert 0 == running
    assert answer.is_complete


def test_keys_belong_to_their_provider() -> None:
    """A provider's key is named for its own address alone; elsewhere it must be said."""
    named = {
        text: parse_model(text, base_url=url, key_env=env).key_env
        for text, url, env in (
            ("openai:gpt-5", None, None),
            ("openai:gpt-5-mini", "https://api.openai.com/v1/", None),
            ("openai:gpt-5-nano", "https://api.openai.com.evil.test/v1", None),
            ("openai:o3", "http://api.openai.com/v1", None),
            ("openai:local", "http://localhost:8000/v1", "OPENAI_API_KEY"),
            ("ollama:llama3:8b", None, None),
        )
    }
    assert {
        "openai:gpt-5": "OPENAI_API_KEY",
        "openai:gpt-5-mini": "OPENAI_API_KEY",
        "openai:gpt-5-nano": None,
        "openai:o3": None,
        "openai:local": "OPENAI_API_KEY",
        "ollama:llama3:8b": None,
    } == named


def test_models_are_read_from_their_words() -> None:
    """Provider and name are told apart at the first colon; the wire form may be said with the provider."""
    assert ("local", "llama3:8b", "http://localhost:11434/v1", "chat", None) == parse_model(
        "ollama:llama3:8b"
    )
    assert "responses" == parse_model("openai.responses:gpt-5").api
    assert parse_model("recorded").is_recorded
    for text in ("gpt-5", "nobody:gpt-5", "openai:", "azure:gpt-5"):
        with pytest.raises(ModelRefused, match="no model is known by"):
            parse_model(text)
    for url in (
        "ftp://x/v1",
        "localhost:8000",
        "http://me:secret@host/v1",
        "http://[::1",
        "http://h:port/v1",
        "http://h/v1?key=secret",
        "http://h/v1#secret",
    ):
        with pytest.raises(ModelRefused, match="no address of a model") as refused:
            parse_model("openai:x", base_url=url)
        assert "secret" not in str(refused.value)
