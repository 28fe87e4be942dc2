"""Content is hostile: nothing raises, nothing is lost, nothing takes long."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spotlight.messages import read_conversation, to_json
from spotlight.messages.values import leaves, parse

WORDS = [
    "role",
    "content",
    "parts",
    "type",
    "text",
    "tool_calls",
    "function",
    "name",
    "arguments",
    "id",
    "kwargs",
    "message",
    "messages",
    "choices",
    "finish_reason",
    "toolCallId",
    "toolName",
    "output",
    "result",
    "input",
    "functionCall",
    "toolUse",
    "toolResult",
    "reasoningContent",
    "source",
    "data",
    "image_url",
    "url",
    "lc",
    "generations",
    "contents",
    "candidates",
    "prompt",
    "model",
    "system",
    "tools",
    "event.name",
    "envelope",
    "more",
    "extra",
    "additional_kwargs",
    "callId",
    "response",
    "update",
    "outputs",
    "new_message",
    "index",
    "llm.input_messages.0.message.role",
    "llm.input_messages.2.message.tool_calls.1.tool_call.id",
    "llm.output_messages.1.message.contents.0.message_content.text",
    "gen_ai.prompt.0.content",
    "ai.response.text",
    "ai.response.toolCalls",
    "summary",
    "thought",
    "tool_call_id",
    "refusal",
]
TYPES = [
    "text",
    "tool_call",
    "tool_use",
    "tool_result",
    "human",
    "ai",
    "tool",
    "constructor",
    "message",
    "image",
    "function_call",
    "function_call_output",
    "reasoning",
    "file",
    "blob",
    "uri",
    "tool-result",
    "tool-call",
    "gen_ai.choice",
    "gen_ai.user.message",
    "user",
    "assistant",
    "image_url",
    "compaction",
    "video",
]

marked = st.text("abc", min_size=3, max_size=6).map(lambda t: f"§{t}")
scalars = st.none() | st.booleans() | st.integers(-5, 5) | marked
structured = st.recursive(
    scalars | st.sampled_from(TYPES),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(WORDS), inner, max_size=5)
        | st.fixed_dictionaries(
            {"type": st.sampled_from(TYPES)},
            optional=dict.fromkeys(
                ("content", "text", "id", "name", "data", "source", "input", "kwargs"), inner
            ),
        )
        | st.fixed_dictionaries(
            {"role": st.sampled_from(["user", "assistant", "tool", "model", "x"]), "content": inner},
            optional=dict.fromkeys(
                ("tool_calls", "name", "function_call", "text", "parts", "envelope"), inner
            ),
        )
    ),
    max_leaves=25,
)
anything = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def told(value: Any) -> str:
    """Return everything the messages of a value say, as one text."""
    conversation = read_conversation({}, dialect="x", attributes={"gen_ai.input.messages": value})
    return json.dumps(to_json(conversation), ensure_ascii=False)


@settings(max_examples=250, deadline=None)
@given(structured)
def test_no_string_is_lost(value: Any) -> None:
    """Every word of any JSON built of the field's own keys is found again in the messages."""
    text = told(value)
    assert [] == [w for w in leaves(value) if isinstance(w, str) and w.startswith("§") and w not in text]


@settings(max_examples=150, deadline=None)
@given(anything, st.text(max_size=10))
def test_nothing_raises(value: Any, junk: str) -> None:
    """Any JSON in any column gives a conversation that can be written as JSON."""
    text = json.dumps(value)
    columns = dict.fromkeys(
        ("input_messages", "output_messages", "system_instructions", "tool_definitions"), text
    )
    found = read_conversation(
        columns | {"tool_result": text[: len(text) // 2] + junk},
        dialect=junk,
        attributes={"gen_ai.input.messages": value, "ai.response.text": value},
        events=[
            {"name": "gen_ai.choice", "attributes": {"message": value}},
            {"name": None, "attributes": value},
        ],
        logs=[{"event_name": "gen_ai.user.message", "body": value}, {"body": value, "attributes": None}],
    )
    assert "state" in json.dumps(to_json(found))


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.fixed_dictionaries({"role": st.text(), "content": st.text()}), min_size=1),
    st.integers(0, 400),
)
def test_every_prefix_of_json_is_read(messages: list[dict[str, str]], length: int) -> None:
    """A JSON list cut anywhere is read up to the cut, and says that it was cut."""
    text = json.dumps(messages)
    cut = text[: min(length, len(text) - 1)]
    found = parse(cut)
    whole = sum(len(json.dumps(messages[: n + 1])) <= len(cut) + 1 for n in range(len(messages)))
    if cut:
        assert found.cut
        assert messages[:whole] == found.value[:whole]


@pytest.mark.parametrize("opening", ["[", '{"a":', '{"content":[', '[{"role":"user","content":'])
@pytest.mark.parametrize("depth", [50, 300, 5000, 100_000])
def test_deep_nesting(opening: str, depth: int) -> None:
    """Values nested absurdly deep neither raise nor become JSON that nobody can write."""
    text = opening * depth
    found = to_json(read_conversation({"input_messages": text, "tool_result": text}, dialect="x"))
    assert b'"state"' in orjson.dumps(found)


def test_deep_nesting_keeps_the_leaves() -> None:
    """What nests deeper than can be shown is replaced by its leaves."""
    value: Any = "§treasure"
    for _ in range(900):
        value = [value]
    assert "§treasure" in told(value)


def test_long_strings_are_read() -> None:
    """Long text, quotes, backslashes and brackets come to an end: a quadratic reader would take hours."""
    many = 300_000
    texts = [sign * many for sign in ("x", '"', "\\", "[", "{")]
    texts += ['["' + "\\" * many, '["' + "a" * many, "[" + "1," * (many // 2), '["' + '","' * (many // 3)]
    states = [read_conversation({"input_messages": t}, dialect="x").state for t in texts]
    assert set(states) <= {"full", "truncated"}, states


@pytest.mark.parametrize(
    "value", [b"bytes", {1: 2}, {"a": {3, 4}}, object(), float("nan"), ("user", "hi"), [[[]]]]
)
def test_wrong_types(value: Any) -> None:
    """Python values that are no JSON become plain values."""
    assert isinstance(told(value), str)
