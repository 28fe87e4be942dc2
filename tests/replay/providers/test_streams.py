"""Events of every wire form add up to the response that the API would have sent whole."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replay.model import Response, Usage
from replay.providers import chat, generate, messages, responses
from replay.providers.events import ServerSaid, read_events
from spotlight.messages.canonical import Reasoning, Text, ToolCall
from tests.replay.providers.calls import run_now


def added(module: Any, collected: Any, events: list[dict[str, Any]]) -> Response:
    """Return what some events say together."""
    for event in events:
        collected.add(event)
    found: Response = module.read(collected.wire())
    return found


def chunk(delta: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return one chunk of a chat completion."""
    return {
        "id": "c",
        "model": "m-1",
        "system_fingerprint": "fp",
        "choices": [{"index": 0, "delta": delta, **more}],
    }


def test_chat_chunks() -> None:
    """Thoughts, words and two calls in pieces, then usage alone; another choice is not mixed in."""
    found = added(chat, chat.Chunks(), [
        chunk({"role": "assistant", "reasoning_content": "Let me "}),
        chunk({"reasoning_content": "see."}),
        chunk({"content": "Par"}),
        {"choices": [{"index": 1, "delta": {"content": "other"}, "finish_reason": "length"}]},
        chunk({"content": "is"}),
        chunk({"tool_calls": [{"index": 0, "id": "a", "function": {"name": "f", "arguments": ""}}]}),
        chunk({"tool_calls": [{"index": 1, "id": "b", "function": {"name": "g", "arguments": '{"x"'}}]}),
        chunk({"tool_calls": [{"index": 0, "function": {"arguments": '{"y": 1}'}}]}),
        chunk({"tool_calls": [{"index": 1, "function": {"name": "g", "arguments": ': "broken'}}]}),
        chunk({}, finish_reason="tool_calls"),
        {"id": "c", "choices": [], "service_tier": "flex", "usage": {
            "prompt_tokens": 10, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 4},
            "completion_tokens_details": {"reasoning_tokens": 2}}},
    ])  # fmt: skip
    assert (
        Reasoning("Let me see."), Text("Paris"), ToolCall("a", "f", {"y": 1}),
        ToolCall("b", "g", '{"x": "broken'),
    ) == found.messages[0].parts  # fmt: skip
    assert ("tool_calls", "m-1", "fp") == (found.finish_reason, found.model, found.fingerprint)
    assert Usage(10, 5, 4, None, 2) == found.usage
    assert "flex" == found.extra["service_tier"]


def test_chat_calls_without_an_index() -> None:
    """Servers that number no calls tell them apart by their ids."""
    found = added(chat, chat.Chunks(), [
        chunk({"tool_calls": [{"id": "a", "function": {"name": "f", "arguments": "{"}}]}),
        chunk({"tool_calls": [{"function": {"arguments": "}"}}]}),
        chunk({"tool_calls": [{"id": "b", "function": {"name": "g", "arguments": "{}"}}]}),
    ])  # fmt: skip
    assert (ToolCall("a", "f", {}), ToolCall("b", "g", {})) == found.messages[0].parts


