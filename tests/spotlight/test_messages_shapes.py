"""One test per wire shape: values as recorded from real clients, cut to what matters."""

from __future__ import annotations

import json
from typing import Any

import pytest

from spotlight.messages import (
    Blob,
    Compaction,
    File,
    Generic,
    Message,
    Reasoning,
    ServerToolCall,
    ServerToolCallResponse,
    Text,
    ToolCall,
    ToolCallResponse,
    Uri,
    part_json,
    read_messages,
)

ASK = "Prepare the renewal for account ACME-42 and email the owner."
SAY = "I'll look up the account first."
CALL = ToolCall("call_ACME42_1", "crm_get_account", {"account_id": "ACME-42"})
ANSWER = '{"account_id": "ACME-42", "plan": "enterprise"}'
ARGUMENTS = '{"account_id":"ACME-42"}'
OPENAI_CALL = {
    "id": "call_ACME42_1",
    "type": "function",
    "function": {"name": "crm_get_account", "arguments": ARGUMENTS},
}

# Every shape tells the same four steps: the question, words with a call, the answer of the tool.
TOLD = [("user", ASK, None, None), ("assistant", SAY, CALL, None), ("tool", "", None, ANSWER)]

SHAPES: dict[str, Any] = {
    "otel": [
        {"role": "user", "parts": [{"content": ASK, "type": "text"}]},
        {"role": "assistant", "parts": [{"type": "text", "content": SAY}, part_json(CALL)]},
        {
            "role": "tool",
            "parts": [{"type": "tool_call_response", "id": "call_ACME42_1", "response": ANSWER}],
        },
    ],
    "genkit": [
        {"role": "user", "content": [{"text": ASK}]},
        {
            "role": "model",
            "content": [
                {"text": SAY},
                {"toolRequest": {"name": CALL.name, "ref": CALL.id, "input": CALL.arguments}},
            ],
        },
        {
            "role": "tool",
            "content": [{"toolResponse": {"name": CALL.name, "ref": CALL.id, "output": ANSWER}}],
        },
    ],
    "pydantic-ai": [
        {"role": "user", "parts": [{"type": "text", "content": ASK}]},
        {
            "role": "assistant",
            "parts": [
                {"type": "text", "content": SAY},
                {
                    "type": "tool_call",
                    "id": "call_ACME42_1",
                    "name": "crm_get_account",
                    "arguments": ARGUMENTS,
                },
            ],
        },
        {"role": "user", "parts": [{"type": "tool_call_response", "id": "call_ACME42_1", "result": ANSWER}]},
    ],
    "openai": [
        {"role": "user", "content": [{"type": "text", "text": ASK}]},
        {"role": "assistant", "content": SAY, "tool_calls": [OPENAI_CALL]},
        {"role": "tool", "tool_call_id": "call_ACME42_1", "content": ANSWER},
    ],
    "openai responses": [
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": ASK}]},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": SAY}]},
        {
            "type": "function_call",
            "call_id": "call_ACME42_1",
            "name": "crm_get_account",
            "arguments": ARGUMENTS,
        },
        {"type": "function_call_output", "call_id": "call_ACME42_1", "output": ANSWER},
    ],
    "anthropic": [
        {"role": "user", "content": ASK},
        {
            "role": "assistant",
            "content": [
                {"citations": None, "text": SAY, "type": "text"},
                {
                    "id": CALL.id,
                    "input": CALL.arguments,
                    "name": CALL.name,
                    "type": "tool_use",
                    "caller": None,
                },
            ],
        },
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": CALL.id, "content": ANSWER}]},
    ],
    "gemini": [
        {"role": "user", "parts": [{"text": ASK}]},
        {
            "role": "model",
            "parts": [
                {"text": SAY},
                {"functionCall": {"name": CALL.name, "args": CALL.arguments, "id": CALL.id}},
            ],
        },
        {"role": "user", "parts": [{"functionResponse": {"id": CALL.id, "response": ANSWER}}]},
    ],
    "strands": [
        {"role": "user", "content": [{"text": ASK}]},
        {
            "role": "assistant",
            "content": [
                {"text": SAY},
                {"toolUse": {"toolUseId": CALL.id, "name": CALL.name, "input": CALL.arguments}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"toolResult": {"toolUseId": CALL.id, "status": "success", "content": [{"text": ANSWER}]}}
            ],
        },
    ],
    "ai sdk": [
        {"role": "user", "content": [{"type": "text", "text": ASK}]},
        {
            "role": "assistant",
            "content": [
                {"type": "text", "text": SAY},
                {"type": "tool-call", "toolCallId": CALL.id, "toolName": CALL.name, "input": CALL.arguments},
            ],
        },
        {
            "role": "tool",
            "content": [
                {"type": "tool-result", "toolCallId": CALL.id, "output": {"type": "text", "value": ANSWER}}
            ],
        },
    ],
    "ai sdk 4": [
        {"role": "user", "content": ASK},
        {
            "role": "assistant",
            "content": [
                {"type": "text", "text": SAY},
                {"type": "tool-call", "toolCallId": CALL.id, "toolName": CALL.name, "args": CALL.arguments},
            ],
        },
        {"role": "tool", "content": [{"type": "tool-result", "toolCallId": CALL.id, "result": ANSWER}]},
    ],
    "langchain constructor": [
        {"lc": 1, "type": "constructor", "id": ["langchain", "schema", "messages", name], "kwargs": kwargs}
        for name, kwargs in (
            ("HumanMessage", {"content": ASK, "type": "human"}),
            (
                "AIMessage",
                {
                    "content": SAY,
                    "tool_calls": [
                        {"name": CALL.name, "args": CALL.arguments, "id": CALL.id, "type": "tool_call"}
                    ],
                    "additional_kwargs": {"tool_calls": [OPENAI_CALL]},
                },
            ),
            (
                "ToolMessage",
                {"content": ANSWER, "type": "tool", "tool_call_id": CALL.id, "status": "success"},
            ),
        )
    ],
    "langchain data": [
        {"type": "human", "data": {"content": ASK, "type": "human"}},
        {"type": "ai", "data": {"content": SAY, "additional_kwargs": {"tool_calls": [OPENAI_CALL]}}},
        {"type": "tool", "data": {"content": ANSWER, "tool_call_id": CALL.id}},
    ],
    "pydantic-ai v1 events": [
        {"event.name": "gen_ai.user.message", "content": ASK, "role": "user", "gen_ai.message.index": 0},
        {"event.name": "gen_ai.assistant.message", "content": SAY, "tool_calls": [OPENAI_CALL]},
        {"event.name": "gen_ai.tool.message", "content": ANSWER, "id": CALL.id},
    ],
    "openinference": {
        "llm.input_messages.0.message.role": "user",
        "llm.input_messages.0.message.content": ASK,
        "llm.input_messages.1.message.role": "assistant",
        "llm.input_messages.1.message.contents.0.message_content.type": "text",
        "llm.input_messages.1.message.contents.0.message_content.text": SAY,
        "llm.input_messages.1.message.contents.1.tool_call.id": CALL.id,
        "llm.input_messages.1.message.contents.1.tool_call.function.name": CALL.name,
        "llm.input_messages.1.message.contents.1.tool_call.function.arguments": ARGUMENTS,
        "llm.input_messages.1.message.tool_calls.1.tool_call.id": CALL.id,
        "llm.input_messages.1.message.tool_calls.1.tool_call.function.name": CALL.name,
        "llm.input_messages.1.message.tool_calls.1.tool_call.function.arguments": ARGUMENTS,
        "llm.input_messages.2.message.role": "tool",
        "llm.input_messages.2.message.tool_call_id": CALL.id,
        "llm.input_messages.2.message.content": ANSWER,
    },
    "openllmetry": {
        "gen_ai.prompt.0.role": "user",
        "gen_ai.prompt.0.content": json.dumps([{"type": "text", "text": ASK}]),
        "gen_ai.prompt.1.role": "assistant",
        "gen_ai.prompt.1.content": SAY,
        "gen_ai.prompt.1.tool_calls.0.id": CALL.id,
        "gen_ai.prompt.1.tool_calls.0.name": CALL.name,
        "gen_ai.prompt.1.tool_calls.0.arguments": ARGUMENTS,
        "gen_ai.prompt.2.role": "tool",
        "gen_ai.prompt.2.tool_call_id": CALL.id,
        "gen_ai.prompt.2.content": ANSWER,
    },
}


