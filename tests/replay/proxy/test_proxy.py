"""A user's own agent, with its vendor's client over real HTTP, is answered from a recording, then live."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import urllib.error
import urllib.request
from decimal import Decimal
from typing import Any

import anthropic
import openai
import pytest

from replay.agreement import call_key, words
from replay.model import Completeness, Grade, RecordedCall, Recording
from replay.providers import parse_model
from replay.providers.bodies import write_body
from replay.proxy.live import Live
from replay.proxy.matching import Match
from replay.proxy.report import Event
from replay.proxy.serving import Serving, serving
from replay.recording import recording
from spotlight.errors import SpotlightError
from tests.command import COMMAND, ROOT
from tests.conftest import SAMPLES, SampleLake
from tests.loading import all_runs, load
from tests.replay.providers import odd_server
from tests.replay.proxy.agents import AGENTS, KEY, RunTool

# The recorded model is an old one, and its vendor's client says so.
pytestmark = pytest.mark.filterwarnings("ignore:The model:DeprecationWarning")
MODELS = {"chat": "openai:x", "responses": "openai.responses:x", "messages": "anthropic:x"}
REFUSED = (openai.UnprocessableEntityError, anthropic.UnprocessableEntityError)
RECORDED_BY = {"chat": "openai", "responses": "openai", "messages": "anthropic"}


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Recording]:
    """Return the longest recorded run of each vendor's sample."""
    found = {}
    for vendor in ("openai", "anthropic"):
        reports = load([SAMPLES / f"{vendor}-openinference"], tmp_path_factory.mktemp(vendor))
        run = max(all_runs(reports), key=lambda row: row["generations"])
        found[vendor] = recording(reports, run["run_id"])
    return found


def _begin(found: Recording, api: str) -> dict[str, Any]:
    """Return the first request of a run in the words of an API."""
    request = found.calls[0].request
    return {"model": request.model, **write_body(parse_model(MODELS[api]), request).fields}


def _tools(found: Recording) -> RunTool:
    """Return what answers tools as recorded."""
    answers = {call_key(tool.name, tool.arguments): tool.result for tool in found.tools}

    def run(name: str, arguments: Any) -> str:
        result = answers[call_key(name, arguments)]
        return result if isinstance(result, str) else json.dumps(result)

    return run


def _last_words(found: Recording) -> str:
    response = found.calls[-1].response
    assert response is not None
    return words(response)


def _matches(proxy: Serving) -> list[tuple[str, int | None]]:
    return [(event.match.value, event.step) for event in proxy.report().events]


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("api", list(AGENTS))
def test_an_agent_goes_its_recorded_way(recordings: dict[str, Recording], api: str, stream: bool) -> None:
    """Each of its requests is the recorded one, in whichever API it asks, and so are its last words."""
    found = recordings[RECORDED_BY[api]]
    with serving(found) as proxy:
        said = AGENTS[api](proxy.url, _begin(found, api), _tools(found), stream=stream)
        report = proxy.report()
    assert [event.sentence() for event in report.inexact] == []
    assert [("exact", call.step) for call in found.calls] == _matches(proxy)
    assert _last_words(found) == said.strip()
    assert () == report.unasked
    assert len(found.calls) > 2


def test_an_agent_that_goes_on_by_id_goes_its_recorded_way(recordings: dict[str, Recording]) -> None:
    """Of OpenAI's responses, with nothing but what is new: the ids that it was given stand for the rest."""
    found = recordings["openai"]
    run_tool = _tools(found)
    with serving(found) as proxy, openai.OpenAI(base_url=proxy.openai_url, api_key=KEY) as client:
        asked = _begin(found, "responses")
        while True:
            said = client.responses.create(**asked)
            calls = [item for item in said.output if item.type == "function_call"]
            if not calls:
                break
            new = [
                {"type": "function_call_output", "call_id": call.call_id,
                 "output": run_tool(call.name, json.loads(call.arguments))}
                for call in calls
            ]  # fmt: skip
            asked |= {"input": new, "previous_response_id": said.id}
        report = proxy.report()
    assert [event.sentence() for event in report.inexact] == []
    assert _last_words(found) == said.output_text.strip()