def test_anthropic_events() -> None:
    """Blocks are joined by their index; input tokens include those of the cache."""

    def delta(index: int, **told: Any) -> dict[str, Any]:
        return {"type": "content_block_delta", "index": index, "delta": told}

    found = added(messages, messages.Events(), [
        {"type": "message_start", "message": {"id": "m1", "model": "claude-x", "usage": {
            "input_tokens": 3, "cache_read_input_tokens": 100, "cache_creation_input_tokens": 20,
            "output_tokens": 1}}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": ""}},
        delta(0, type="thinking_delta", thinking="Hm."),
        delta(0, type="signature_delta", signature="sig"),
        {"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": ""}},
        delta(1, type="text_delta", text="Par"),
        delta(1, type="text_delta", text="is"),
        {"type": "content_block_start", "index": 2, "content_block": {
            "type": "tool_use", "id": "t", "name": "f", "input": {}}},
        delta(2, type="input_json_delta", partial_json='{"a":'),
        delta(2, type="input_json_delta", partial_json=" 1}"),
        {"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 9}},
    ])  # fmt: skip
    assert (Reasoning("Hm.", "sig"), Text("Paris"), ToolCall("t", "f", {"a": 1})) == found.messages[0].parts
    assert ("tool_use", Usage(123, 9, 100, 20, None)) == (found.finish_reason, found.usage)


def test_responses_events() -> None:
    """The last event holds the whole response; of one that is cut off its ended items are known."""
    item = {"type": "function_call", "call_id": "c", "name": "f", "arguments": '{"a": 1}'}
    begin = {"type": "response.created", "response": {"id": "r", "status": "in_progress", "output": []}}
    ended = {"type": "response.output_item.done", "item": item}
    usage = {"input_tokens": 7, "output_tokens": 3, "output_tokens_details": {"reasoning_tokens": 1}}

    def last(kind: str, **more: Any) -> dict[str, Any]:
        whole = {"id": "r", "status": kind, "output": [item], "usage": usage, **more}
        return {"type": f"response.{kind}", "response": whole}

    whole = added(responses, responses.Events(), [begin, ended, last("completed")])
    assert ((ToolCall("c", "f", {"a": 1}),), "completed") == (whole.messages[0].parts, whole.finish_reason)
    assert Usage(7, 3, None, None, 1) == whole.usage
    cut = added(responses, responses.Events(), [begin, ended])
    assert (whole.messages[0].parts, None) == (cut.messages[0].parts, cut.finish_reason)
    short = last("incomplete", incomplete_details={"reason": "max_output_tokens"})
    assert "max_output_tokens" == added(responses, responses.Events(), [short]).finish_reason
    failed = last("failed", error={"code": "server_error", "message": "boom"})
    assert "server_error: boom" == added(responses, responses.Events(), [failed]).error


def test_gemini_chunks() -> None:
    """Texts and thoughts are joined among themselves; signatures come back in the standard alphabet."""

    def piece(*parts: dict[str, Any], **more: Any) -> dict[str, Any]:
        return {"modelVersion": "g", "candidates": [{"content": {"parts": list(parts)}, **more}]}

    found = added(generate, generate.Chunks(), [
        piece({"text": "Hm", "thought": True}),
        piece({"text": ".", "thought": True}),
        piece({"text": "Par"}),
        piece({"text": "is"}, {"functionCall": {"name": "f", "args": {"a": 1}}, "thoughtSignature": "a-_="}),
        piece({"text": ""}, finishReason="STOP") | {"usageMetadata": {
            "promptTokenCount": 8, "candidatesTokenCount": 3, "thoughtsTokenCount": 2,
            "cachedContentTokenCount": 5}},
    ])  # fmt: skip
    thought, words, call = found.messages[0].parts
    assert (Reasoning("Hm."), Text("Paris")) == (thought, words)
    assert isinstance(call, ToolCall)
    assert ("f", {"a": 1}, "a+/=") == (call.name, call.arguments, call.extra["thoughtSignature"])
    assert ("STOP", Usage(8, 5, 5, None, 2)) == (found.finish_reason, found.usage)


def test_a_blocked_prompt_is_an_answer() -> None:
    """Gemini's refusal to read a prompt ends the call, with the reason it gives."""
    found = added(generate, generate.Chunks(), [{"promptFeedback": {"blockReason": "SAFETY"}}])
    assert ("SAFETY", ()) == (found.finish_reason, found.messages)


class Pieces:
    """A response whose bytes come in given pieces."""

    def __init__(self, *pieces: bytes) -> None:
        self._pieces = pieces

    async def aiter_bytes(self) -> AsyncIterator[bytes]:
        """Yield the pieces."""
        for piece in self._pieces:
            yield piece


async def events_of(*pieces: bytes) -> list[dict[str, Any]]:
    """Return the events of a stream."""
    return [event async for event in read_events(Pieces(*pieces))]


@given(
    st.lists(st.dictionaries(st.text(), st.text(), max_size=3), max_size=5), st.integers(1, 7), st.booleans()
)
def test_events_do_not_depend_on_how_they_are_cut(
    told: list[dict[str, str]], size: int, is_crlf: bool
) -> None:
    """Whatever the pieces in which bytes arrive, and however lines end, the same objects come out."""
    told = [event for event in told if not event.get("error") and event.get("type") != "error"]
    end = "\r\n" if is_crlf else "\n"
    text = "".join(
        f": ping{end}event: x{end}data: {json.dumps(e, ensure_ascii=False)}{end}{end}" for e in told
    )
    sent = (text + f"data: [DONE]{end}{end}").encode()
    assert told == run_now(events_of(*(sent[i : i + size] for i in range(0, len(sent), size))))


@pytest.mark.parametrize("sent", [b"data: 7\n\n", b"data: {\n\n", b"data: null\n\n"])
def test_events_that_are_no_objects(sent: bytes) -> None:
    """What is no JSON object is an error, not skipped."""
    with pytest.raises(ValueError):
        run_now(events_of(sent))


def test_errors_within_a_stream() -> None:
    """An error told after a good status is one."""
    for sent in (b'data: {"error": {"code": 1}}\n\n', b'event: error\ndata: {"type": "error"}\n\n'):
        with pytest.raises(ServerSaid):
            run_now(events_of(sent))
