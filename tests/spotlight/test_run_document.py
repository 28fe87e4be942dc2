"""A run as a document: which rows are no steps of the agent, what log records made, who decided."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from spotlight.assembly import assemble
from spotlight.reports.noise import FEW, Shown, is_hidden, shown_rows
from spotlight.reports.run_document import run_document
from spotlight.reports.span_document import records_of
from tests.made_lake import made_lake, run, step
from tests.rows import MS, START, llm, payload, span, span_id, table, tool


def document(rows: list[dict[str, object]]) -> dict[str, Any]:
    """Return the document of the only run that these rows make."""
    spans = table(rows)
    run = assemble(spans).runs.to_pylist()
    assert 1 == len(run)
    return run_document(run[0], spans)


def noisy(found: dict[str, Any]) -> set[str]:
    """Return the names of the rows that are no steps of the agent."""
    cols = found["cols"]
    return {found["names"][name] for name, noise in zip(cols["name"], cols["noise"], strict=True) if noise}


def test_inner_works_of_a_known_client_are_noise() -> None:
    """Rows of no kind are noise, whether steps hang below them or not; the root never is."""
    found = document([
        span("root", kind="other", dialect="codex"), span("task", "root", kind="agent", dialect="codex"),
        span("loop", "task", kind="other", dialect="codex"), llm("call", "loop", dialect="codex"),
        span("post", "call", kind="http", dialect="codex"),
    ])  # fmt: skip
    assert {"loop", "post"} == noisy(found)
    assert {"spans": 2, "errors": 0, "hidden": False} == found["noise"]


def test_an_engine_of_ones_own_is_no_noise() -> None:
    """What an unknown vocabulary hangs agent steps below is structure; the rest of it is noise."""
    found = document([
        span("root", dialect="unknown", kind="other"), span("plan", "root", dialect="unknown", kind="other"),
        llm("call", "plan"), span("flush", "root", dialect="unknown", kind="other"),
    ])  # fmt: skip
    assert {"flush"} == noisy(found)


def test_without_an_agent_nothing_is_noise() -> None:
    """A trace in which no agent was at work is shown whole."""
    assert set() == noisy(document([span("a", kind="other"), span("b", "a", kind="http")]))


def test_what_decided_and_what_counts_is_no_noise() -> None:
    """Tokens that count and the failure that decided the status stay, of whatever kind their row is."""
    found = document([
        span("root", kind="agent", status="error"), tool("t", "root"),
        span("fetch", "root", kind="http", status="error", error_type="Timeout"),
        span("fine", "root", kind="http"), span("broken", "fine", kind="other", status="error"),
    ])  # fmt: skip
    deciding = found["run"]["error_span_id"]
    assert deciding is not None
    assert not any(
        n and i == deciding for n, i in zip(found["cols"]["noise"], found["cols"]["id"], strict=True)
    )
    assert found["noise"]["errors"] == sum(
        bool(noise and err) for noise, err in zip(found["cols"]["noise"], found["cols"]["err"], strict=True)
    )


@pytest.mark.parametrize(
    ("noise", "rows", "hidden"), [(FEW, 50, False), (FEW + 1, 50, True), (60, 120, False), (61, 121, True)]
)
def test_noise_is_hidden_where_it_is_most(noise: int, rows: int, hidden: bool) -> None:
    """More than 40 rows and more than half of all: else everything is shown."""
    assert hidden is is_hidden(noise, rows)


def test_steps_hang_below_the_nearest_shown_row() -> None:
    """Siblings that come together are in order of their start; with everything, nothing moves."""
    rows = [span("root", kind="agent")]
    rows += [span(f"n{at}", "root", kind="other", started_ns=START + at) for at in range(FEW + 1)]
    rows += [tool("late", "n0", started_ns=START + 900), tool("early", "n7", started_ns=START + 100)]
    found = document([*rows, llm("inner", "early", started_ns=START + 200)])
    names = [found["names"][found["cols"]["name"][row]] for row, _ in shown_rows(found)]
    parents = [found["names"][found["cols"]["name"][up]] if up >= 0 else "" for _, up in shown_rows(found)]
    assert ["root", "early", "inner", "late"] == names
    assert ["", "root", "early", "root"] == parents
    whole = [Shown(row, parent) for row, parent in enumerate(found["cols"]["parent"])]
    assert whole == shown_rows(found, everything=True)


def test_steps_made_from_records_are_marked() -> None:
    """A record that told no duration leaves it unknown; its end is known."""
    found = document([
        span("prompt", kind="agent", signal="log", dialect="claude_code", duration_ms=None),
        tool("run", "prompt", signal="log", dialect="claude_code", approval_decision="accept",
             approval_source="config"),
    ])  # fmt: skip
    assert [1, 1] == found["cols"]["log"]
    assert [None, 10.0] == found["cols"]["dur"]
    assert (["accept"], ["config"]) == (found["decisions"], found["deciders"])
    assert [-1, 0] == found["cols"]["decision"]


def test_a_record_tells_what_its_span_did_not_know() -> None:
    """A span that says "unknown" takes the decision from the log record of the same step."""
    found = document([
        span("turn", kind="agent", dialect="claude_code"),
        span("wait", "turn", kind="approval", dialect="claude_code", tool_call_id="c1",
             approval_decision="unknown", approval_source="unknown"),
        span("decision", "wait", kind="approval", dialect="claude_code", signal="log", tool_call_id="c1",
             approval_decision="reject", approval_source="user_reject"),
    ])  # fmt: skip
    assert 2 == found["count"]
    cols = found["cols"]
    assert ["reject", "user_reject"] == [
        found["decisions"][cols["decision"][1]],
        found["deciders"][cols["decider"][1]],
    ]


def test_records_of_one_moment_are_told_apart() -> None:
    """Of records with one event, request and time, those count that carry the row's ids and leftovers."""
    records: list[dict[str, object]] = [
        {"attributes": '{"event.name":"tool_result","tool_use_id":"c1","seq":1}'},
        {"attributes": '{"event.name":"tool_result","tool_use_id":"c2","seq":2}'},
        {"attributes": '{"event.name":"tool_result","tool_use_id":"c1","seq":3}'},
        {"attributes": None},
    ]
    row = {"tool_call_id": "c1", "request_id": None, "attributes": '{"seq":1}'}
    assert [records[0]] == records_of(row, records)
    assert [records[0], records[2]] == records_of(row | {"attributes": "{}"}, records)