def _ask(proxy: Serving, begin: dict[str, Any], **changed: Any) -> Any:
    with openai.OpenAI(base_url=proxy.openai_url, api_key=KEY) as client:
        return client.chat.completions.create(**begin | changed)


def test_another_question_gets_the_answer_of_its_step_and_is_reported(
    recordings: dict[str, Recording],
) -> None:
    """What differs is told field by field, in the log, the report and at /report; never in silence."""
    found = recordings["openai"]
    begin = _begin(found, "chat")
    other = [*begin["messages"][:-1], {"role": "user", "content": "Something else."}]
    heard: list[Event] = []
    with serving(found, on_event=heard.append) as proxy:
        _ask(proxy, begin, messages=other, temperature=0.25)
        _ask(proxy, begin)
        with urllib.request.urlopen(f"{proxy.url}/report") as told:
            served = json.load(told)
        report = proxy.report()
    first, second = report.events
    place = len(found.calls[0].request.messages)
    assert (Match.DIFFERS, 1) == (first.match, first.step)
    assert {f"messages[{place}]", "params"} == {difference.field for difference in first.differences}
    assert '{"temperature":0.25}' in [difference.asked for difference in first.differences]
    assert (Match.EXACT, 1, True) == (second.match, second.step, second.is_repeated)
    assert [first, second] == heard == list(report.inexact)
    assert json.loads(json.dumps(report.document())) == served
    assert [call.step for call in found.calls[1:]] == served["unasked"]


@pytest.mark.parametrize("vendor", ["openai", "anthropic"])
def test_strict_halts_at_the_first_difference_in_the_vendors_words(
    recordings: dict[str, Recording], vendor: str
) -> None:
    """The client raises its own error at once, without trying again, and nothing is answered after it."""
    found = recordings[vendor]
    api = "chat" if vendor == "openai" else "messages"
    with serving(found, is_strict=True) as proxy:
        for changed in ({"max_tokens": 7}, {}):
            with pytest.raises(REFUSED) as raised:
                AGENTS[api](proxy.url, _begin(found, api) | changed, _tools(found), stream=bool(changed))
            assert "see /report" in str(raised.value)
            assert "invalid_request_error" in str(getattr(raised.value, "body", None))
        report = proxy.report()
    assert report.is_halted
    assert [Match.REFUSED, Match.REFUSED] == [event.match for event in report.events]
    assert {"params"} == {difference.field for difference in report.events[0].differences}


