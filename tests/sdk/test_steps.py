"""Every kind of step: what it writes, in OpenTelemetry's words where there are such."""

from __future__ import annotations

import json
from typing import Any

import pytest
from opentelemetry.trace import SpanKind

import spotlight_sdk as spotlight
from spotlight.model import KINDS
from tests.sdk.conftest import Spans

APPROVED = "spotlight.approval.decision"


def attributes(spans: Spans, name: str) -> dict[str, Any]:
    """Return a span's own attributes, without whose it is."""
    return {k: v for k, v in (spans[name].attributes or {}).items() if not k.startswith("spotlight.pack")}


def test_a_tool_call_has_arguments_and_result(spans: Spans) -> None:
    """Arguments and a structured result are JSON text; a text is as it is."""
    with spotlight.tool("crm.get", {"id": "a-7"}, call_id="c1") as call:
        call.result({"owner": "Ánn"})
    with spotlight.tool("say", "plain words") as call:
        call.result("done")
    assert {
        "spotlight.kind": "tool",
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "crm.get",
        "gen_ai.tool.type": "function",
        "gen_ai.tool.call.id": "c1",
        "gen_ai.tool.call.arguments": '{"id":"a-7"}',
        "gen_ai.tool.call.result": '{"owner":"Ánn"}',
    } == attributes(spans, "execute_tool crm.get")
    said = attributes(spans, "execute_tool say")
    assert ("plain words", "done") == (said["gen_ai.tool.call.arguments"], said["gen_ai.tool.call.result"])


def test_a_generation_has_messages_usage_and_answer(spans: Spans) -> None:
    """A custom model call is a client span with everything the conventions have a key for."""
    with spotlight.generation(
        "m-1",
        provider="acme",
        system="Be brief.",
        messages=[{"role": "user", "content": "Hi"}],
        parameters={"temperature": 0.5, "seed": None, "response_format": {"type": "json"}},
    ) as call:
        call.first_token()
        call.output("Hello")
        call.usage(100, 7, cache_read_tokens=60, cache_write_tokens=0, reasoning_tokens=3)
        call.response(id="r1", model="m-1-0601", finish_reasons="stop")
    said = attributes(spans, "chat m-1")
    assert SpanKind.CLIENT == spans["chat m-1"].kind
    assert 0 < said.pop("gen_ai.response.time_to_first_chunk") < 60
    assert {
        "spotlight.kind": "llm",
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "acme",
        "gen_ai.request.model": "m-1",
        "gen_ai.request.temperature": 0.5,
        "gen_ai.request.response_format": '{"type":"json"}',
        "gen_ai.system_instructions": '[{"type":"text","content":"Be brief."}]',
        "gen_ai.input.messages": '[{"role":"user","parts":[{"type":"text","content":"Hi"}]}]',
        "gen_ai.output.messages": '[{"role":"assistant","parts":[{"type":"text","content":"Hello"}]}]',
        "gen_ai.usage.input_tokens": 100,
        "gen_ai.usage.output_tokens": 7,
        "gen_ai.usage.cache_read.input_tokens": 60,
        "gen_ai.usage.cache_write.input_tokens": 0,
        "gen_ai.usage.reasoning.output_tokens": 3,
        "gen_ai.response.id": "r1",
        "gen_ai.response.model": "m-1-0601",
        "gen_ai.response.finish_reasons": ("stop",),
    } == said


def test_usage_without_the_cache_is_made_whole(spans: Spans) -> None:
    """Input tokens that leave the cache out are summed; what was not said stays unknown."""
    with spotlight.generation("m") as call:
        call.usage(12, cache_read_tokens=15_000, cache_in_input=False)
    said = attributes(spans, "chat m")
    usage = {k.removeprefix("gen_ai.usage."): v for k, v in said.items() if "usage" in k}
    assert {"input_tokens": 15_012, "cache_read.input_tokens": 15_000} == usage


def test_chat_messages_become_parts_and_others_stay(spans: Spans) -> None:
    """OpenAI's tool calls and answers are parts; a shape that is not known is passed on as given."""
    blocks = {"role": "user", "content": [{"type": "text", "text": "as Anthropic writes it"}]}
    call_ = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}
    broken = {"id": "c2", "function": {"name": "f", "arguments": '{"a": '}}
    asked = {"role": "assistant", "content": None, "tool_calls": [call_, broken]}
    answered = {"role": "tool", "tool_call_id": "c1", "content": "2"}
    with spotlight.generation("m", messages=[blocks, asked, answered, "odd"]):
        pass
    part = {"type": "tool_call", "name": "f"}
    calls = [part | {"id": "c1", "arguments": {"a": 1}}, part | {"id": "c2", "arguments": '{"a": '}]
    response = {"type": "tool_call_response", "id": "c1", "response": "2"}
    assert [
        blocks,
        {"role": "assistant", "parts": calls},
        {"role": "tool", "parts": [response]},
        "odd",
    ] == json.loads(attributes(spans, "chat m")["gen_ai.input.messages"])


