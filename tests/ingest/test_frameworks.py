"""What is special to single agent frameworks, on spans made here; the slow reader agrees on each."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.ingest.comparison import assert_as_reference, rows_of
from tests.ingest.otlp import request

OI = "openinference.instrumentation."
TOOL = {"openinference.span.kind": "TOOL"}
CHAIN = {"openinference.span.kind": "CHAIN"}
QUOTED = '{"type": "tool", "data": {"content": "{\\"status\\": \\"error\\"}", "status": "success"}}'


def row(attributes: dict[str, Any], **of: Any) -> dict[str, Any]:
    """Return the one row of a span, which the slow reader reads alike."""
    body = request(attributes, **of)
    assert_as_reference([body])
    return rows_of(body)[0]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("ChatCompletion(usage=CompletionUsage(prompt_tokens=9, details=D(cached_tokens=7)))", 7),
        ("C(text='usage=CompletionUsage(cached_tokens=99)', usage=CompletionUsage(x=1, cached_tokens=3))", 3),
        ("ChatCompletion(usage=CompletionUsage(prompt_tokens=9, cached_tokens=None))", None),
        (None, None),
        ({"usage": 1}, None),
    ],
    ids=["told", "quoted by a message", "not reported", "absent", "no text"],
)  # fmt: skip
def test_smolagents_cache_stands_in_the_text_of_an_object(raw: object, expected: int | None) -> None:
    """The response object's own count is read, not one that a message quotes."""
    sent = {"openinference.span.kind": "LLM", "output.value": json.dumps({"role": "assistant", "raw": raw})}
    assert expected == row(sent, scope=f"{OI}smolagents")["cache_read_tokens"]


@pytest.mark.parametrize(
    ("scope", "name", "attributes", "kind"),
    [
        (f"{OI}smolagents", "FinalAnswerTool", {**TOOL, "tool.name": "final_answer"}, "step"),
        (f"{OI}smolagents", "SimpleTool", {**TOOL, "tool.name": "search"}, "tool"),
        (f"{OI}dspy", "finish.__call__", TOOL, "step"),
        (f"{OI}openai_agents", "handoff to billing", TOOL, "handoff"),
        (f"{OI}crewai", "Crew_1.kickoff", {**CHAIN, "crew_agents": "[]"}, "workflow"),
        (f"{OI}agno", "flow.run", {**CHAIN, "agno.workflow.steps": "[]"}, "workflow"),
        ("crewai.telemetry", "Task Created", {"crew_key": "k"}, "other"),
        ("strands.telemetry.tracer", "Cycle 7", {"event_loop.cycle_id": "7"}, "step"),
        ("strands.telemetry.tracer", "chat", {"openinference.span.kind": "LLM"}, "llm"),
        ("gcp.vertex.agent", "invoke_node x", {"gen_ai.operation.name": "invoke_node"}, "step"),
        ("Microsoft.SemanticKernel", "chat m", {"gen_ai.operation.name": "chat.completions"}, "llm"),
        ("agent_framework", "executor.process x", {"executor.id": "x"}, "step"),
        ("agent_framework", "workflow.build", {"workflow_builder.name": "x"}, "other"),
        ("livekit-agents", "llm_request_run", {"lk.retry_count": 0}, "http"),
        ("my_application", "haystack.agent.step.tool", {"haystack.tool.name": "t"}, "tool"),
        ("my_application", "haystack.agent.step", {"haystack.agent.step": 1}, "step"),
    ],
)  # fmt: skip
def test_steps_are_what_the_framework_means(
    scope: str, name: str, attributes: dict[str, Any], kind: str
) -> None:
    """What looks like a tool, a call or nothing at all has the kind it really is."""
    assert kind == row(attributes, scope=scope, name=name)["kind"]


@pytest.mark.parametrize(
    ("scope", "attributes", "failed"),
    [
        ("strands.telemetry.tracer", {"gen_ai.operation.name": "execute_tool", "tool.status": "error"}, True),
        ("livekit-agents", {"lk.function_tool.name": "t", "lk.function_tool.is_error": True}, True),
        ("livekit-agents", {"lk.function_tool.name": "t", "lk.function_tool.is_error": False}, False),
        (
            f"{OI}langchain",
            {**TOOL, "output.value": '{"type": "tool", "data": {"content": "no", "status": "error"}}'},
            True,
        ),
        (
            f"{OI}langchain",
            {**TOOL, "output.value": QUOTED},
            None,
        ),
        (
            "my_application",
            {"haystack.tool.name": "t", "haystack.agent.step.tool.output": '{"error": "no"}'},
            True,
        ),
    ],
    ids=["strands", "livekit failed", "livekit went well", "langchain", "langchain quotes", "haystack"],
)  # fmt: skip
def test_failures_are_found_where_the_framework_says_them(
    scope: str, attributes: dict[str, Any], failed: bool | None
) -> None:
    """No error status, but a word, a flag or the result itself."""
    name = "haystack.agent.step.tool" if "haystack.tool.name" in attributes else "function_tool"
    assert failed == row(attributes, scope=scope, name=name)["tool_failed"]


def test_a_callbacks_inputs_hold_the_arguments_of_a_langchain_tool() -> None:
    """Arguments, call id and result come out of what OpenLLMetry hands on whole."""
    given = {
        "input_str": "{'to': 'sam'}", "inputs": {"to": "sam"}, "kwargs": {"tool_call_id": "c1"},
    }  # fmt: skip
    result = {"output": {"lc": 1, "kwargs": {"content": "sent", "type": "tool"}}}
    sent = {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.call.arguments": json.dumps(given),
        "gen_ai.tool.call.result": json.dumps(result),
    }
    found = row(sent, scope="opentelemetry.instrumentation.langchain")
    assert ('{"to":"sam"}', "sent", "c1") == (
        found["tool_arguments"], found["tool_result"], found["tool_call_id"],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("scope", "key", "expected"),
    [
        ("strands.telemetry.tracer", "gen_ai.server.time_to_first_token", 250.0),
        ("livekit-agents", "lk.response.ttft", 250_000.0),
        ("openclaw", "openclaw.model_call.time_to_first_byte_ms", 250.0),
    ],
)
def test_first_tokens_are_in_milliseconds(scope: str, key: str, expected: float) -> None:
    """Some say seconds, some milliseconds."""
    sent = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m", key: 250}
    assert expected == row(sent, scope=scope)["ttft_ms"]


def test_a_hostile_object_text_costs_no_time() -> None:
    """A pattern looks through the text once, whatever it repeats."""
    sent = {
        "openinference.span.kind": "LLM",
        "output.value": json.dumps({"raw": "usage=CompletionUsage(" * 20_000}),
    }
    found = rows_of(request(sent, scope=f"{OI}smolagents"))
    assert [None] == [each["cache_read_tokens"] for each in found]