def test_a_model_answers_after_the_last_step_and_never_sees_the_callers_key(
    recordings: dict[str, Recording], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Step 1 from the recording, the next one live, with the key of Spotlight's own environment."""
    found = recordings["openai"]
    monkeypatch.setenv("PROXY_TEST_KEY", "sk-of-the-upstream")
    with odd_server.serving(odd_server.Said()) as upstream:
        live = Live(upstream=upstream.url, key_env="PROXY_TEST_KEY", allow_private=True)
        with serving(found, to_step=1, live=live) as proxy:
            begin = _begin(found, "chat")
            said = AGENTS["chat"](proxy.url, begin, _tools(found), stream=True)
            report = proxy.report()
        seen = upstream.seen
    assert "Hi" == said
    assert [(Match.EXACT, 1), (Match.LIVE, None)] == [(e.match, e.step) for e in report.events]
    assert 0 < report.spent_usd < Decimal("0.1")  # the answer tells no usage: its worst cost
    assert ["Bearer sk-of-the-upstream"] == [headers["authorization"] for headers in seen]
    assert KEY not in json.dumps(seen) + json.dumps(report.document())


@pytest.mark.parametrize(
    ("live", "said"),
    [
        pytest.param(Live(), "no model was named", id="nobody"),
        pytest.param(Live(upstream="http://127.0.0.1:9"), "allow-private", id="private-address"),
        pytest.param(
            Live(upstream="http://127.0.0.1:9", allow_private=True, budget_usd=Decimal("0.000001")),
            "0.000001 USD are not enough",
            id="no-money",
        ),
    ],
)
def test_beyond_the_recording_a_request_without_a_model_is_refused(
    recordings: dict[str, Recording], live: Live, said: str
) -> None:
    """The vendor's client raises its own error with what to do; the proxy never makes an answer up."""
    found = recordings["openai"]
    with serving(found, to_step=0, live=live) as proxy:
        with pytest.raises(openai.UnprocessableEntityError, match=said):
            _ask(proxy, _begin(found, "chat"))
        assert [("refused", None)] == _matches(proxy)


def test_what_nobody_recorded_is_not_compared_and_said(recordings: dict[str, Recording]) -> None:
    """A recording without tools and parameters is never called exact; an answer not recorded is refused."""
    found = recordings["openai"]
    partial = Grade(Completeness.PARTIAL, "made so")
    bare = [
        call._replace(request=call.request._replace(tools=None, params={}), grade=partial)
        for call in found.calls
    ]
    calls: list[RecordedCall] = [bare[0], bare[1]._replace(response=None)]
    with serving(found._replace(calls=tuple(calls), grade=partial)) as proxy:
        with pytest.raises(openai.UnprocessableEntityError, match="step 2 has no recorded answer"):
            AGENTS["chat"](proxy.url, _begin(found, "chat"), _tools(found), stream=False)
        events = proxy.report().events
    assert (Match.UNCOMPARED, 1) == (events[0].match, events[0].step)
    assert {"tools", "params"} <= set(events[0].not_compared)


def test_only_agents_of_this_machine_are_answered(recordings: dict[str, Recording]) -> None:
    """A page in a browser, a name of elsewhere, a body that is none and another path get no answer."""
    body = json.dumps(_begin(recordings["openai"], "chat")).encode()
    tries: list[tuple[str, bytes, dict[str, str]]] = [
        ("/v1/chat/completions", body, {"Origin": "https://elsewhere.example"}),
        ("/v1/chat/completions", body, {"Host": "elsewhere.example"}),
        ("/v1/chat/completions", body[:-1], {}),
        ("/v1/embeddings", body, {}),
    ]
    statuses = []
    with serving(recordings["openai"]) as proxy:
        for path, sent, headers in tries:
            with pytest.raises(urllib.error.HTTPError) as raised:
                urllib.request.urlopen(urllib.request.Request(proxy.url + path, sent, headers))
            raised.value.close()
            statuses.append(raised.value.code)
        assert len(recordings["openai"].calls) == len(proxy.report().unasked)
    assert [400, 400, 400, 404] == statuses


def test_a_step_that_is_not_there_is_refused(recordings: dict[str, Recording]) -> None:
    """With the steps there are."""
    refused = pytest.raises(SpotlightError, match="its model calls are 1 to")
    with refused, serving(recordings["openai"], to_step=99):
        pass


def test_the_command_serves_until_it_is_stopped_and_then_tells(sample_lake: SampleLake) -> None:
    """Addresses first, every request as it comes, and the report at the end: exit code 1 where it halted."""
    words = ["replay", "serve", sample_lake.runs[0], "--to", "1", "--strict", "--json"]
    command = [*COMMAND, *words, "--data", str(sample_lake.data)]
    with subprocess.Popen(
        command, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stderr is not None
        address = re.search(r"ANTHROPIC_BASE_URL=(\S+)", process.stderr.readline())
        assert address is not None
        body = b'{"model": "m", "max_tokens": 1, "messages": [{"role": "user", "content": "Else."}]}'
        with pytest.raises(urllib.error.HTTPError) as raised:
            urllib.request.urlopen(urllib.request.Request(f"{address[1]}/v1/messages", body))
        raised.value.close()
        process.send_signal(signal.SIGINT)
        told, said = process.communicate(timeout=30)
    assert "request 1: refused, step 1: the request is not as recorded" in said
    assert (1, True) == (process.returncode, json.loads(told)["is_halted"])
