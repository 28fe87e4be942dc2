"""A request is written in the form of whoever is asked, and what it loses on the way is told."""

from __future__ import annotations

from typing import Any

import pytest

from replay.model import Request
from replay.providers.bodies import write_body
from replay.providers.models import Model, parse_model
from spotlight.messages.canonical import Message, Reasoning, Text, ToolCall, ToolCallResponse, ToolDefinition

MODELS: dict[str, Model] = {
    "chat": parse_model("openai:gpt-5"),
    "responses": parse_model("openai.responses:gpt-5"),
    "messages": parse_model("anthropic:claude-opus-4-8"),
    "generate": parse_model("google:gemini-3-pro"),
}
ASKED = Request(
    provider="openai",
    api="chat",
    model="gpt-4o",
    system=(Text("Be brief."),),
    messages=(Message("user", (Text("Hello"),)),),
    tools=(ToolDefinition("look", "Looks.", {"type": "object"}, "function", None),),
    tool_choice={"type": "function", "function": {"name": "look"}},
    params={
        "max_tokens": 9,
        "temperature": 0.3,
        "top_p": 0.9,
        "stop_sequences": ["END"],
        "seed": 7,
        "stream": True,
    },
    extra={
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "a", "schema": {"type": "object"}},
        },
        "parallel_tool_calls": False,
        "reasoning_effort": "low",
        "user": "u1",
        "stream_options": {"include_usage": True},
    },
)
SCHEMA = {"type": "object"}
WRITTEN: dict[str, dict[str, Any]] = {
    "chat": {
        "max_completion_tokens": 9, "temperature": 0.3, "top_p": 0.9, "stop": ["END"], "seed": 7,
        "tool_choice": {"type": "function", "function": {"name": "look"}},
        "response_format": ASKED.extra["response_format"],
        "parallel_tool_calls": False, "reasoning_effort": "low", "user": "u1",
    },
    "responses": {
        "max_output_tokens": 9, "temperature": 0.3, "top_p": 0.9,
        "tool_choice": {"type": "function", "name": "look"}, "parallel_tool_calls": False,
        "text": {"format": {"type": "json_schema", "name": "a", "schema": SCHEMA}},
        "reasoning": {"effort": "low"},
    },
    "messages": {
        "max_tokens": 9, "temperature": 0.3, "top_p": 0.9, "stop_sequences": ["END"],
        "tool_choice": {"type": "tool", "name": "look", "disable_parallel_tool_use": True},
        "output_config": {"format": {"type": "json_schema", "schema": SCHEMA}},
    },
    "generate": {
        "generationConfig": {
            "maxOutputTokens": 9, "temperature": 0.3, "topP": 0.9, "stopSequences": ["END"], "seed": 7,
            "responseMimeType": "application/json", "responseJsonSchema": SCHEMA,
        },
        "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["look"]}},
    },
}  # fmt: skip
LOST = {
    "chat": set(),
    "responses": {
        "OpenAI's responses API has no stop_sequences: left out",
        "OpenAI's responses API has no seed: left out",
        "only the API it was sent to knows user: left out",
    },
    "messages": {
        "Anthropic's API has no seed: left out",
        "only the API it was sent to knows reasoning_effort, user: left out",
    },
    "generate": {"only the API it was sent to knows parallel_tool_calls, reasoning_effort, user: left out"},
}
CONTEXT = {"messages", "input", "contents", "system", "instructions", "systemInstruction", "tools"}


@pytest.mark.parametrize("api", MODELS)
def test_parameters_are_said_in_the_words_of_the_api(api: str) -> None:
    """Limits, stops, formats and tool choice keep their meaning; what has no place is noted, never sent."""
    fields, notes = write_body(MODELS[api], ASKED)
    assert WRITTEN[api] == {name: value for name, value in fields.items() if name not in CONTEXT}
    assert LOST[api] == set(notes)


def test_compatible_servers_get_the_older_limit() -> None:
    """Servers that speak OpenAI's API know `max_tokens`; OpenAI's own newest models refuse it."""
    local = parse_model("openai:x", base_url="http://localhost:8000/v1")
    assert 9 == write_body(local, ASKED).fields["max_tokens"]
    assert "max_completion_tokens" not in write_body(local, ASKED).fields


CHOICES = {
    "auto": ("auto", "auto", {"type": "auto"}, "AUTO"),
    "none": ("none", "none", {"type": "none"}, "NONE"),
    "must": ("required", "required", {"type": "any"}, "ANY"),
}


@pytest.mark.parametrize("choice", CHOICES)
@pytest.mark.parametrize("source", range(4), ids=list(MODELS))
def test_tool_choices_translate_between_all_forms(choice: str, source: int) -> None:
    """A choice read from any of the four forms is written in each of them with the same meaning."""

    def forms(mode: Any, api: str) -> Any:
        return {"functionCallingConfig": {"mode": mode}} if api == "generate" else mode

    apis = list(MODELS)
    sent = forms(CHOICES[choice][source], apis[source])
    request = ASKED._replace(api=apis[source], tool_choice=sent, extra={}, params={"max_tokens": 9})
    for api, mode in zip(apis, CHOICES[choice], strict=True):
        fields, _ = write_body(MODELS[api], request)
        assert forms(mode, api) == fields["toolConfig" if api == "generate" else "tool_choice"]


