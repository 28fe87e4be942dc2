"""What is special to frameworks of which only a sample made by hand exists, column by column."""

from __future__ import annotations

from typing import Any

import pytest

from tests.command import spotlight_json
from tests.conftest import SampleLake

SPANS = [
    # Output of the first call is told without its reasoning; the second has none.
    ("google_adk", "call_llm", {"kind": "llm", "output_tokens": 28, "reasoning_tokens": 8,
                                "cache_read_tokens": 40, "turn_id": "e-1"}),
    ("google_adk", "agent_run [triage_agent]", {"kind": "agent", "agent_name": "triage_agent"}),
    ("google_adk", "execute_tool (merged)", {"kind": "other", "kind_source": "pseudo"}),
    ("google_adk", "execute_tool transfer_to_agent", {"kind": "handoff"}),
    ("google_adk", "invocation", {"kind": "workflow"}),
    ("semantic_kernel", "AutoFunctionInvocationLoop", {"kind": "step"}),
    ("semantic_kernel", "execute_tool Tools-crm_get_account", {"tool_name": "Tools-crm_get_account"}),
    ("livekit", "llm_node", {"kind": "llm", "ttft_ms": 250.0}),
    ("livekit", "llm_request_run", {"kind": "http"}),
    ("livekit", "function_tool", {"tool_name": "send_email", "tool_call_id": "call_1", "tool_failed": True}),
    ("livekit", "agent_turn", {"kind": "agent", "turn_id": "gen-1"}),
    ("livekit", "agent_session", {"kind": "workflow", "pack_version": "dep-7"}),
    ("pipecat", "llm", {"kind": "llm", "ttft_ms": 310.0}),
    ("pipecat", "llm_response", {"kind": "llm", "audio_input_tokens": 150, "audio_output_tokens": 48}),
    ("pipecat", "llm_tool_call", {"kind": "step"}),
    ("pipecat", "llm_tool_result", {"kind": "tool", "tool_name": "send_email", "tool_failed": True}),
    ("pipecat", "stt", {"kind": "step"}),
    ("pipecat", "conversation", {"kind": "workflow", "session_id": "conv-42", "surface": "voice"}),
    ("promptkit", "promptkit.pipeline", {"kind": "workflow", "cost_reported_usd": None, "turn_id": "run-1"}),
    ("promptkit", "promptkit invoke_agent", {"kind": "agent", "pack_name": "renewal-pack"}),
    ("promptkit", "promptkit.workflow.transition", {"kind": "step", "prompt_name": "follow_up"}),
    ("promptkit", "promptkit.eval.banned_words", {"kind": "evaluator"}),
    ("openclaw", "openclaw.model.call", {"kind": "llm", "input_tokens": None, "ttft_ms": 180.0}),
    ("openclaw", "openclaw.model.usage", {"kind": "step", "input_tokens": 1210, "cache_write_tokens": 200}),
    ("openclaw", "openclaw.skill.used", {"kind": "step", "skill_name": "renewals"}),
    ("openclaw", "openclaw.message.processed", {"kind": "workflow", "surface": "telegram"}),
    ("voltagent", "memory.read", {"kind": "memory_read"}),
    ("voltagent", "llm:streamText", {"kind": "llm", "provider": "openai", "input_tokens": 90}),
    ("voltagent", "tool.execution:send_email", {"kind": "tool", "tool_name": "send_email"}),
    ("flue", "chat claude-sonnet-4-5", {"cache_write_tokens": 150, "session_id": "conv-fl-1"}),
    ("spring_ai", "spring_ai chat_client", {"kind": "step", "session_id": "conv-sp-1"}),
    ("spring_ai", "pgvector query", {"kind": "retrieval"}),
    ("spring_ai", "execute_tool crm_get_account", {"kind": "tool", "tool_name": "crm_get_account"}),
    ("agno", "renewal_agent.run", {"agent_id": "renewal_agent", "turn_id": "run-ag-1"}),
    ("dspy", "ReAct.forward", {"kind": "agent"}),
    ("dspy", "finish.__call__", {"kind": "step"}),
    ("dspy", "crm_get_account.__call__", {"kind": "tool", "tool_name": "crm_get_account"}),
    ("haystack", "haystack.agent.step", {"kind": "step"}),
    ("haystack", "haystack.agent.step.llm", {"kind": "llm", "request_model": "gpt-4.1-mini",
                                             "input_tokens": 105}),
    ("haystack", "haystack.agent.step.tool", {"kind": "tool", "tool_failed": True}),
]  # fmt: skip


@pytest.fixture(scope="module")
def spans(sample_lake: SampleLake) -> dict[tuple[str, str], dict[str, Any]]:
    """Return the earliest span of each dialect and name."""
    sql = "select * from spans order by started_ns desc"
    rows = spotlight_json("query", sql, "--data", sample_lake.data)
    return {(row["dialect"], row["name"]): row for row in rows}


@pytest.mark.parametrize(("dialect", "name", "wanted"), SPANS, ids=[f"{d}-{n}" for d, n, _ in SPANS])
def test_spans_are_read_by_their_dialect(
    spans: dict[tuple[str, str], dict[str, Any]], dialect: str, name: str, wanted: dict[str, Any]
) -> None:
    """The columns that this framework fills in its own way."""
    span = spans[dialect, name]
    assert wanted == {column: span[column] for column in wanted}


def test_a_blocked_tool_call_says_who_blocked_it(sample_lake: SampleLake) -> None:
    """It was not carried out: no failure, but an approval's decision and its source."""
    sql = "select approval_decision, approval_source, tool_failed from spans where tool_name = 'exec'"
    rows = spotlight_json("query", sql, "--data", sample_lake.data)
    assert [{"approval_decision": "blocked", "approval_source": "policy", "tool_failed": None}] == rows