def test_a_decision_record_grows(spans: Spans) -> None:
    """What was said of a decision before and within its step is one record."""
    with spotlight.decision(decision_type="tool_call", policy_checks=["read_only_tool_allowed"]) as made:
        made.choose("The renewal date is there.", selected_tool="crm.get", input_context_refs=("msg_1",))
    spotlight.decision("Nothing to do", decision_type="stop").record()
    assert {
        "decision_type": "tool_call",
        "policy_checks": ["read_only_tool_allowed"],
        "summary": "The renewal date is there.",
        "selected_tool": "crm.get",
        "input_context_refs": ["msg_1"],
    } == json.loads(attributes(spans, "decision tool_call")["spotlight.decision"])
    assert {"decision_type": "stop", "summary": "Nothing to do"} == json.loads(
        attributes(spans, "decision stop")["spotlight.decision"]
    )


def test_memory_is_read_and_written(spans: Spans) -> None:
    """A read has its question, its records and their number; a write what was written and its state."""
    with spotlight.memory_read("facts", query="preferences") as read:
        read.records([{"id": "m1"}, {"id": "m2"}])
    with spotlight.memory_write("facts", {"likes": "tables"}, state="proposed", change="create") as write:
        write.state("accepted", record_id="m3")
    read_, written = attributes(spans, "search_memory facts"), attributes(spans, "create_memory facts")
    assert ("memory_read", "facts", "preferences", 2, '[{"id":"m1"},{"id":"m2"}]') == (
        read_["spotlight.kind"],
        read_["gen_ai.memory.store.id"],
        read_["gen_ai.memory.query.text"],
        read_["gen_ai.memory.record.count"],
        read_["gen_ai.memory.records"],
    )
    assert ("memory_write", "create_memory", "accepted", "m3", '{"likes":"tables"}') == (
        written["spotlight.kind"],
        written["gen_ai.operation.name"],
        written["spotlight.memory.state"],
        written["gen_ai.memory.record.id"],
        written["gen_ai.memory.records"],
    )


def test_an_approval_measures_the_wait(spans: Spans) -> None:
    """The wait lasts from the question, which another process may have asked, to the answer."""
    with spotlight.approval("send", tool="mail.send", call_id="c1", asked_ns=1_000_000_000) as gate:
        gate.decide("modified", by="user:ann", reason="wrong address", arguments={"to": "bob"})
    said = attributes(spans, "approval send")
    assert said["spotlight.approval.wait_ms"] > 365 * 86_400_000
    assert spans["approval send"].start_time == 1_000_000_000
    assert ("modified", "user:ann", "wrong address", '{"to":"bob"}', "c1") == (
        said[APPROVED],
        said["spotlight.approval.source"],
        said["spotlight.approval.reason"],
        said["gen_ai.tool.call.arguments"],
        said["gen_ai.tool.call.id"],
    )


@pytest.mark.parametrize(
    ("answer", "decision"),
    [(True, "approved"), (False, "denied"), ("modified", "modified"), (None, None), ("perhaps", None)],
    ids=["true", "false", "word", "none", "other"],
)
def test_an_approval_by_a_function(spans: Spans, answer: object, decision: str | None) -> None:
    """A decorated function decides by its answer; any other answer leaves the decision unknown."""
    assert answer == spotlight.approval("ask")(lambda: answer)()
    assert decision == spans.says("approval ask", APPROVED)
    assert (decision is not None) == ("spotlight.approval.wait_ms" in attributes(spans, "approval ask"))


def test_a_checkpoint_and_a_step_of_any_kind(spans: Spans) -> None:
    """A checkpoint has id, number, status and state; `step` takes any kind and any facts."""
    spotlight.checkpoint("planned", id="cp_1", step=4, status="waiting_for_tool", state={"todo": 2}).record()
    spotlight.step("kb", kind="retrieval", top_k=3).record()
    assert {
        "spotlight.kind": "checkpoint",
        "spotlight.checkpoint.name": "planned",
        "spotlight.checkpoint.id": "cp_1",
        "spotlight.checkpoint.step": 4,
        "spotlight.checkpoint.status": "waiting_for_tool",
        "spotlight.checkpoint.state": '{"todo":2}',
    } == attributes(spans, "checkpoint planned")
    assert {"spotlight.kind": "retrieval", "top_k": 3} == attributes(spans, "retrieval kb")


def test_a_score_is_an_event_of_the_current_span(spans: Spans) -> None:
    """A score stands on the span that is current, in the words of the conventions."""
    with spotlight.generation("m"):
        spotlight.score("helpful", 1, label="good", explanation="it was", annotator="human")
    [event] = spans["chat m"].events
    assert "gen_ai.evaluation.result" == event.name
    assert {
        "gen_ai.evaluation.name": "helpful",
        "gen_ai.evaluation.score.value": 1.0,
        "gen_ai.evaluation.score.label": "good",
        "gen_ai.evaluation.explanation": "it was",
        "spotlight.score.annotator": "human",
    } == dict(event.attributes or {})


def test_every_kind_is_one_that_spotlight_knows() -> None:
    """The kinds of the SDK's steps are kinds of Spotlight's table."""
    classes = [v for v in vars(spotlight).values() if isinstance(v, type) and issubclass(v, spotlight.Step)]
    assert len(classes) == 9
    assert set() == {cls.kind for cls in classes} - set(KINDS)