def test_steps_carry_their_price_and_their_part_of_the_critical_path() -> None:
    """A step without a price has none; what ran beside the longest work is not waited for."""
    rows = [
        span("root", kind="agent", ended_ns=START + 100 * MS),
        llm("call", "root", started_ns=START, ended_ns=START + 40 * MS),
        tool("short", "root", started_ns=START + 40 * MS, ended_ns=START + 60 * MS),
        tool("long", "root", started_ns=START + 40 * MS, ended_ns=START + 100 * MS),
    ]
    spans = table(rows)
    found: Any = run_document(assemble(spans).runs.to_pylist()[0], spans, {span_id("call"): 0.25})
    by_id = dict(zip(found["cols"]["id"], range(4), strict=True))
    order = [by_id[span_id(name)] for name in ("root", "call", "short", "long")]
    assert [None, 0.25, None, None] == [found["cols"]["cost"][row] for row in order]
    assert [None, 40.0, 0.0, 60.0] == [found["cols"]["critical"][row] for row in order]


def test_document_says_where_it_opens() -> None:
    """The first failed tool is named with the reason; without a word of tool calls nothing is chosen."""
    spans = table([span("root", kind="agent"), tool("t", "root", error_type="Timeout"), llm("call", "root")])
    run = assemble(spans).runs.to_pylist()[0]
    names = ("trace_id", "span_id", "arguments", "result", "sign")
    calls = pa.table({name: pa.array([], pa.string()) for name in names})
    opens: Any = run_document(run, spans, calls=calls)["opens_at"]
    why = "first failed tool: t: Timeout"
    assert {"span": span_id("t"), "rule": "failed_tool", "why": why} == opens
    assert run_document(run, spans)["opens_at"] is None


def test_a_run_whose_spans_are_gone_is_still_shown(tmp_path: Path) -> None:
    """Its row and steps may outlive its spans: page and transcript have nothing to draw, and no fault."""
    row = run("a")
    reports = made_lake(tmp_path, runs=[row], steps=[step(row, "t")])
    assert 0 == reports.run_document(str(row["run_id"]))["count"]
    assert () == reports.transcript(str(row["run_id"])).steps


def test_a_step_has_what_a_second_telling_of_it_says(tmp_path: Path) -> None:
    """Of a call that two instrumentations report, the panel shows what only the other one sent."""
    usage = {"response_id": "r1", "input_tokens": 5, "output_tokens": 2}
    rows = [span("root", kind="agent"), llm("bare", "root", **usage), llm("told", "root", **usage)]
    said = payload(rows[2], input_messages='[{"role":"user","content":"hi"}]', output_value="hello")
    row = run("r", trace_id=rows[0]["trace_id"], trace_ids=[rows[0]["trace_id"]])
    for number, one in enumerate(rows):
        one["started_ns"] = START + number
    reports = made_lake(tmp_path, runs=[row], spans=rows, payloads=[said])
    told = reports.tellings(reports.run(row["run_id"]))
    assert {span_id("bare"): [(row["trace_id"], span_id("told"))]} == told
    shown: Any = reports.span_document(row["run_id"], span_id("bare"))
    assert ("hello", "hi") == (
        shown["payload"]["output_value"],
        shown["payload"]["input_messages"][0]["content"],
    )
