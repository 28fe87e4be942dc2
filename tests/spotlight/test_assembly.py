"""Runs made from spans: who hangs below whom, what counts, how it ended."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spotlight.assembly import assemble
from spotlight.assembly.link import depths, mark_ancestors
from tests.rows import MS, START, llm, span, table, tool, trace_id


def only_run(rows: list[dict[str, object]]) -> dict[str, object]:
    """Return the one run that the rows make."""
    runs = assemble(table(rows)).runs.to_pylist()
    assert len(runs) == 1, runs
    return runs[0]


def test_rollups_are_not_counted() -> None:
    """Tokens on an agent span that repeats its children's are not added to them."""
    run = only_run([
        span("agent", kind="agent", input_tokens=30, output_tokens=3),
        llm("a", "agent", input_tokens=10, output_tokens=1),
        llm("b", "agent", input_tokens=20, output_tokens=2),
    ])  # fmt: skip
    assert (30, 3, 2) == (run["input_tokens"], run["output_tokens"], run["generations"])


def test_a_black_box_agent_counts_itself() -> None:
    """Tokens on an agent span without reporting children are the run's tokens."""
    assert 30 == only_run([span("agent", kind="agent", input_tokens=30)])["input_tokens"]


def test_unknown_tokens_stay_unknown() -> None:
    """A run whose model calls reported nothing has NULL tokens, not 0."""
    run = only_run([span("agent"), llm("a", "agent")])
    assert (None, None, 1, 1) == (
        run["input_tokens"], run["output_tokens"], run["generations"], run["generations_without_usage"],
    )  # fmt: skip


def test_exclusive_input_gains_its_cache() -> None:
    """Input tokens include the cache, also where the client counts them apart."""
    rows = [llm("a", input_tokens=5, cache_read_tokens=90, cache_write_tokens=5, usage_basis="exclusive")]
    assert 100 == only_run(rows)["input_tokens"]


@pytest.mark.parametrize("named", [True, False])
def test_one_call_told_twice_side_by_side_counts_once(named: bool) -> None:
    """Two instrumentations of one call: the same response id, or the same usage at the same time."""
    shared: dict[str, object] = {"input_tokens": 10, "output_tokens": 2, "started_ns": START}
    first = llm("a", "root", scope_name="one", response_id="r" if named else None, **shared)
    second = llm("b", "root", scope_name="two", response_id="r" if named else None, **shared)
    run = only_run([span("root"), first, second])
    assert (10, 1) == (run["input_tokens"], run["generations"])


def test_parallel_equal_calls_are_two() -> None:
    """Two like calls of one instrumentation at the same time are two calls."""
    shared: dict[str, object] = {"input_tokens": 10, "output_tokens": 2, "scope_name": "one"}
    run = only_run([span("root"), llm("a", "root", **shared), llm("b", "root", **shared)])
    assert (20, 2) == (run["input_tokens"], run["generations"])


def test_a_tool_failure_nothing_made_good_is_an_error() -> None:
    """A run whose root looks well but whose tool failed for good ended in error, and says where."""
    run = only_run([span("root", status="ok"), tool("mail", "root", status="error", error_message="bounced")])
    assert ("error", "bounced", 1) == (run["status"], run["error_message"], run["failed_tool_calls"])


def test_a_retried_tool_failure_is_made_good() -> None:
    """A failed call followed by a good one of the same tool leaves the run well."""
    later = {"started_ns": START + 20 * MS, "ended_ns": START + 30 * MS}
    run = only_run([span("root"), tool("mail#1", "root", status="error"), tool("mail#2", "root", **later)])
    assert ("ok", 1, 2) == (run["status"], run["failed_tool_calls"], run["tool_calls"])


def test_a_tool_that_says_it_failed_failed() -> None:
    """A tool's own sign counts although its span status is unset."""
    run = only_run([span("root"), tool("mail", "root", tool_failed=True)])
    assert ("error", 1, 0) == (run["status"], run["failed_tool_calls"], run["error_spans"])


def test_a_failed_root_names_its_innermost_cause() -> None:
    """Error statuses climb; the run shows the span where they began."""
    rows = [
        span("root", status="error", error_message="step failed"),
        span("step", "root", status="error", error_message="call failed"),
        span("call", "step", status="error", error_message="no route to host"),
    ]
    assert "no route to host" == only_run(rows)["error_message"]


def test_a_run_without_its_root_is_incomplete() -> None:
    """A killed process leaves spans whose parent never comes: the run says so."""
    run = only_run([llm("a", "root"), tool("t", "root")])
    assert ("incomplete", 2) == (run["status"], run["missing_parents"])


def test_identity_comes_from_the_root_else_from_the_earliest_span() -> None:
    """A session that only a child names is the run's; the root wins where it speaks."""
    run = only_run([
        span("root", user_id="amy"),
        llm("a", "root", session_id="s-1", user_id="bob", started_ns=START + MS),
        llm("b", "root", session_id="s-2", started_ns=START + 2 * MS),
    ])  # fmt: skip
    assert ("s-1", "amy") == (run["session_id"], run["user_id"])


def test_pack_version_says_where_it_came_from() -> None:
    """A declared version beats the resource's, and a service version is only a marked candidate."""
    declared = only_run([span("r", pack_version="2", pack_version_source="spotlight.pack.version")])
    resource = only_run([span("r", resource='{"spotlight.pack.version":"3"}')])
    service = only_run([span("r", service_version="1.4.0")])
    assert [("2", "root spotlight.pack.version"), ("3", "resource spotlight.pack.version"),
            ("svc:1.4.0", "resource service.version")] == [
        (r["pack_version"], r["pack_version_source"]) for r in (declared, resource, service)
    ]  # fmt: skip


