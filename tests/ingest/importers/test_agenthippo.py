"""AgentHippo's trace files and session files, in both shapes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.ingest.importers.loading import FIXTURES, Loaded, load

FOLDER = FIXTURES / "agenthippo"


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    """Return a lake with the trace file and both session files."""
    return load(tmp_path_factory.mktemp("agenthippo"), *sorted(FOLDER.glob("*.jsonl")))


def test_a_request_is_one_run(loaded: Loaded) -> None:
    """Calls in traces of their own and the session file's tools meet in the run of their request."""
    sql = """select turn_id, generations, tool_calls, failed_tool_calls, input_tokens, output_tokens,
                    round(cost_reported_usd, 6) from runs where session_id = 'chat-7'"""
    assert [("turn-1", 2, 2, 1, 300, 50, 0.0028)] == loaded.rows(sql)


def test_identity_is_read_from_the_text_of_a_dictionary(loaded: Loaded) -> None:
    """Metadata and the older headers name session, user, agent and its version."""
    sql = """select session_id, user_id, agent_name, pack_version from runs
             where turn_id in ('turn-1', 'turn-2') order by turn_id"""
    assert [
        ("chat-7", "user-nia", "release-notes", "3.1.0"),
        ("chat-8", "user-o'brien", "triage", "0.9.0"),
    ] == loaded.rows(sql)


def test_text_that_is_no_dictionary_is_only_text(loaded: Loaded) -> None:
    """What looks like a program is not run: the call has no session and its text is kept."""
    sql = "select session_id, attributes from spans where input_tokens = 10"
    session, attributes = loaded.one(sql)
    assert (None, True) == (session, "__import__" in attributes)


def test_a_failed_request_is_a_failed_run(loaded: Loaded) -> None:
    """A call that names an exception and no status has failed."""
    sql = "select status, error_type, error_message, generations from runs where turn_id = 'turn-3'"
    assert ("error", "Timeout", "no answer within 30 s", 1) == loaded.one(sql)


def test_ids_that_are_no_hex_are_kept_beside_their_digests(loaded: Loaded) -> None:
    """The ids as written stay; ids that are whole stay ids."""
    sql = 'select count(*) from spans where attributes like \'%"import.trace_id":"call-a"%\''
    own = "select count(*) from spans where trace_id = '5b8efff798038103d269b633813fc60c'"
    assert ((1,), (1,)) == (loaded.one(sql), loaded.one(own))


def test_what_else_a_request_says_stays(tmp_path: Path) -> None:
    """Links, kinds and other scopes of a request, and lines of logs, are what they would be as OTLP."""
    request = json.loads((FOLDER / "traces.jsonl").read_text().splitlines()[2])
    scopes = request["resourceSpans"][0]["scopeSpans"]
    scopes[0]["spans"][0] |= {"kind": 3, "links": [{"traceId": "ab" * 16, "spanId": "cd" * 8}]}
    other = {**scopes[0]["spans"][0], "spanId": "ef" * 8, "name": "mine", "attributes": [], "links": []}
    scopes.append({"scope": {"name": "my.app"}, "spans": [other]})
    record = {"timeUnixNano": "1760000000000000000", "traceId": "call-a", "spanId": "s-1",
              "body": {"stringValue": "hello"}}  # fmt: skip
    logs = {"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]}
    path = tmp_path / "mixed.jsonl"
    path.write_text(f"{json.dumps(request)}\n{json.dumps(logs)}\n")
    found = load(tmp_path / "data", FOLDER / "traces.jsonl", path)
    assert [("my.app", 3, None), ("spotlight.import.agenthippo", 3, "ab" * 16)] == found.rows(
        "select scope_name, otel_kind, links->'$[0].trace_id'->>'$' from spans where otel_kind = 3 order by 1"
    )
    joined = "select s.input_tokens, l.body from logs l join spans s using (trace_id, span_id)"
    assert [(120, '"hello"')] == found.rows(joined)


def test_ends_of_interleaved_calls_find_their_starts(loaded: Loaded) -> None:
    """Two calls of one tool at once: each ends where its own id says."""
    sql = """select tool_call_id, duration_ms, status from spans
             where tool_name = 'git_log' order by tool_call_id"""
    assert [("c1", 800.0, "ok"), ("c2", 250.0, "error")] == loaded.rows(sql)


def test_the_documented_shape_is_read_too(loaded: Loaded) -> None:
    """Events with type, tool, ts and args: the session is the file's name; what never ended has no end."""
    sql = """select session_id, tool_name, duration_ms from spans
             where kind = 'tool' and session_id = 'chat-12' order by started_ns"""
    assert [("chat-12", "Grep", 750.0), ("chat-12", "Edit", None)] == loaded.rows(sql)


def test_what_is_no_step_is_kept(loaded: Loaded) -> None:
    """An event of another sort and a line that was cut are log records, and counted."""
    assert {"session event 'note'": 1, "line that is no JSON object": 1} == dict(loaded.kept)
    assert (2,) == loaded.one("select count(*) from logs where event_name = 'spotlight.import.kept'")


def test_loading_twice_stores_once(tmp_path: Path) -> None:
    """Ids come from the file: the second load adds nothing."""
    files = sorted(FOLDER.glob("*.jsonl"))
    load(tmp_path, *files)
    again = load(tmp_path, *files)
    assert ((11,), (2,)) == (
        again.one("select count(*) from spans"),
        again.one("select count(*) from logs"),
    )


def test_recorded_files(test_data: Path, tmp_path: Path) -> None:
    """The recorded files: four requests of three sessions by two users."""
    found = load(tmp_path, *sorted((test_data / "captures" / "_agenthippo-spotlight").glob("*.jsonl")))
    sql = """select count(*), count(distinct session_id), count(distinct user_id), sum(generations)::int,
                    sum(tool_calls)::int, sum(failed_tool_calls)::int, sum(input_tokens)::int,
                    sum(output_tokens)::int, round(sum(cost_reported_usd), 6) from runs"""
    assert (4, 3, 2, 5, 6, 1, 18_000, 4_800, 0.19) == found.one(sql)
    versions = (
        "select turn_id, pack_name, pack_version from runs where pack_version is not null order by turn_id"
    )
    assert [
        ("req-001", "code-reviewer", "1.0.0"),
        ("req-002", "bug-fixer", "2.0.0"),
        ("req-003", "code-reviewer", "1.1.0"),
    ] == found.rows(versions)
