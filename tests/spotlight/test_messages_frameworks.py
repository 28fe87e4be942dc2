"""Messages in the words of single frameworks: Haystack's parts, PromptKit's span events, LiveKit's items."""

from __future__ import annotations

import json
from typing import Any

from spotlight.messages import Message, Text, ToolCall, ToolCallResponse, read_conversation


def read(*messages: Any, events: Any = ()) -> list[Message]:
    """Return the input of a model call whose messages or events these are."""
    payload = {"input_messages": json.dumps(messages)} if messages else {}
    return read_conversation(payload, dialect="test", events=events).input


def test_haystack_names_calls_and_results_by_their_key() -> None:
    """tool_call and tool_call_result stand within the content; the result names the call it answers."""
    call = {"tool_name": "send_email", "arguments": {"to": "sam"}, "id": "c1"}
    result = {"result": "no mailbox", "origin": call, "error": True}
    told = read(
        {"role": "user", "meta": {}, "name": None, "content": [{"text": "Email Sam."}]},
        {"role": "assistant", "meta": {}, "name": None, "content": [{"tool_call": call}]},
        {"role": "tool", "meta": {}, "name": None, "content": [{"tool_call_result": result}]},
    )
    asked, called, answered = (message.parts[0] for message in told)
    assert isinstance(asked, Text)
    assert "Email Sam." == asked.content
    assert isinstance(called, ToolCall)
    assert ("c1", "send_email", {"to": "sam"}) == (called.id, called.name, called.arguments)
    assert isinstance(answered, ToolCallResponse)
    assert ("c1", "no mailbox", True) == (answered.id, answered.response, answered.is_error)


def test_promptkits_events_are_messages() -> None:
    """Text, calls and results stand under gen_ai.message.content, gen_ai.tool_calls, gen_ai.tool_result."""
    calls = json.dumps([{"id": "c1", "name": "send_email", "args": {"to": "sam"}}])
    result = json.dumps({"id": "c1", "name": "send_email", "error": "no mailbox"})
    events = [
        {"name": f"gen_ai.{role}.message", "attributes": {"gen_ai.message.content": text, **more}}
        for role, text, more in (
            ("user", "Email Sam.", {}),
            ("assistant", "", {"gen_ai.tool_calls": calls}),
            ("tool", "", {"gen_ai.tool_result": result}),
        )
    ]
    asked, called, answered = (message.parts[-1] for message in read(events=events))
    assert isinstance(asked, Text)
    assert "Email Sam." == asked.content
    assert isinstance(called, ToolCall)
    assert ("c1", "send_email", {"to": "sam"}) == (called.id, called.name, called.arguments)
    assert isinstance(answered, ToolCallResponse)
    assert ("c1", "no mailbox", True) == (answered.id, answered.response, answered.is_error)


def test_livekits_items_are_messages() -> None:
    """A chat context lists messages, function calls and their outputs side by side."""
    told = read(
        {"type": "message", "role": "user", "content": ["Email Sam."]},
        {"type": "function_call", "call_id": "c1", "name": "send_email", "arguments": '{"to": "sam"}'},
        {"type": "function_call_output", "call_id": "c1", "output": "no mailbox", "is_error": True},
    )
    kinds = [(message.role, [part.type for part in message.parts]) for message in told]
    assert [("user", ["text"]), ("assistant", ["tool_call"]), ("tool", ["tool_call_response"])] == kinds