def told(messages: list[Message]) -> list[tuple[str, str, ToolCall | None, Any]]:
    """Return role, words, the call and the answer of each message."""
    result = []
    for message in messages:
        words = "".join(p.content for p in message.parts if isinstance(p, Text))
        calls = [ToolCall(p.id, p.name, p.arguments) for p in message.parts if isinstance(p, ToolCall)]
        answers = [p.response for p in message.parts if isinstance(p, ToolCallResponse) and p.id == CALL.id]
        assert len(calls) <= 1, "a call was read twice"
        result.append((message.role, words, calls[0] if calls else None, answers[0] if answers else None))
    return result


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("encode", [lambda v: v, json.dumps, lambda v: json.dumps(json.dumps(v))])
def test_every_shape_tells_the_same_story(shape: str, encode: Any) -> None:
    """Question, words with a call and the tool's answer are read from every shape, encoded up to twice."""
    assert TOLD == told(read_messages(encode(SHAPES[shape])))


PARTS: list[tuple[Any, Any]] = [
    (
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk="}},
        Blob("image/png", "image", "aGk="),
    ),
    ({"type": "image_url", "image_url": {"url": "https://x/y.png"}}, Uri(None, "image", "https://x/y.png")),
    (
        {"type": "input_audio", "input_audio": {"data": "aGk=", "format": "wav"}},
        Blob("audio/wav", "audio", "aGk="),
    ),
    ({"type": "file", "file": {"file_id": "f1"}}, File(None, "document", "f1")),
    (
        {"type": "file", "data": "aGk=", "mediaType": "application/pdf"},
        Blob("application/pdf", "document", "aGk="),
    ),
    (
        {"type": "image", "source": {"type": "base64", "media_type": "image/jpeg", "data": "aGk="}},
        Blob("image/jpeg", "image", "aGk="),
    ),
    ({"inlineData": {"mimeType": "video/mp4", "data": "aGk="}}, Blob("video/mp4", "video", "aGk=")),
    (
        {"fileData": {"mimeType": "application/pdf", "fileUri": "gs://b/f"}},
        Uri("application/pdf", "document", "gs://b/f"),
    ),
    ({"image": {"format": "png", "source": {"bytes": "aGk="}}}, Blob("image/png", "image", "aGk=")),
    ({"type": "image-url", "url": "https://x/y"}, Uri(None, "image", "https://x/y")),
    ({"type": "thinking", "thinking": "hm", "signature": "s"}, Reasoning("hm", "s")),
    ({"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]}, Reasoning("hm")),
    ({"text": "hm", "thought": True, "thoughtSignature": "s"}, Reasoning("hm", "s")),
    ({"reasoningContent": {"reasoningText": {"text": "hm", "signature": "s"}}}, Reasoning("hm", "s")),
    ({"type": "redacted_thinking", "data": "xx"}, Generic("redacted_thinking", {"data": "xx"})),
    ({"type": "compaction", "content": "so far"}, Compaction(None, "so far")),
    (
        {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {"query": "q"}},
        ServerToolCall("s1", "web_search", {"type": "server_tool_use", "input": {"query": "q"}}),
    ),
    (
        {"type": "web_search_tool_result", "tool_use_id": "s1", "content": []},
        ServerToolCallResponse("s1", {"type": "web_search_tool_result", "content": []}),
    ),
    (
        {"toolResult": {"toolUseId": "t", "status": "error", "content": [{"text": "SMTP 550"}]}},
        ToolCallResponse("t", "SMTP 550", None, True),
    ),
    (
        {
            "type": "tool-result",
            "toolCallId": "t",
            "toolName": "n",
            "output": {"type": "error-text", "value": "bad"},
        },
        ToolCallResponse("t", "bad", "n", True),
    ),
    (
        {"type": "tool_call", "id": "t", "name": "n", "arguments": '{"broken'},
        ToolCall("t", "n", '{"broken'),
    ),
]


@pytest.mark.parametrize(("raw", "part"), PARTS)
def test_parts(raw: dict[str, Any], part: Any) -> None:
    """Every kind of part of every provider has its canonical part."""
    assert [part] == [p for m in read_messages([{"role": "assistant", "content": [raw]}]) for p in m.parts]


def test_unknown_parts_are_kept_whole() -> None:
    """A part no reader knows becomes a generic part with all its fields."""
    raw = {"type": "hologram", "beam": {"colour": "red"}, "id": 7}
    assert [Generic("hologram", {"beam": {"colour": "red"}, "id": 7})] == [
        p for m in read_messages([{"role": "user", "content": [raw]}]) for p in m.parts
    ]


def test_legacy_function_call_and_refusal() -> None:
    """OpenAI's function_call is a tool call, a refusal stays a part."""
    raw = {
        "role": "assistant",
        "content": None,
        "function_call": {"name": "f", "arguments": "{}"},
        "refusal": "no",
    }
    assert (ToolCall(None, "f", {}), Generic("refusal", {"refusal": "no"})) == read_messages([raw])[0].parts


def test_role_text_pairs() -> None:
    """LangGraph's [["user", "..."]] is one message of the user's."""
    assert [Message("user", (Text(ASK),))] == [
        m._replace(extra={}) for m in read_messages({"messages": [["user", ASK]]})
    ]


def test_text_that_is_no_json_is_text() -> None:
    """Text in brackets or quotes that is no JSON is not mistaken for it."""
    for words in ("[see below]", '"quoted" he said', "{curly}", "12", "plain"):
        assert [Message("assistant", (Text(words),))] == read_messages(words, role_hint="assistant")
