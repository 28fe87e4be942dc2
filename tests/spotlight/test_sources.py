"""Sources as reports and the command line show them: facts from the lake, hints from the facts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from spotlight.assembly import assemble
from spotlight.lake import Lake
from spotlight.model import PAYLOADS, SOURCE_KEYS, SOURCES
from spotlight.reports import Reports, Source, open_lake
from spotlight.reports.source_hints import HINTS, PROBLEM, source_hints
from tests.command import spotlight, spotlight_json
from tests.rows import DAY, START, llm, payload, span, table

APP = {"service_name": "app", "scope_name": "scope"}
SENT = {
    "tenant": "default", "date": DAY, "received_ns": START, "journal_position": 1, "dialect": "otel_genai",
    "signal": "traces", "requests": 1, "items": 3, "attributes": 10, "mapped_attributes": 8,
    "dropped_attributes": 0, "truncated_values": 0, "bad_json": 0, "resent": 0, "replaced": 0,
}  # fmt: skip


def lake_of(
    folder: Path,
    spans: list[dict[str, Any]],
    payloads: list[dict[str, Any]] = [],  # noqa: B006 - never changed
    **sent: object,
) -> Reports:
    """Return the reports on a lake with these spans, assembled, of one source."""
    lake = Lake(folder / "lake")
    rows = table([APP | row | {k: APP[k] for k in APP if k not in row} for row in spans])
    lake.append("spans", rows)
    lake.append("runs", assemble(rows).runs)
    if payloads:
        lake.append("payloads", table(payloads, PAYLOADS))
    lake.append("sources", table([SENT | APP | sent], SOURCES))
    return open_lake(folder)


def facts_of(reports: Reports) -> dict[str, Any]:
    """Return what is known of the one source."""
    return next(facts for facts in reports.sources() if facts["scope_name"] == "scope")


@pytest.mark.parametrize("hint", HINTS, ids=lambda hint: hint.part)
def test_a_hint_shows_with_its_count_and_not_without(hint: Any) -> None:
    """Every hint of the table shows where its count says so, with numbers, and says what to do."""
    whole = {hint.whole: 7} if hint.whole else {}
    assert [] == source_hints({hint.part: 0} | whole)
    assert [] == source_hints({hint.part: None} | whole)
    said = source_hints({hint.part: 3} | whole)
    assert [hint.part] == [each["name"] for each in said]
    assert "{" not in said[0]["text"]
    assert said[0]["advice"].endswith(".")
    assert ("{n}" not in hint.text) or "3" in said[0]["text"]
    assert ("{of}" not in hint.text) or "7" in said[0]["text"]


def test_problems_stand_before_notes() -> None:
    """What needs doing comes first."""
    said = source_hints({"exclusive_usage": 1, "bad_json": 1, "resent": 1, "no_start": 1})
    assert [PROBLEM, PROBLEM, "note", "note"] == [hint["level"] for hint in said]


def test_one_is_not_many() -> None:
    """A count of one has a noun in the singular."""
    assert "1 text," in source_hints({"bad_json": 1})[0]["text"]


def test_content_advice_is_the_clients_own() -> None:
    """How to switch content on depends on the vocabulary."""
    advice = source_hints({"calls_without_content": 1, "dialects": "openllmetry"})[0]["advice"]
    assert "Set TRACELOOP_TRACE_CONTENT=true." == advice


SESSIONS = {
    "on every span": (["s", "s", "s"], "traces_session_on_all"),
    "on the root": (["s", None, None], "traces_session_on_root_only"),
    "on some spans": ([None, "s", None], "traces_session_on_some"),
    "none": ([None, None, None], "traces_session_on_none"),
}


@pytest.mark.parametrize("word", sorted(SESSIONS))
def test_where_the_session_stands(tmp_path: Path, word: str) -> None:
    """A source says the session on all spans, on the root, on some, or on none."""
    said, counted = SESSIONS[word]
    spans = [
        span("root", kind="agent", session_id=said[0]),
        llm("call", "root", session_id=said[1]),
        llm("again", "root", session_id=said[2]),
    ]
    facts = facts_of(lake_of(tmp_path, spans))
    assert (word, 1) == (facts["session"], facts[counted])
    assert (word == "none") == bool(facts["runs_without_session"])


def test_another_source_can_name_the_session(tmp_path: Path) -> None:
    """A session that only other sources of the trace name is said to come from there."""
    spans = [span("root", kind="agent", session_id="s", scope_name="web"), llm("call", "root")]
    facts = facts_of(lake_of(tmp_path, spans))
    assert ("from other sources", 1) == (facts["session"], facts["traces_session_elsewhere"])


def test_calls_without_usage_are_told_from_wrappers_and_errors(tmp_path: Path) -> None:
    """A silent call counts; one whose inner call reports, an outer one, and a failed one do not."""
    spans = [
        span("root", kind="agent", input_tokens=5, output_tokens=1),
        llm("silent", "root"),
        llm("streamed", "root", ttft_ms=3.0),
        llm("failed", "root", status="error"),
        llm("outer", "root"),
        llm("inner", "outer", input_tokens=5, output_tokens=1),
    ]
    facts = facts_of(lake_of(tmp_path, spans))
    assert (3, 1, 1) == tuple(
        facts[name] for name in ("calls", "calls_without_usage", "streamed_without_usage")
    )
    assert 1 == facts["repeated_usage"]


def test_calls_without_content_are_those_without_payload_and_events(tmp_path: Path) -> None:
    """Content counts wherever it stands: in the payload or in events."""
    told = llm("told", "root", **APP)
    spans = [span("root", kind="agent"), told, llm("events", "root", events="[]"), llm("silent", "root")]
    facts = facts_of(lake_of(tmp_path, spans, [payload(told, input_messages="[]")]))
    assert (3, 1) == (facts["calls"], facts["calls_without_content"])


def test_flags_and_bases_are_counted(tmp_path: Path) -> None:
    """What is odd about spans, and how their usage is meant, is counted per source."""
    flags = ["no_start", "dropped_events", "usage_assumed"]
    spans = [
        span("root", kind="agent", quality_flags=flags),
        llm("call", "root", usage_basis="exclusive", input_tokens=1, quality_flags=["bad_time"]),
    ]
    facts = facts_of(lake_of(tmp_path, spans))
    names = ("no_start", "dropped_events", "usage_assumed", "clock_skew", "exclusive_usage", "bad_id")
    assert (1, 1, 1, 1, 1, 0) == tuple(facts[name] for name in names)


def test_one_call_of_two_instrumentations_is_told_twice(tmp_path: Path) -> None:
    """Two scopes that name one response report one call."""
    spans = [
        span("root", kind="agent"),
        llm("a", "root", response_id="r1"),
        llm("b", "root", response_id="r1", scope_name="other"),
        llm("c", "root", response_id="r2"),
    ]
    assert 1 == facts_of(lake_of(tmp_path, spans))["told_twice"]


def test_versions_are_asked_of_runs(tmp_path: Path) -> None:
    """Runs without a declared version, and one version with two contents, are the source of the root's."""
    spans = [
        row
        for trace, version, digest in (("t1", "1", "d1"), ("t2", "1", "d2"), ("t3", None, None))
        for row in (
            span(f"root{trace}", trace=trace, kind="agent", pack_name="p", pack_version=version),
            llm(f"call{trace}", f"root{trace}", trace=trace, content_digest=digest),
        )
    ]
    facts = facts_of(lake_of(tmp_path, spans))
    assert (3, 1, 2) == tuple(facts[n] for n in ("runs", "runs_without_version", "drifting_runs"))


