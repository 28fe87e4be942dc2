"""The steps of runs: each once, with whose it was, what used, what it caused, and what it cost."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from spotlight.assembly import Accounts, accounts, assemble
from spotlight.assembly.signature import error_signatures
from spotlight.pricing import default_book
from tests.rows import MS, START, llm, span, table, tool

BOOK = default_book()
PRICED: dict[str, object] = {"provider": "openai", "request_model": "gpt-4.1-mini"}
Row = dict[str, object]


def accounted(rows: list[Row]) -> Accounts:
    """Return the runs and steps that the rows make."""
    return accounts(assemble(table(rows)), BOOK)


def steps_of(rows: list[Row]) -> dict[str, dict[str, Any]]:
    """Return the steps that the rows make, by name."""
    return {step["name"]: step for step in accounted(rows).steps.to_pylist()}


def at(ms: int, length: int = 10) -> dict[str, object]:
    """Return times that begin some milliseconds after the start."""
    return {"started_ns": START + ms * MS, "ended_ns": START + (ms + length) * MS}


def test_inner_works_are_no_steps_and_do_not_stand_between() -> None:
    """A step hangs below the nearest step above it, past what a framework or transport puts between."""
    steps = steps_of([
        span("agent", kind="agent"),
        span("chain", "agent", kind="step"),
        llm("call", "chain"),
        span("post", "call", kind="http"),
    ])  # fmt: skip
    assert {"agent", "call"} == steps.keys()
    assert steps["agent"]["span_id"] == steps["call"]["parent_span_id"] == steps["call"]["agent_span_id"]
    assert (1, 2) == (steps["agent"]["step"], steps["call"]["step"])


def test_usage_on_nothing_but_the_whole_is_a_step() -> None:
    """A workflow that alone reports usage counts, as what it is."""
    steps = steps_of([span("flow", kind="workflow", input_tokens=30, output_tokens=3, **PRICED)])
    assert ("leaf", 30, False) == tuple(
        steps["flow"][n] for n in ("usage_role", "input_tokens", "is_generation")
    )
    assert pytest.approx(30 * 0.4e-6 + 3 * 1.6e-6) == steps["flow"]["cost_usd"]


def test_a_repeated_report_costs_nothing() -> None:
    """The agent's own sum of its calls is neither usage nor cost of a step, and the run is the calls."""
    made = accounted([
        span("agent", kind="agent", input_tokens=30, output_tokens=3, **PRICED),
        llm("a", "agent", input_tokens=10, output_tokens=1, **PRICED),
        llm("b", "agent", input_tokens=20, output_tokens=2, **PRICED),
    ])  # fmt: skip
    steps = {step["name"]: step for step in made.steps.to_pylist()}
    assert ("rollup", None, None) == tuple(
        steps["agent"][n] for n in ("usage_role", "input_tokens", "cost_usd")
    )
    assert pytest.approx(30 * 0.4e-6 + 3 * 1.6e-6) == made.runs.column("cost_usd")[0].as_py()
    assert 0 == made.runs.column("unpriced_generations")[0].as_py()


def test_classes_of_input_add_up() -> None:
    """Uncached, read and written input are the whole input, and each has its own price."""
    step = steps_of([
        llm("call", input_tokens=100, output_tokens=10, cache_read_tokens=60, cache_write_tokens=30,
            provider="anthropic", request_model="claude-sonnet-4-5", usage_basis="inclusive"),
    ])["call"]  # fmt: skip
    assert (100, 10, 60, 30) == tuple(
        step[f"{name}_tokens"] for name in ("input", "uncached_input", "cache_read", "cache_write")
    )
    costs = [step[f"{name}_cost_usd"] for name in ("input", "cache_read", "cache_write", "output")]
    assert pytest.approx([10 * 3e-6, 60 * 0.3e-6, 30 * 3.75e-6, 10 * 15e-6]) == costs
    assert pytest.approx(sum(costs)) == step["cost_usd"]


def test_unknown_price_is_unknown_and_counted() -> None:
    """A call of a model that no book lists has no cost, says why, and its run counts it."""
    made = accounted(
        [llm("call", input_tokens=10, output_tokens=1, provider="acme", request_model="house-70b")]
    )
    step = made.steps.to_pylist()[0]
    assert (None, True) == (step["cost_usd"], bool(step["unpriced_reason"]))
    run = made.runs.to_pylist()[0]
    assert (None, 1) == (run["cost_usd"], run["unpriced_generations"])


