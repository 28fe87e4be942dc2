"""A span's columns, attributes, events and logs become one conversation: each thing is told once."""

from __future__ import annotations

import json
from typing import Any

import pytest

from spotlight.messages import Conversation, Message, Text, ToolCall, ToolCallResponse, read_conversation

ASK, SAY = "Prepare the renewal.", "I'll look up the account first."
IN = [{"role": "user", "parts": [{"type": "text", "content": ASK}]}]
OUT = [{"role": "assistant", "parts": [{"type": "text", "content": SAY}], "finish_reason": "stop"}]
QUESTION, ANSWER = Message("user", (Text(ASK),)), Message("assistant", (Text(SAY),), None, "stop")


def read(payload: dict[str, Any] | None = None, **sources: Any) -> Conversation:
    """Return the conversation of columns given as text or as JSON."""
    columns = {k: v if isinstance(v, str) else json.dumps(v) for k, v in (payload or {}).items()}
    return read_conversation(columns, dialect="test", **sources)


def test_nothing_is_absent() -> None:
    """A span without content is absent; one with content that is whole is full."""
    assert "absent" == read({"input_messages": ""}).state
    assert "full" == read({"input_messages": IN}).state


def test_details_event_fills_gaps_and_repeats_nothing() -> None:
    """Structured content of a log record fills what attributes left open, and repeats nothing."""
    record = {
        "event_name": "gen_ai.client.inference.operation.details",
        "body": None,
        "attributes": {
            "gen_ai.input.messages": IN,
            "gen_ai.output.messages": OUT,
            "gen_ai.system_instructions": [{"type": "text", "content": "Be brief."}],
            "gen_ai.tool.definitions": [{"type": "function", "name": "f", "parameters": {"type": "object"}}],
        },
    }
    alone = read(logs=[record])
    both = read({"input_messages": IN, "output_messages": OUT}, logs=[record, record])
    assert ([Text("Be brief.")], [QUESTION], [ANSWER]) == alone[:3]
    assert ["f"] == [t.name for t in alone.tools]
    assert alone == both