def test_services_that_send_no_traces(tmp_path: Path) -> None:
    """Metrics alone make no runs; logs alone make steps; an unknown service is said to be."""
    lake = Lake(tmp_path / "lake")
    rows = [
        {"service_name": "m", "scope_name": None, "signal": "metrics", "dialect": None},
        {"service_name": "l", "scope_name": None, "signal": "logs"},
        {"service_name": "unknown_service:node", "scope_name": None},
        {"service_name": None, "scope_name": None},
    ]
    lake.append("sources", table([SENT | row for row in rows], SOURCES))
    hints = {f["service_name"]: [h["name"] for h in f["hints"]] for f in open_lake(tmp_path).sources()}
    assert ["metrics_only"] == hints["m"]
    assert ["logs_only"] == hints["l"]
    assert ["unknown_service"] == hints["unknown_service:node"] == hints[None]


def test_a_period_leaves_out_what_came_before(tmp_path: Path) -> None:
    """Counts and keys of a period are those that came in since."""
    lake = Lake(tmp_path / "lake")
    key = {"key": "<b>k</b>", "mapped": False, "count": 2, "type": "int"}
    lake.append("sources", table([SENT | APP, SENT | APP | {"received_ns": START + 10}], SOURCES))
    lake.append(
        "source_keys",
        table([SENT | APP | key, SENT | APP | key | {"received_ns": START + 10}], SOURCE_KEYS),
    )
    reports = open_lake(tmp_path)
    source = Source("app", "scope", "traces")
    for since, items, count in ((None, 6, 4), (START + 5, 3, 2)):
        assert items == reports.sources(since)[0]["items"]
        assert [("<b>k</b>", count)] == [(k["key"], k["count"]) for k in reports.source_keys(source, since)]
    assert [] == reports.sources(START + 11)


def test_the_command_shows_table_hints_and_keys(sample_lake: Any) -> None:
    """`status --sources` prints a row per source and hints; as JSON, the keys as well."""
    said = spotlight("status", "--sources", "--data", sample_lake.data).stdout
    found = spotlight_json("status", "--sources", "--data", sample_lake.data)
    assert all((facts["scope_name"] or "-") in said for facts in found)
    assert all(hint["text"] in said for facts in found for hint in facts["hints"])
    keyed = [facts for facts in found if facts["signal"] == "traces"]
    assert keyed
    for facts in keyed:
        counted = sum(key["count"] for key in facts["keys"])
        assert facts["attributes"] == counted
        assert facts["mapped_attributes"] <= counted


def test_no_lake_yet_is_said(tmp_path: Path) -> None:
    """Without a lake the command says how to get one."""
    done = spotlight("status", "--sources", "--data", tmp_path / "nothing", check=False)
    assert (1, True) == (done.returncode, "no lake" in done.stderr)