def test_the_newest_version_of_a_span_counts() -> None:
    """A span sent again with other content replaces the earlier one in its run."""
    rows = [llm("a", input_tokens=1, journal_position=1), llm("a", input_tokens=7, journal_position=2)]
    run = only_run(rows)
    assert (7, 1) == (run["input_tokens"], run["spans"])


def test_a_tool_span_inside_its_own_call_is_the_same_call() -> None:
    """An inner tool span of the same tool is not a second tool call."""
    run = only_run([span("root"), tool("mail", "root"), tool("mail#inner", "mail")])
    assert 1 == run["tool_calls"]


def test_traces_do_not_mix() -> None:
    """Equal span ids in two traces are two spans, each below its own parent."""
    rows = [r for t in ("x", "y") for r in (span("root", trace=t), llm("a", "root", trace=t, input_tokens=3))]
    runs = assemble(table(rows)).runs.to_pylist()
    assert {(trace_id("x"), 3, 2), (trace_id("y"), 3, 2)} == {
        (r["trace_id"], r["input_tokens"], r["spans"]) for r in runs
    }


def test_a_parent_cycle_ends() -> None:
    """Spans that name each other as parents are shown, as a run without a root."""
    run = only_run([span("a", "b"), span("b", "a", started_ns=START + MS), span("c", "b")])
    assert ("incomplete", 3) == (run["status"], run["spans"])


def test_a_long_chain_below_a_cycle_is_cut_in_one_walk() -> None:
    """Thousands of spans below a parent cycle are one run; the work grows with their number only."""
    chain = [span("a", "b"), span("b", "a")] + [span(f"c{n}", f"c{n - 1}" if n else "b") for n in range(5000)]
    assert 5002 == only_run(chain)["spans"]


def test_any_root_in_error_makes_the_run_an_error() -> None:
    """A trace with two roots failed where either did."""
    run = only_run([span("one"), span("two", status="error", error_message="late", started_ns=START + MS)])
    assert ("error", "late") == (run["status"], run["error_message"])


def test_equal_response_ids_alone_do_not_make_one_call() -> None:
    """Local servers give every response the same id: calls one after the other stay two."""
    shared: dict[str, object] = {"response_id": "chatcmpl-1", "scope_name": "one"}
    later = {"started_ns": START + 20 * MS, "ended_ns": START + 30 * MS}
    run = only_run([llm("a", input_tokens=100, **shared), llm("b", input_tokens=900, **shared, **later)])
    assert (1000, 2) == (run["input_tokens"], run["generations"])


def test_a_call_whose_wrapper_reports_is_metered() -> None:
    """Tokens on the span around a model call are that call's: nothing is unknown."""
    run = only_run([llm("outer", input_tokens=100), llm("inner", "outer")])
    assert (100, 1, 0) == (run["input_tokens"], run["generations"], run["generations_without_usage"])


def test_impossible_tokens_are_unknown_and_flagged() -> None:
    """Negative and absurd counts do not reach a sum; the run says that there were some."""
    rows = [llm("a", input_tokens=2**62), llm("b", input_tokens=-5), llm("c", input_tokens=7)]
    run = only_run(rows)
    assert (7, ["impossible_usage"]) == (run["input_tokens"], run["quality_flags"])


EDGES = st.sampled_from([None, 0, 1, START, START + 200 * 86_400 * 10**9, 2**63 - 1])
TOKENS = st.one_of(st.none(), st.sampled_from([0, 1, -1, 2**62, 2**63 - 1, -(2**63)]))


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.lists(st.tuples(EDGES, EDGES, TOKENS, TOKENS, st.integers(-1, 6)), min_size=1, max_size=7))
def test_no_values_keep_a_run_from_being_assembled(rows: list[tuple[int | None, ...]]) -> None:
    """Whatever times, counts and parents a client sends, its spans make one run."""
    made = [
        llm(f"s{n}", f"s{parent}" if parent is not None and parent >= 0 else None,
            started_ns=start, ended_ns=end, input_tokens=tin, cache_read_tokens=cached)
        for n, (start, end, tin, cached, parent) in enumerate(rows)
    ]  # fmt: skip
    assert len(rows) == only_run(made)["spans"]


def test_no_spans_make_no_runs() -> None:
    """An empty table is an empty answer."""
    assert 0 == assemble(table([])).runs.num_rows


def test_climbing_equals_the_plain_walk() -> None:
    """Pointer jumping finds what a walk from every span to its root finds."""
    dice = random.Random(7)
    parent = np.array([-1] + [dice.randrange(-1, row) for row in range(1, 400)])
    marked = np.array([dice.random() < 0.1 for _ in parent])
    above = [walk(parent, row) for row in range(len(parent))]
    assert [any(marked[d] and row in above[d] for d in range(len(parent))) for row in range(len(parent))] == (
        mark_ancestors(parent, marked).tolist()
    )
    assert [len(chain) for chain in above] == depths(parent).tolist()


def walk(parent: np.ndarray, row: int) -> list[int]:
    """Return the ancestors of a row, the nearest first."""
    chain = []
    while (row := int(parent[row])) >= 0:
        chain.append(row)
    return chain
