"""The content digest names what ran: equal for equal content in any shape, NULL where content is unknown."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ingest import digests
from ingest.pivot import pivot_traces
from tests.ingest.otlp import records, request

PROMPT = 'You are an agent.\nAnswer "briefly".'
TOOL = {"name": "search", "description": "Search.", "parameters": {"type": "object", "properties": {}}}
CALL = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m-1"}
QUESTION = {"role": "user", "content": "Hello"}


def digest(attributes: dict[str, Any], scope: str = "", **columns: Any) -> str | None:
    """Return the digest of a span with these attributes, read with nothing remembered."""
    digests._known.clear()
    found: str | None = (
        pivot_traces(records([request(attributes, scope=scope, **columns)]))
        .spans.column("content_digest")[0]
        .as_py()
    )
    return found


def messages(*said: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return the attributes of a call with these messages in."""
    return CALL | {"gen_ai.input.messages": json.dumps(said), **more}


def flat(*said: dict[str, str]) -> dict[str, Any]:
    """Return the same call in OpenInference's indexed keys."""
    keys = {
        f"llm.input_messages.{i}.message.{key}": value
        for i, message in enumerate(said)
        for key, value in message.items()
    }
    return {"openinference.span.kind": "LLM", "llm.model_name": "m-1", **keys}


SYSTEM = {"role": "system", "content": PROMPT}
WANTED = digest(messages(SYSTEM, QUESTION))
SAME = {
    "apart": messages(QUESTION, **{"gen_ai.system_instructions": PROMPT}),
    "apart, as parts": messages(
        QUESTION, **{"gen_ai.system_instructions": json.dumps([{"type": "text", "content": PROMPT}])}
    ),
    "parts": messages({"role": "system", "parts": [{"type": "text", "content": PROMPT}]}, QUESTION),
    "two parts": messages(
        {"role": "system", "content": [{"type": "text", "text": t} for t in PROMPT.split("\n")]}, QUESTION
    ),
    "developer": messages({"role": "developer", "content": PROMPT}, QUESTION),
    "other spaces": messages({"role": "system", "content": PROMPT.replace(" ", "\n  ")}, QUESTION),
    "content before role": messages({"content": PROMPT, "role": "system"}, {"content": "Hi", "role": "user"}),
    "another question": messages(SYSTEM, QUESTION | {"content": "Bye"}, SYSTEM | {"content": "Now stop."}),
    "told twice": messages(SYSTEM, QUESTION, **{"gen_ai.system_instructions": PROMPT}),
    "indexed": flat(SYSTEM, {"role": "user", "content": "Hello"}),
    "no message after it": messages(SYSTEM),
}  # fmt: skip


@pytest.mark.parametrize("shape", SAME)
def test_equal_content_has_one_digest(shape: str) -> None:
    """Shape, white space and what the user said do not matter."""
    assert WANTED == digest(SAME[shape])


OTHER = {
    "another prompt": messages(SYSTEM | {"content": PROMPT + "!"}, QUESTION),
    "another model": messages(SYSTEM, QUESTION) | {"gen_ai.request.model": "m-2"},
    "a tool": messages(SYSTEM, QUESTION, **{"gen_ai.tool.definitions": json.dumps([TOOL])}),
    "another tool": messages(
        SYSTEM, QUESTION, **{"gen_ai.tool.definitions": json.dumps([TOOL | {"description": "Find."}])}
    ),
}


def test_other_content_has_another_digest() -> None:
    """Prompt, model and tools each make a digest of their own."""
    found = [WANTED, *(digest(attributes) for attributes in OTHER.values())]
    assert len(found) == len({*found} - {None})


def test_tools_have_no_order() -> None:
    """The same tools in another order, wrapped as OpenAI wraps them, are the same content."""
    one = [TOOL, TOOL | {"name": "mail"}]
    wrapped = [{"type": "function", "function": tool} for tool in reversed(one)]
    found = {
        digest(messages(SYSTEM, QUESTION, **{"gen_ai.tool.definitions": json.dumps(tools)}))
        for tools in (one, wrapped)
    }
    assert 1 == len(found - {None})


UNKNOWN = {
    "no instructions": messages(QUESTION),
    "messages withheld": CALL | {"gen_ai.tool.definitions": json.dumps([TOOL])},
    "redacted": messages(QUESTION, **{"gen_ai.system_instructions": "<REDACTED>"}),
    "cut instructions": messages(
        QUESTION, **{"gen_ai.system_instructions": '[{"type":"text","content":"You are'}
    ),
    "cut within the first message": CALL | {"gen_ai.input.messages": '[{"role":"system","content":"You'},
    "no content": CALL,
    "a tool call": {"gen_ai.operation.name": "execute_tool", "gen_ai.input.messages": json.dumps([SYSTEM])},
}


@pytest.mark.parametrize("case", UNKNOWN)
def test_what_is_not_known_whole_has_no_digest(case: str) -> None:
    """Nothing captured, a part of it, or a mark in its place names no content."""
    assert digest(UNKNOWN[case]) is None


def test_a_question_that_was_cut_hides_no_instructions() -> None:
    """Instructions that stand whole before the cut are known."""
    text = json.dumps([SYSTEM, {"role": "user", "content": "Hello, I would like to"}])[:-12]
    assert WANTED == digest(CALL | {"gen_ai.input.messages": text})


def test_words_of_a_prompt_are_not_taken_for_its_end() -> None:
    """A prompt that quotes a user message is read to its end, whatever was remembered before."""
    quoting = [SYSTEM | {"content": f'Example: {{"role":"user"}} {end}'} for end in ("one", "two")]
    bodies = [request(messages(prompt, QUESTION)) for prompt in quoting]
    digests._known.clear()
    found = [pivot_traces(records([body])).spans.column("content_digest")[0].as_py() for body in bodies]
    assert found[0] != found[1]


def test_plain_lists_read_as_every_shape_is() -> None:
    """The short way for plain lists gives what the reader of all shapes gives."""
    for attributes in SAME.values():
        text = attributes.get("gen_ai.input.messages")
        if text and "gen_ai.system_instructions" not in attributes:
            call = digests._Call(None, None, text, "m-1", "otel_genai", None, "{}", None)
            assert WANTED == digests._digest(call, {})


def test_only_the_first_call_of_an_agent_is_digested() -> None:
    """Of several calls of one trace and agent, the one that started first has the digest."""
    bodies = [
        request(
            messages(SYSTEM, QUESTION),
            edit=lambda span, i=i: (  # type: ignore[misc]
                setattr(span, "span_id", bytes([i]) * 8),
                setattr(span, "start_time_unix_nano", span.start_time_unix_nano - i * 1000),
            ),
        )
        for i in (1, 3, 2)
    ]
    column = pivot_traces(records(bodies)).spans.column("content_digest").to_pylist()
    assert [None, WANTED, None] == column


def test_hostile_nesting_costs_no_batch() -> None:
    """Messages nested deeper than can be written again are no reason to lose a batch."""
    deep = "[" * 900 + "]" * 900
    text = f'[{{"role":"system","content":{deep}}},{{"role":"user","content":"Hi"}}]'
    assert 1 == pivot_traces(records([request(CALL | {"gen_ai.input.messages": text})])).spans.num_rows
