"""Requests that go on from an earlier response by its id are made whole where all of it is recorded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from replay.model import Request, Response
from replay.recording import recording
from replay.recording_chains import Link, unchained
from spotlight.messages import Message, Text
from tests.loading import all_runs, load

_BEGIN_NS = 1_790_000_000_000_000_000


def _said(role: str, text: str) -> Message:
    return Message(role, (Text(text),))


def _link(number: int, before: str | None, *, is_whole: bool = True) -> Link:
    extra = {"previous_response_id": before, "store": True} if before else {"store": True}
    request = Request("openai", "responses", "m", (), (_said("user", f"q{number}"),), (), extra=extra)
    answer = Response((_said("assistant", f"a{number}"),), "completed", response_id=f"r{number}")
    return Link(request, answer, is_whole)


def _words(request: Request) -> str:
    return " ".join(part.content for m in request.messages for part in m.parts if isinstance(part, Text))


def test_a_chain_is_followed_to_its_beginning() -> None:
    """In the run or another one; a link that is not whole leaves all that go on from it as they were sent."""
    links = [_link(1, None), _link(2, "r1"), _link(3, "r2"), _link(4, "r2"), _link(5, "elsewhere")]
    other = (_said("user", "q0"), _said("assistant", "a0"))
    made = unchained(links, {"elsewhere": other}.get)
    assert ["q1", "q1 a1 q2", "q1 a1 q2 a2 q3", "q1 a1 q2 a2 q4", "q0 a0 q5"] == [
        _words(each.request) for each in made
    ]
    assert {"store": True} == made[2].request.extra
    cut = unchained([_link(1, None, is_whole=False), _link(2, "r1"), _link(3, "r2")], {}.get)
    assert ["q1", "q2", "q3"] == [_words(each.request) for each in cut]
    assert "goes on from response r2, which is not recorded whole" in cut[2].note


def _span(number: int, before: str | None) -> dict[str, Any]:
    """Return a call of OpenAI's responses as OpenInference tells it: its bodies, as sent."""
    body = {"model": "gpt-5-mini", "input": f"q{number}", "previous_response_id": before, "temperature": 0}
    item = {"id": "i", "type": "message", "role": "assistant", "status": "completed",
            "content": [{"type": "output_text", "text": f"a{number}", "annotations": []}]}  # fmt: skip
    answer = {"id": f"resp_{number}", "object": "response", "model": "gpt-5-mini", "status": "completed",
              "output": [item]}  # fmt: skip
    told = {
        "openinference.span.kind": "LLM", "llm.model_name": "gpt-5-mini", "llm.provider": "openai",
        "session.id": "s1", "input.value": json.dumps(body), "input.mime_type": "application/json",
        "output.value": json.dumps(answer), "output.mime_type": "application/json",
        "llm.input_messages.0.message.role": "user", "llm.input_messages.0.message.content": f"q{number}",
        "llm.output_messages.0.message.role": "assistant",
        "llm.output_messages.0.message.content": f"a{number}",
    }  # fmt: skip
    begin = _BEGIN_NS + number * 10**9
    return {
        "traceId": f"{number:032x}", "spanId": f"{number:016x}", "name": "Response", "kind": 1,
        "startTimeUnixNano": str(begin), "endTimeUnixNano": str(begin + 10**8),
        "attributes": [{"key": name, "value": {"stringValue": text}} for name, text in told.items()],
    }  # fmt: skip


def test_turns_of_a_conversation_go_on_from_other_runs(tmp_path: Path) -> None:
    """Each turn is a run of its own; one whose chain leads out of the lake stays partial, with the reason."""
    spans = [_span(1, None), _span(2, "resp_1"), _span(3, "resp_2"), _span(4, "resp_lost")]
    scope = {"scope": {"name": "openinference.instrumentation.openai"}, "spans": spans}
    sent = {"resourceSpans": [{"resource": {"attributes": []}, "scopeSpans": [scope]}]}
    (tmp_path / "turns.json").write_text(json.dumps(sent))
    reports = load([tmp_path / "turns.json"], tmp_path / "data")
    found = [recording(reports, run["run_id"]) for run in all_runs(reports)]
    assert ["q1", "q1 a1 q2", "q1 a1 q2 a2 q3", "q4"] == [_words(each.calls[0].request) for each in found]
    assert ["exact", "semantic", "semantic", "partial"] == [each.grade.level.value for each in found]
    assert "it goes on from response resp_lost, which is not recorded whole" in found[3].notes[0]
    assert "response resp_2, was put before" in found[2].notes[0]
