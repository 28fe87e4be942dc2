"""From the SDK over OTLP into a real collector and its lake: Spotlight sees what the program said."""

from __future__ import annotations

import json

from opentelemetry import context
from opentelemetry.baggage.propagation import W3CBaggagePropagator
from opentelemetry.propagators.composite import CompositePropagator
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

import spotlight_sdk as spotlight
from tests.command import spotlight as command
from tests.command import spotlight_json
from tests.sdk.conftest import Collected

PROPAGATOR = CompositePropagator([TraceContextTextMapPropagator(), W3CBaggagePropagator()])


def service(collected: Collected, carrier: dict[str, str]) -> None:
    """Answer a request in another process: a span of its own instrumentation, and a tool."""
    provider = collected.provider(spotlight.SpotlightSpanProcessor())
    token = context.attach(PROPAGATOR.extract(carrier, context.Context()))
    try:
        with (
            provider.get_tracer("web").start_as_current_span("GET /account"),
            spotlight.identity(tracer_provider=provider),
            spotlight.tool("lookup", {"id": 7}) as call,
        ):
            call.fail("no such account")
    finally:
        context.detach(token)


def engine(collected: Collected) -> str:
    """Run an agent that takes every sort of step, and return its trace id."""
    provider = collected.provider(spotlight.SpotlightSpanProcessor())
    whose = {"session": "s-1", "user": "u-1", "turn": "t-1", "pack": "support", "pack_version": "1.4.0"}
    skill = {"skill": "mail", "skill_version": "3", "feature": "renewals", "surface": "api"}
    with spotlight.run("desk", **whose, **skill, propagate=True, tracer_provider=provider) as run:  # type: ignore[arg-type]
        with spotlight.memory_read("facts", query="what is known?") as read:
            read.records(["likes tables"])
        with spotlight.generation("m-1", provider="acme", messages="When?") as answer:
            answer.usage(100, 7, cache_read_tokens=60)
            answer.output("In May.")
            spotlight.score("helpful", 0.9, label="good")
        spotlight.decision("It is known there.", decision_type="tool_call", selected_tool="lookup").record()
        with spotlight.approval("lookup", call_id="c1") as gate:
            gate.decide("approved", by="policy:read_only", reason="reads only")
        carrier: dict[str, str] = {}
        PROPAGATOR.inject(carrier)
        service(collected, carrier)
        with spotlight.run("writer", pack="writer-pack"):
            spotlight.memory_write("facts", "renews in May", state="proposed").record()
        spotlight.checkpoint("done", step=2, state={"left": 0}).record()
        return run.trace_id


def test_spotlight_sees_the_run(collected: Collected) -> None:
    """The run has whose it is, tokens counted once, and every step with its kind, across two processes."""
    trace_id = engine(collected)
    document = collected.drained().run_document(trace_id)
    run = document["run"]
    assert {
        "run_id": trace_id, "session_id": "s-1", "user_id": "u-1", "pack_name": "support",
        "pack_version": "1.4.0", "agent_name": "desk",
        "feature": "renewals", "surface": "api", "status": "error", "error_type": "tool_error",
        "spans": 10, "generations": 1,
        "tool_calls": 1, "failed_tool_calls": 1, "input_tokens": 100, "output_tokens": 7,
        "cache_read_tokens": 60, "models": ["m-1"],
    } == {name: run[name] for name in (
        "run_id", "session_id", "user_id", "pack_name", "pack_version", "agent_name",
        "feature", "surface", "status", "error_type", "spans",
        "generations", "tool_calls", "failed_tool_calls",
        "input_tokens", "output_tokens", "cache_read_tokens", "models",
    )}  # fmt: skip


def test_every_span_has_kind_session_and_columns(collected: Collected) -> None:
    """Kinds are as the steps say, and session, turn and skill stand on every span, in both processes."""
    engine(collected)
    collected.drained()
    rows = collected.rows("select * from spans order by started_ns, span_id")
    assert {
        "invoke_agent desk": "agent", "search_memory facts": "memory_read", "chat m-1": "llm",
        "decision tool_call": "decision", "approval lookup": "approval", "GET /account": "other",
        "execute_tool lookup": "tool", "invoke_agent writer": "agent", "upsert_memory facts": "memory_write",
        "checkpoint done": "checkpoint",
    } == {row["name"]: row["kind"] for row in rows}  # fmt: skip
    own = [row for row in rows if row["name"] != "GET /account"]
    assert {("spotlight", "spotlight.kind")} == {(row["dialect"], row["kind_source"]) for row in own}
    names = ("session_id", "user_id", "turn_id", "skill_name", "skill_version", "feature", "surface")
    assert {("s-1", "u-1", "t-1", "mail", "3", "renewals", "api")} == {
        tuple(row[name] for name in names) for row in rows
    }
    assert {"upsert_memory facts", "invoke_agent writer"} == {
        row["name"] for row in rows if (row["pack_name"], row["pack_version"]) == ("writer-pack", None)
    }


def test_facts_and_content_of_the_steps_are_found_again(collected: Collected) -> None:
    """Approval columns, the decision record, scores and what went in and out are where one looks for them."""
    engine(collected)
    collected.drained()
    rows = collected.rows(
        "select s.name, s.approval_decision, s.approval_source, s.tool_call_id, s.attributes, s.events,"
        " p.input_value, p.output_value, p.tool_arguments, p.output_messages"
        " from spans as s left join payloads as p on p.span_id = s.span_id"
    )
    by_name = {row["name"]: row for row in rows}
    approval, decision = by_name["approval lookup"], by_name["decision tool_call"]
    assert ("approved", "policy:read_only", "c1", "reads only") == (
        approval["approval_decision"], approval["approval_source"], approval["tool_call_id"],
        approval["output_value"],
    )  # fmt: skip
    record = json.loads(json.loads(decision["attributes"])["spotlight.decision"])
    assert {
        "decision_type": "tool_call",
        "summary": "It is known there.",
        "selected_tool": "lookup",
    } == record
    assert ("what is known?", '["likes tables"]') == tuple(
        by_name["search_memory facts"][name] for name in ("input_value", "output_value")
    )
    assert ("renews in May", '{"left":0}', '{"id":7}') == (
        by_name["upsert_memory facts"]["input_value"],
        by_name["checkpoint done"]["input_value"],
        by_name["execute_tool lookup"]["tool_arguments"],
    )
    assert "In May." in by_name["chat m-1"]["output_messages"]
    assert "gen_ai.evaluation.result" in by_name["chat m-1"]["events"]


def test_spotlight_show_prints_it(collected: Collected) -> None:
    """`spotlight show` names the run and its steps, by the id that the program was given."""
    trace_id = engine(collected)
    collected.drained()
    shown = command("show", trace_id, "--data", collected.folder).stdout
    words = ("support 1.4.0", "s-1", "memory_read", "decision", "approval", "checkpoint", "no such account")
    assert [] == [word for word in words if word not in shown]
    [listed] = spotlight_json("runs", "--data", collected.folder)
    assert trace_id == listed["run_id"]