FOREIGN: dict[str, dict[str, Any]] = {
    "responses": {"text": {"format": {"type": "json_schema", "name": "a", "schema": SCHEMA}}},
    "messages": {"output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}},
    "generate": {"responseMimeType": "application/json", "responseSchema": {"type": "OBJECT"}},
}


@pytest.mark.parametrize("api", FOREIGN)
def test_formats_are_read_from_every_form(api: str) -> None:
    """JSON answers that another API was asked for are asked for in OpenAI's words."""
    fields, notes = write_body(MODELS["chat"], ASKED._replace(api=api, extra=FOREIGN[api], tool_choice=None))
    assert SCHEMA == fields["response_format"]["json_schema"]["schema"]
    assert () == notes


def test_thoughts_stay_with_their_api() -> None:
    """Signed reasoning goes back to the API that made it and to no other."""
    thought = Message("assistant", (Reasoning("Hm.", "signature"), Text("Hello")))
    request = ASKED._replace(api="messages", messages=(*ASKED.messages, thought), extra={})
    same = write_body(MODELS["messages"], request)
    assert {"type": "thinking", "thinking": "Hm.", "signature": "signature"} == (
        same.fields["messages"][1]["content"][0]
    )
    for api in ("chat", "responses", "generate"):
        other = write_body(MODELS[api], request)
        assert "signature" not in str(other.fields)
        assert any("thoughts of the recorded model" in note for note in other.notes)


def test_tools_of_the_same_api_are_sent_as_recorded() -> None:
    """Marks of a tool definition survive, and tools run by the provider are offered to it alone."""
    strict = {"type": "function", "function": {"name": "look", "parameters": SCHEMA, "strict": True}}
    search = {"type": "web_search_20250305", "name": "web_search", "max_uses": 2}
    tools = (
        ToolDefinition("look", None, SCHEMA, "function", strict),
        ToolDefinition("web_search", None, None, "web_search_20250305", search),
    )
    assert [strict, search] == write_body(MODELS["chat"], ASKED._replace(tools=tools)).fields["tools"]
    other = write_body(MODELS["messages"], ASKED._replace(tools=tools))
    assert [{"name": "look", "input_schema": SCHEMA}] == other.fields["tools"]
    assert "the tool web_search is run by its provider and was left out" in other.notes


def test_gemini_tools_and_settings_of_its_own() -> None:
    """Gemini's own tools stand beside the functions, its settings within generationConfig."""
    google = ToolDefinition("googleSearch", None, None, "googleSearch", {"googleSearch": {}})
    request = ASKED._replace(
        api="generate", tools=(*(ASKED.tools or ()), google), tool_choice=None,
        extra={"thinking_config": {"thinkingBudget": 0}, "safetySettings": [1]},
    )  # fmt: skip
    fields, notes = write_body(MODELS["generate"], request)
    assert [{"googleSearch": {}}] == fields["tools"][1:]
    assert ["look"] == [tool["name"] for tool in fields["tools"][0]["functionDeclarations"]]
    assert {"thinkingBudget": 0} == fields["generationConfig"]["thinkingConfig"]
    assert [1] == fields["safetySettings"]
    assert () == notes


def test_what_anthropic_needs_is_added_and_told() -> None:
    """A limit of tokens is sent even where none is recorded, and a temperature it refuses is lowered."""
    fields, notes = write_body(MODELS["messages"], ASKED._replace(params={"temperature": 1.5}, extra={}))
    assert (4096, 1) == (fields["max_tokens"], fields["temperature"])
    assert 2 == len(notes)


def test_several_answers_are_calls_of_their_own() -> None:
    """`n` is never sent: one call brings one answer."""
    fields, notes = write_body(MODELS["chat"], ASKED._replace(params={"choice.count": 3}, extra={"n": 3}))
    assert "n" not in fields
    assert ("one answer is asked for, not 3: repeats are calls of their own",) == notes


def test_responses_items_keep_their_order() -> None:
    """Thoughts, words, calls and answers become items, with instructions apart."""
    turn = Message(
        "assistant", (Reasoning("Hm.", "sealed", {"id": "rs_1"}), Text("Look:"), ToolCall("c1", "look", {}))
    )
    answer = Message("tool", (ToolCallResponse("c1", {"seen": 1}),))
    request = ASKED._replace(api="responses", messages=(*ASKED.messages, turn, answer), extra={})
    fields, _ = write_body(MODELS["responses"], request)
    assert "Be brief." == fields["instructions"]
    assert [
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hello"}]},
        {
            "type": "reasoning", "encrypted_content": "sealed", "id": "rs_1",
            "summary": [{"type": "summary_text", "text": "Hm."}],
        },
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Look:"}]},
        {"type": "function_call", "call_id": "c1", "name": "look", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c1", "output": '{"seen":1}'},
    ] == fields["input"]  # fmt: skip


def test_ids_of_calls_are_made_fit() -> None:
    """Calls without an id, with a doubled or a refused one get one of their own, and so do their answers."""

    def call(call_id: str | None, name: str) -> Message:
        return Message("assistant", (ToolCall(call_id, name, {}),))

    def said(call_id: str | None, words: str, name: str | None = None) -> Message:
        return Message("tool", (ToolCallResponse(call_id, words, name),))

    both = Message("assistant", (ToolCall(None, "f", {}), ToolCall(None, "g", {})))
    request = ASKED._replace(tools=None, tool_choice=None, extra={}, messages=(
        *ASKED.messages, call("a", "f"), said("a", "1"), call("a", "g"), said("a", "2"),
        both, said(None, "of g", "g"), said(None, "of f", "f"),
        call("functions.f:0", "f"), said("functions.f:0", "3"),
    ))  # fmt: skip
    fields, notes = write_body(MODELS["messages"], request)
    blocks = [block for message in fields["messages"][1:] for block in message["content"]]
    asked = [block["id"] for block in blocks if block["type"] == "tool_use"]
    answered = {b["content"]: b["tool_use_id"] for b in blocks if b["type"] == "tool_result"}
    assert ["a", "call_2", "call_3", "call_4", "call_5"] == asked
    assert {"1": "a", "2": "call_2", "of g": "call_4", "of f": "call_3", "3": "call_5"} == answered
    assert any("ids of tool calls" in note for note in notes)
    same = write_body(MODELS["chat"], request._replace(messages=request.messages[:5]))
    assert ["a", "a"] == [m["tool_calls"][0]["id"] for m in same.fields["messages"] if "tool_calls" in m]


def test_gemini_three_takes_calls_of_other_models() -> None:
    """Calls without Gemini's signature carry its word for that, one for those beside each other."""
    both = Message("assistant", (ToolCall("a", "f", {}), ToolCall("b", "g", {})))
    request = ASKED._replace(messages=(*ASKED.messages, both), tools=None, tool_choice=None)
    marked = ["skip_thought_signature_validator", None]
    for model, expected in (
        (MODELS["generate"], marked),
        (parse_model("google:gemini-2.5-pro"), [None, None]),
    ):
        parts = write_body(model, request).fields["contents"][1]["parts"]
        assert expected == [part.get("thoughtSignature") for part in parts]


def test_marks_for_the_prompt_cache_go_to_anthropic() -> None:
    """What a recorded request had cached is cached in its replay too; elsewhere the loss is told."""
    mark = {"cache_control": {"type": "ephemeral"}}
    user = Message("user", (Text("Long.", mark), Text("Short.")))
    request = ASKED._replace(api="messages", system=(Text("Be brief.", mark),), messages=(user,), extra={})
    fields, notes = write_body(MODELS["messages"], request)
    told = [*fields["system"], *fields["messages"][0]["content"]]
    assert [mark["cache_control"], mark["cache_control"], None] == [b.get("cache_control") for b in told]
    assert not any("prompt cache" in note for note in notes)
    other = write_body(MODELS["chat"], request)
    assert "cache_control" not in str(other.fields)
    assert any("prompt cache" in note for note in other.notes)


def test_fields_that_spans_call_parameters() -> None:
    """What spans tell of as OTel's parameters is sent where it is a field of the body, and told elsewhere."""
    params = {
        "max_tokens": 9,
        "service_tier": "flex",
        "parallel_tool_calls": True,
        "is_odd": 1,
        "top_p": None,
    }
    request = ASKED._replace(params=params, extra={}, tool_choice=None)
    fields, notes = write_body(MODELS["chat"], request)
    assert ("flex", True) == (fields["service_tier"], fields["parallel_tool_calls"])
    assert ("OpenAI's chat API is not known to have is_odd: left out",) == notes
    fields, notes = write_body(MODELS["messages"], request)
    assert {"type": "auto", "disable_parallel_tool_use": False} == fields["tool_choice"]
    assert ("only the API it was sent to knows is_odd, service_tier: left out",) == notes
    assert "parallel_tool_calls" not in write_body(MODELS["chat"], request._replace(tools=None)).fields


STOPS: dict[str, tuple[Any, list[str] | None]] = {
    "a text": ("END", ["END"]),
    "a list as text": ('["A", "B"]', ["A", "B"]),
    "none": ([], None),
    "no texts": ({"arrayValue": {}}, None),
}


@pytest.mark.parametrize("case", STOPS)
def test_stops_are_texts(case: str) -> None:
    """What ends an answer is sent as a list of texts, or not at all."""
    sent, expected = STOPS[case]
    request = ASKED._replace(params={"max_tokens": 9, "stop_sequences": sent})
    assert expected == write_body(MODELS["messages"], request).fields.get("stop_sequences")
