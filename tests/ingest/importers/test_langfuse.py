"""Langfuse exports: API objects, rows of the blob export, ingestion events."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.ingest.importers.loading import FIXTURES, Loaded, load

FOLDER = FIXTURES / "langfuse"
SPANS = """select name, kind, started_ns, ended_ns, status, status_message, request_model, input_tokens,
                  cache_read_tokens, output_tokens, reasoning_tokens, cost_reported_usd, ttft_ms, prompt_name,
                  prompt_version, tool_name
           from spans where name != 'order' order by started_ns"""


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    """Return a lake with the API's trace, its observations and scores."""
    return load(tmp_path_factory.mktemp("langfuse"), FOLDER / "traces.json")


def test_a_trace_is_a_run(loaded: Loaded) -> None:
    """Session, user, version and environment come from the trace; usage and cost from its calls."""
    sql = """select name, session_id, user_id, pack_name, pack_version, environment, generations,
                    generations_without_usage, tool_calls, failed_tool_calls, input_tokens, output_tokens,
                    cost_reported_usd, duration_ms from runs"""
    assert (
        "order",
        "table-4",
        "guest-2",
        "waiter",
        "2.3.0",
        "staging",
        2,
        1,
        1,
        1,
        100,
        15,
        0.001,
        5500.0,
    ) == (loaded.one(sql))


def test_observations_are_spans(loaded: Loaded) -> None:
    """Parts beside each other are added up: the input contains the cache, the output the reasoning."""
    at = 1_780_308_000_000_000_000
    ms = 1_000_000
    nothing = (None,) * 4
    assert [
        ("waiter", "agent", at + 100 * ms, at + 5000 * ms, "unset", None, None, *nothing, *nothing, None),
        ("plan", "llm", at + 200 * ms, at + 1200 * ms, "unset", None,
         "gpt-5-mini", 100, 30, 15, 6, 0.001, 250.0, "waiter", "4", None),
        ("cook", "tool", at + 1500 * ms, at + 2500 * ms, "error", "the stove is off",
         None, *nothing, *nothing, "cook"),
        ("say", "llm", at + 3000 * ms, at + 4000 * ms, "unset", None, "gpt-5-mini", *nothing, *nothing, None),
    ] == loaded.rows(SPANS)  # fmt: skip


def test_content_goes_where_its_kind_has_it(loaded: Loaded) -> None:
    """Messages and tools of a request, arguments of a tool, input and output of a step."""
    assert [{"role": "user", "content": "one soup"}] == loaded.content("plan", "input_messages")
    assert "c1" == loaded.content("plan", "output_messages")[0]["tool_calls"][0]["id"]
    assert "cook" == loaded.content("plan", "tool_definitions")[0]["function"]["name"]
    assert {"dish": "soup"} == loaded.content("cook", "tool_arguments")
    assert {"answer": "served"} == loaded.content("waiter", "output_value")


def test_what_has_no_column_is_kept(loaded: Loaded) -> None:
    """Tags, metadata and totals of a trace stand under import."""
    (text,) = loaded.one("select attributes from spans where name = 'order'")
    attributes = json.loads(text)
    assert (["lunch"], 0.001, "2026-06", "order-17") == tuple(
        attributes[f"import.{key}"] for key in ("tags", "totalCost", "release", "trace_id")
    )


def test_scores(loaded: Loaded) -> None:
    """Numbers are numbers, categories are labels; people, judges and programs are told apart."""
    sql = """select target_type, name, value, label, explanation, annotator, evaluator
             from scores order by name"""
    assert [
        ("span", "grounded", 1.0, "True", None, "llm", None),
        ("trace", "mood", None, "cheerful", None, None, None),
        ("trace", "taste", 0.75, None, "warm", "human", "mo"),
    ] == loaded.rows(sql)


def test_the_blob_export_is_the_same(loaded: Loaded, tmp_path: Path) -> None:
    """Traces, observations and scores in files of their own and in snake_case: the same spans and scores."""
    found = load(tmp_path, *sorted(FOLDER.glob("blob-*.jsonl")))
    assert loaded.rows(SPANS) == found.rows(SPANS)
    judged = "select trace_id, span_id, name, value, label, annotator from scores order by name"
    assert loaded.rows(judged) == found.rows(judged)
    who = "select session_id, user_id, pack_version, generations, tool_calls, input_tokens from runs"
    assert loaded.rows(who) == found.rows(who)


def test_events_of_one_object_are_put_together(loaded: Loaded, tmp_path: Path) -> None:
    """A create and its updates make one span; a trace is named by several events; the rest is kept."""
    found = load(tmp_path, FOLDER / "events.json")
    sql = SPANS.replace("!= 'order'", "= 'plan'")
    assert loaded.rows(sql) == found.rows(sql)
    assert ("table-4", "guest-2") == found.one("select session_id, user_id from runs")
    assert [("taste", 0.75)] == found.rows("select name, value from scores")
    assert {"langfuse record of an unknown sort": 1} == dict(found.kept)


def test_a_score_that_changed_counts_once(tmp_path: Path) -> None:
    """A score has an id: its later version replaces the earlier one."""
    changed = json.loads((FOLDER / "traces.json").read_bytes())
    changed["data"][0]["scores"][0]["value"] = 0.25
    (tmp_path / "later.json").write_text(json.dumps(changed))
    found = load(tmp_path / "data", FOLDER / "traces.json", tmp_path / "later.json")
    assert [(0.25,)] == found.rows("select value from scores where name = 'taste'")