def test_log_bodies_of_old_conventions() -> None:
    """gen_ai.*.message records carry the message in their body, gen_ai.choice the answer."""
    logs = [
        {"event_name": "gen_ai.system.message", "body": {"content": "Be brief."}, "attributes": {}},
        {"event_name": "", "body": {"content": ASK}, "attributes": {"event.name": "gen_ai.user.message"}},
        {
            "event_name": "gen_ai.choice",
            "body": {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": SAY}},
            "attributes": {"gen_ai.system": "openai"},
        },
    ]
    found = read(logs=logs)
    assert [("system", "Be brief."), ("user", ASK)] == [(m.role, m.parts[0].content) for m in found.input]  # type: ignore[union-attr]
    assert [ANSWER] == [m._replace(extra={}) for m in found.output]


def test_content_events_of_the_oldest_conventions() -> None:
    """gen_ai.content.prompt and .completion hold JSON in one attribute of a span event."""
    events = [
        {
            "name": "gen_ai.content.prompt",
            "attributes": {"gen_ai.prompt": json.dumps([{"role": "user", "content": ASK}])},
        },
        {
            "name": "gen_ai.content.completion",
            "attributes": {"gen_ai.completion": json.dumps([{"role": "assistant", "content": SAY}])},
        },
    ]
    assert ([QUESTION], [ANSWER._replace(finish_reason=None)]) == read(events=events)[1:3]


def test_strands_tool_span() -> None:
    """Strands tells a tool span's arguments as a tool message and its result as a choice of the same id."""
    events = [
        {
            "name": "gen_ai.tool.message",
            "attributes": {"role": "tool", "content": '{"account_id": "ACME-42"}', "id": "c1"},
        },
        {
            "name": "gen_ai.choice",
            "attributes": {"message": '[{"text": "SMTP 550"}]', "id": "c1", "tool.status": "error"},
        },
    ]
    found = read(events=events)
    assert (ToolCall("c1", "", {"account_id": "ACME-42"}),) == found.input[0].parts
    assert ("tool", (ToolCallResponse("c1", "SMTP 550", None, True),)) == found.output[0][:2]


def test_tool_columns_become_a_call_and_its_answer() -> None:
    """A tool span's arguments and result are a call of the assistant's and an answer of the tool's."""
    found = read(
        {"tool_arguments": {"q": 1}, "tool_result": "none found"},
        attributes={"gen_ai.tool.name": "search", "gen_ai.tool.call.id": "c1"},
    )
    assert [Message("assistant", (ToolCall("c1", "search", {"q": 1}),))] == found.input
    assert [Message("tool", (ToolCallResponse("c1", "none found", "search"),))] == found.output


def test_history_and_answer_are_told_once() -> None:
    """A history that ends with the answer, and an answer that repeats the history, lose the repetition."""
    chat = [{"role": "user", "content": ASK}, {"role": "assistant", "content": SAY}]
    with_answer = read({"input_messages": chat, "output_messages": SAY})
    with_history = read({"input_messages": chat[:1], "output_value": {"messages": chat}})
    assert (1, 1) == (len(with_answer.input), len(with_answer.output))
    assert (1, 1) == (len(with_history.input), len(with_history.output))


def test_calls_that_an_answer_leaves_out_are_added() -> None:
    """LiteLLM's answer has words alone; its calls stand in indexed attributes."""
    key = "gen_ai.completion.0.function_call"
    attributes = {f"{key}.name": "find", f"{key}.arguments": '{"q": 1}'}
    found = read({"output_messages": OUT}, attributes=attributes)
    (message,) = found.output
    assert (Text(SAY), ToolCall(None, "find", {"q": 1})) == message.parts


def test_an_answer_with_its_reason_is_one_message() -> None:
    """Genkit's output holds the message, why it ended and the usage."""
    output = {"message": {"role": "model", "content": [{"text": "hi"}]}, "finishReason": "stop", "usage": {}}
    found = read_conversation({"output_messages": json.dumps(output)}, dialect="genkit")
    assert [("assistant", (Text("hi"),), "stop")] == [
        (m.role, m.parts, m.finish_reason) for m in found.output
    ]


def test_whole_requests_and_responses() -> None:
    """Bodies of requests and responses give system, messages, answer and tools."""
    request = {
        "model": "claude",
        "system": [{"type": "text", "text": "Be brief."}],
        "messages": [{"role": "user", "content": ASK}],
        "tools": [{"name": "f", "input_schema": {"type": "object"}}],
    }
    response = {
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": SAY}}]
    }
    found = read({"input_value": request, "output_value": response})
    assert [Text("Be brief.")] == found.system
    assert [QUESTION, ANSWER] == [m._replace(extra={}) for m in (*found.input, *found.output)]
    assert [("f", {"type": "object"})] == [(t.name, t.parameters) for t in found.tools]


@pytest.mark.parametrize("limit", [40, 47, 60, 75, 90])
def test_cut_json_is_read_to_the_cut(limit: int) -> None:
    """An attribute length limit leaves broken JSON: what stands before the cut is read, and marked."""
    text = json.dumps([{"role": "user", "content": ASK}, {"role": "assistant", "content": SAY}])[:limit]
    found = read({"input_messages": text})
    said = found.input[0].parts[0]
    assert "truncated" == found.state
    assert isinstance(said, Text)
    assert ASK.startswith(said.content)


def test_cut_marks_and_flags() -> None:
    """Gemini CLI's mark and Claude Code's flag say that content was cut."""
    marked = '[{"role":"user","parts":[{"text":"Prepare...[TRUNCATED: original length 12000]'
    assert "truncated" == read({"input_messages": marked}).state
    assert "truncated" == read({"input_messages": IN}, attributes={"new_context_truncated": "true"}).state
    assert "full" == read({"input_messages": IN}, attributes={"new_context_truncated": "false"}).state


def test_missing_first_messages_are_noticed() -> None:
    """Where a client dropped the oldest attributes, the first messages are missing and the state says so."""
    flat = {
        f"llm.input_messages.{i}.message.{k}": v
        for i in (7, 8)
        for k, v in (("role", "user"), ("content", ASK))
    }
    found = read({"input_messages": flat})
    assert ("truncated", 2) == (found.state, len(found.input))
    assert ["llm.input_messages: 7 of 9 messages are missing (first: 0)"] == list(found.notes)


@pytest.mark.parametrize("mark", ["<REDACTED>", "[REDACTED]", "__REDACTED__", "[Scrubbed due to 'session']"])
def test_redaction_marks(mark: str) -> None:
    """A part that is nothing but a redaction mark makes the state redacted; a mention of one does not."""
    assert "redacted" == read({"input_messages": [{"role": "user", "content": mark}]}).state
    assert "full" == read({"input_messages": [{"role": "user", "content": f"what is {mark}?"}]}).state


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (
            [{"type": "function", "function": {"name": "f", "description": "d", "parameters": {"a": 1}}}],
            ("f", "d", {"a": 1}),
        ),
        (['{"type":"function","name":"f","description":"d","inputSchema":{"a":1}}'], ("f", "d", {"a": 1})),
        (
            [{"functionDeclarations": [{"name": "f", "parametersJsonSchema": {"a": 1}}]}],
            ("f", None, {"a": 1}),
        ),
        ([{"toolSpec": {"name": "f", "inputSchema": {"json": {"a": 1}}}}], ("f", None, {"a": 1})),
        ({"llm.tools.0.tool.json_schema": '{"name": "f", "input_schema": {"a": 1}}'}, ("f", None, {"a": 1})),
        (
            {"llm.request.functions.0.name": "f", "llm.request.functions.0.parameters": '{"a": 1}'},
            ("f", None, {"a": 1}),
        ),
        (["f"], ("f", None, None)),
        ([{"googleSearch": {}}], ("googleSearch", None, None)),
    ],
)
def test_tool_definitions(raw: Any, expected: tuple[str, str | None, Any]) -> None:
    """Tool definitions of every provider give name, description and schema."""
    assert [expected] == [t[:3] for t in read({"tool_definitions": raw}).tools]
