"""Canonical messages go back into every provider's form, and are read again the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from spotlight.messages import (
    Blob,
    Message,
    Reasoning,
    Text,
    ToolCall,
    ToolCallResponse,
    ToolDefinition,
    Uri,
    Written,
    read_conversation,
    read_messages,
    to_anthropic,
    to_gemini,
    to_openai,
    to_otel,
    to_responses,
)
from spotlight.messages.values import dump

SYSTEM = [Text("You are a renewal assistant.")]
TOOLS = [
    ToolDefinition("crm_get_account", "Get an account.", {"type": "object", "properties": {}}, "function", {})
]
CHAT = [
    Message("user", (Text("Prepare the renewal."), Blob("image/png", "image", "aGk="))),
    Message(
        "assistant",
        (
            Text("I'll look up the account and the documents."),
            ToolCall("c1", "crm_get_account", {"account_id": "ACME-42"}),
            ToolCall("c2", "search_docs", {"query": "terms"}),
        ),
    ),
    Message("tool", (ToolCallResponse("c1", '{"plan": "enterprise"}'), ToolCallResponse("c2", "SMTP 550"))),
    Message("assistant", (Text("Done."),)),
]
WRITERS: dict[str, Callable[..., Written]] = {
    "openai": to_openai,
    "anthropic": to_anthropic,
    "gemini": to_gemini,
    "otel": to_otel,
    "responses": to_responses,
}


def said(messages: list[Message]) -> list[tuple[str, list[Any]]]:
    """Return roles and parts, answers one by one, without names and without Gemini's wrapping."""
    told: list[tuple[str, list[Any]]] = []
    for message in messages:
        for part in message.parts:
            if isinstance(part, ToolCallResponse):
                inner = part.response
                inner = inner["result"] if isinstance(inner, dict) and inner.keys() == {"result"} else inner
                told.append((message.role, [part.id, inner]))
        others = [p for p in message.parts if not isinstance(p, ToolCallResponse)]
        if others:
            told.append((message.role, others))
    return told


@pytest.mark.parametrize("form", WRITERS)
def test_round_trip(form: str) -> None:
    """System, text, an image, two calls and their answers come back from every form without a loss."""
    body, notes = WRITERS[form](CHAT, system=SYSTEM, tools=TOOLS)
    found = read_conversation({"input_messages": dump(body)}, dialect="test")
    head = [p for m in found.input if m.role == "system" for p in m.parts] or found.system
    assert () == notes
    assert SYSTEM == [p for p in head if isinstance(p, Text)][:1]
    assert said(CHAT) == said([m for m in found.input if m.role != "system"])
    if form != "otel":
        assert ["crm_get_account"] == [t.name for t in found.tools]


def test_otel_keeps_everything() -> None:
    """The OTel form is the canonical one: reading what was written gives the very messages."""
    chat = [Message("assistant", (Reasoning("hm", "sig"), Text("Done.")), "bot", "stop"), *CHAT]
    assert chat == read_messages(to_otel(chat).body["messages"])


def test_openai_notes_what_it_cannot_carry() -> None:
    """Reasoning is left out of OpenAI chat messages, and the caller is told."""
    written = to_openai([Message("assistant", (Reasoning("hm"), Text("Done.")))])
    assert {"role": "assistant", "content": "Done."} == written.body["messages"][0]
    assert ("OpenAI chat messages carry no reasoning: left out",) == written.notes


def test_openai_answers_are_messages_of_their_own() -> None:
    """Each answer of a tool is one OpenAI message, the arguments of a call are JSON text."""
    roles = [m["role"] for m in to_openai(CHAT).body["messages"]]
    assert ["user", "assistant", "tool", "tool", "assistant"] == roles
    call = to_openai(CHAT).body["messages"][1]["tool_calls"][0]
    assert '{"account_id":"ACME-42"}' == call["function"]["arguments"]


def test_anthropic_roles_alternate_and_signatures_count() -> None:
    """Neighbours of one role are joined; thoughts go back only with their signature."""
    chat = [
        *CHAT[:3],
        Message("user", (Text("And?"),)),
        Message("assistant", (Reasoning("a"), Reasoning("b", "s"))),
    ]
    written = to_anthropic(chat)
    assert ["user", "assistant", "user", "assistant"] == [m["role"] for m in written.body["messages"]]
    assert [{"type": "thinking", "thinking": "b", "signature": "s"}] == written.body["messages"][3]["content"]
    assert ("reasoning without a signature is left out: the API would refuse it",) == written.notes


def test_gemini_answers_carry_the_name_of_their_call() -> None:
    """Gemini wants the function's name with every answer: it is taken from the call."""
    parts = to_gemini(CHAT).body["contents"][2]["parts"]
    assert ["crm_get_account", "search_docs"] == [p["functionResponse"]["name"] for p in parts]


def test_gemini_signatures_survive() -> None:
    """Thought signatures go back where they came from."""
    contents = [
        {
            "role": "model",
            "parts": [
                {"text": "hm", "thought": True, "thoughtSignature": "s1"},
                {"functionCall": {"name": "f", "args": {}}, "thoughtSignature": "s2"},
            ],
        }
    ]
    assert contents == to_gemini(read_messages({"contents": contents})).body["contents"]


def test_arguments_that_are_no_object() -> None:
    """A call whose arguments are no JSON object is wrapped for providers that insist on one, with a note."""
    chat = [Message("assistant", (ToolCall("c", "f", "{broken"),))]
    assert {"value": "{broken"} == to_anthropic(chat).body["messages"][0]["content"][0]["input"]
    assert ("arguments that are no object were wrapped as {'value': ...}",) == to_gemini(chat).notes
    assert "{broken" == to_openai(chat).body["messages"][0]["tool_calls"][0]["function"]["arguments"]


def test_a_part_without_a_place_becomes_text() -> None:
    """What a provider has no part for is written as text, and the caller is told."""
    written = to_openai([Message("user", (Uri(None, "video", "https://x/y.mp4"),))])
    assert "https://x/y.mp4" in written.body["messages"][0]["content"]
    assert ("OpenAI has no part like uri: written as text",) == written.notes