def test_identity_comes_from_the_nearest_that_says_it() -> None:
    """Prompt and skill come from the span above, the agent from the nearest agent, the rest from the run."""
    step = steps_of([
        span("outer", kind="agent", agent_name="planner", session_id="s-1", user_id="amy"),
        span("inner", "outer", kind="agent", agent_name="writer", prompt_name="draft", prompt_version="3"),
        llm("call", "inner", skill_name="prose"),
    ])["call"]  # fmt: skip
    names = ("agent_name", "prompt_name", "prompt_version", "skill_name", "session_id", "user_id")
    assert ("writer", "draft", "3", "prose", "s-1", "amy") == tuple(step[name] for name in names)


def test_a_model_call_goes_on_from_the_tool_before_it() -> None:
    """Of the tools since the model call before, the one that ended last; none at the beginning."""
    steps = steps_of([
        span("agent", kind="agent", **at(0, 100)),
        llm("first", "agent", **at(0)),
        tool("search", "agent", tool_name="search", **at(12, 20)),
        tool("fetch", "agent", tool_name="fetch", **at(12, 5)),
        llm("second", "agent", **at(40)),
        llm("third", "agent", **at(60)),
    ])  # fmt: skip
    assert [None, "search", None] == [steps[name]["caused_by"] for name in ("first", "second", "third")]


def test_retries_fallbacks_and_rows_of_one_tool() -> None:
    """A call right after a failed one of the same model is a retry, of another model a fallback."""
    made = accounted([
        span("agent", kind="agent", **at(0, 200)),
        llm("one", "agent", status="error", request_model="big", **at(0)),
        llm("two", "agent", status="error", request_model="big", **at(20)),
        llm("three", "agent", request_model="small", **at(40)),
        *(tool(f"t{n}", "agent", tool_name="search", **at(60 + 20 * n)) for n in range(3)),
    ])  # fmt: skip
    steps = {step["name"]: step for step in made.steps.to_pylist()}
    assert [False, True, False] == [steps[name]["is_retry"] for name in ("one", "two", "three")]
    run = made.runs.to_pylist()[0]
    assert (1, 1, 3) == (run["retries"], run["fallbacks"], run["repeats"])


def test_first_token_and_first_action_count_from_the_start_of_the_run() -> None:
    """The first token is the first call's, the first action the first tool call."""
    run = accounted([
        span("agent", kind="agent", **at(0, 100)),
        llm("call", "agent", ttft_ms=4.0, **at(5)),
        tool("search", "agent", **at(30)),
    ]).runs.to_pylist()[0]  # fmt: skip
    assert (9.0, 30.0, 5.0) == (run["ttft_ms"], run["first_action_ms"], run["queue_ms"])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("timeout after 30 s for user 'amy'", "timeout after 31.5 s for user 'bob'"),
        ("GET https://a.example/x?id=1 failed", "GET https://b.example/y failed"),
        ("no file /tmp/ab/c.txt", "no file /var/x.log"),
        ("call call_9fKx02aZ1 not found", "call call_77dJq81bQ not found"),
        ("id 550e8400-e29b-41d4-a716-446655440000", "id 123e4567-e89b-12d3-a456-426614174000"),
    ],
)
def test_failures_of_one_sort_share_a_signature(one: str, other: str) -> None:
    """What differs from one failure to the next is not part of its signature."""
    kinds, said = (pa.chunked_array([values]) for values in (["Timeout"] * 2, [one, other]))
    first, second = error_signatures(kinds, said).to_pylist()
    assert first == second
    assert first.startswith("Timeout: ")


def test_different_failures_keep_apart_and_silence_has_none() -> None:
    """Words that say what went wrong stay; a run without an error has no signature."""
    kinds = pa.chunked_array([["A", "A", None, None]], pa.string())
    said = pa.chunked_array([["disk full", "no such user", "disk full", None]], pa.string())
    assert ["A: disk full", "A: no such user", "disk full", None] == error_signatures(kinds, said).to_pylist()
