"""A streamed answer that was recorded piece by piece is one message."""

from __future__ import annotations

import json

from spotlight.messages import read_conversation, to_json


def test_pieces_of_a_streamed_answer_are_one_message() -> None:
    """Text in several pieces and the call that ends it are one answer, in order."""
    text = [
        {"role": "assistant", "parts": [{"type": "text", "content": c}], "finish_reason": ""}
        for c in ("I ", "go.")
    ]
    call = {"type": "tool_call", "id": "c", "name": "crm", "arguments": {}}
    sent = [*text, {"role": "assistant", "parts": [call], "finish_reason": "stop"}]
    said = to_json(read_conversation({"output_messages": json.dumps(sent)}, dialect="otel_genai"))["output"]
    assert [["text", "tool_call"]] == [[part["type"] for part in message["parts"]] for message in said]
    assert "I go." == said[0]["parts"][0]["content"]


def test_choices_stay_apart() -> None:
    """Two answers that each ended are two messages."""
    sent = [
        {"role": "assistant", "parts": [{"type": "text", "content": c}], "finish_reason": "stop"}
        for c in "ab"
    ]
    said = to_json(read_conversation({"output_messages": json.dumps(sent)}, dialect="otel_genai"))["output"]
    assert 2 == len(said)
