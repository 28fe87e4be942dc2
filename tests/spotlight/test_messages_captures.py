"""Recorded clients end to end: the nine model calls of the renewal agent are read from every dialect."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from spotlight.messages import Conversation, Message, Text, ToolCall, ToolCallResponse
from tests.spotlight.capture_files import Recorded, read_capture

SYSTEMS = {
    "You are a renewal assistant. Look up the account, search the docs, then email the customer.",
    "You are a renewal assistant. ALWAYS look up the account first, then search the docs for its plan, "
    "then email the customer. Never invent prices.",
}
CALLS = {
    "langgraph-openinference": lambda s: s.kind == "llm",
    "openai-openinference": lambda s: s.kind == "llm",
    "anthropic-openinference": lambda s: s.kind == "llm",
    "google-genai-openinference": lambda s: s.kind == "llm",
    "openai-traceloop": lambda s: s.name == "openai.chat",
    "langgraph-traceloop": lambda s: s.name == "ChatOpenAI.chat",
    "openai-contrib-v2-latest": lambda s: s.kind == "chat",
    "pydantic-ai-v2": lambda s: s.kind == "chat",
    "pydantic-ai-v5": lambda s: s.kind == "chat",
    "strands-1.x": lambda s: s.kind == "chat",
    "vercel-ai-json-gzip": lambda s: ".do" in s.name,
    "vercel-ai7-json": lambda s: s.kind == "chat",
    "logfire-sdk": lambda s: s.name.startswith(("Chat Completion", "streaming response")),
    "langfuse-sdk": lambda s: s.name == "renewal-llm",
    "mlflow-otlp": lambda s: s.name == "Completions",
}
# Streamed calls of logfire are two spans; the first of them has no answer.
SPANS = {"logfire-sdk": 13}
# These clients do not send the answer of some or all streamed calls.
UNANSWERED = {"logfire-sdk": 4}
# MLflow leaves the calls out of streamed answers; the one run without streaming has them.
MADE = {"mlflow-otlp": 1}
# Answers of tools carry no id here: OpenInference's Gemini instrumentation does not send any.
NAMED = [scenario for scenario in CALLS if scenario != "google-genai-openinference"]


def model_calls(test_data: Path, scenario: str) -> list[Conversation]:
    """Return the conversations of a scenario's model calls."""
    spans: list[Recorded] = read_capture(test_data / "captures" / scenario)
    return [s.conversation() for s in spans if CALLS[scenario](s)]


def words(message: Message) -> str:
    """Return what a message says."""
    return "".join(p.content for p in message.parts if isinstance(p, Text))


def calls(found: list[Message]) -> list[ToolCall]:
    """Return the calls in messages."""
    return [p for m in found for p in m.parts if isinstance(p, ToolCall)]


@pytest.mark.parametrize("scenario", CALLS)
def test_model_calls_are_read_whole(test_data: Path, scenario: str) -> None:
    """Every model call tells system, question, calls with arguments, answers and the final words."""
    found = model_calls(test_data, scenario)
    assert SPANS.get(scenario, 9) == len(found)
    assert {"full"} == {c.state for c in found}
    for conversation in found:
        first = conversation.system or conversation.input[0].parts
        assert isinstance(first[0], Text)
        assert first[0].content in SYSTEMS
        assert not any(p.type == "json" for m in (*conversation.input, *conversation.output) for p in m.parts)
    answered = [c for c in found if c.output]
    assert UNANSWERED.get(scenario, 0) == len(found) - len(answered)
    made = calls([m for c in answered for m in c.output])
    each = MADE.get(scenario, 2)
    assert {"crm_get_account": each, "search_docs": each, "send_email": each} == Counter(c.name for c in made)
    assert all(isinstance(c.arguments, dict) and c.arguments for c in made)
    assert 3 == sum("renewal" in words(c.output[-1]) and not calls(c.output) for c in answered)


@pytest.mark.parametrize("scenario", NAMED)
def test_answers_of_tools_name_their_calls(test_data: Path, scenario: str) -> None:
    """Every answer in a history belongs to a call made earlier in it, and is the tool's."""
    for conversation in model_calls(test_data, scenario):
        made = {c.id for c in calls(conversation.input)}
        answers = [
            (m.role, p) for m in conversation.input for p in m.parts if isinstance(p, ToolCallResponse)
        ]
        assert made == {p.id for _, p in answers}
        assert {"tool"} >= {role for role, _ in answers}


@pytest.mark.parametrize("scenario", ["langgraph-openinference", "openai-traceloop", "strands-1.x"])
def test_every_span_of_three_dialects(test_data: Path, scenario: str) -> None:
    """In the three reference dialects every span with content gives messages, none of it twice."""
    found = [s.conversation() for s in read_capture(test_data / "captures" / scenario)]
    assert {"full"} == {c.state for c in found}
    for conversation in found:
        told = [m.parts for m in (*conversation.input, *conversation.output)]
        assert told
        ids = [c.id for c in calls([*conversation.input, *conversation.output])]
        assert len(ids) == len(set(ids))


def test_failed_tool_of_strands(test_data: Path) -> None:
    """The one tool that failed is the one whose answer is marked as an error."""
    spans = [s for s in read_capture(test_data / "captures" / "strands-1.x") if s.kind == "execute_tool"]
    failed = [
        s.name
        for s in spans
        for m in s.conversation().output
        for p in m.parts
        if isinstance(p, ToolCallResponse) and p.is_error
    ]
    assert ["execute_tool send_email"] == failed
