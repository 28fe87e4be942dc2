"""Chat trajectories with rewards, as runs with scores."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.ingest.importers.loading import FIXTURES, Loaded, load

FOLDER = FIXTURES / "trajectories"


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    """Return a lake with both files."""
    return load(tmp_path_factory.mktemp("trajectories"), *sorted(FOLDER.iterdir()))


def test_every_record_is_a_run(loaded: Loaded) -> None:
    """Two trials of one task are two runs; calls and answers are counted."""
    sql = "select name, generations, tool_calls from runs order by name"
    assert [
        ("task 3 trial 0", 2, 2),
        ("task 3 trial 1", 1, 0),
        ("task q-1", 1, 0),
        ("task q-2", 2, 1),
    ] == loaded.rows(sql)


def test_rewards_are_scores_of_runs(loaded: Loaded) -> None:
    """Numbers and booleans become scores; what judged them in detail is kept."""
    sql = """select r.name, s.name, s.value, s.label, s.target_type, s.annotator
             from scores s join runs r using (trace_id) order by 1"""
    assert [
        ("task 3 trial 0", "reward", 1.0, None, "run", "code"),
        ("task 3 trial 1", "reward", 0.0, None, "run", "code"),
        ("task q-1", "success", 1.0, "true", "run", "code"),
        ("task q-2", "success", 0.0, "false", "run", "code"),
    ] == loaded.rows(sql)
    (detail,) = loaded.one("select metadata from scores where name = 'reward' and value = 1")
    assert {"reward": 1.0, "info": {"r_outputs": 1}} == json.loads(detail)


def test_answers_with_one_id_belong_to_the_calls_in_their_order(loaded: Loaded) -> None:
    """Call ids come again: the first answer is the first call's."""
    assert {"loan": "l4"} == loaded.content("execute_tool find_loan", "tool_result")
    assert {"reader": "r9"} == loaded.content("execute_tool find_loan", "tool_arguments")
    assert {"id": "r9"} == loaded.content("execute_tool find_reader", "tool_arguments")


def test_a_result_that_says_error_is_a_failure(loaded: Loaded) -> None:
    """Trajectories have no status: the tool's own words say that it failed."""
    assert [("find_reader",)] == loaded.rows("select tool_name from spans where tool_failed")


def test_a_call_sees_all_that_was_said_before(loaded: Loaded) -> None:
    """The input of a model call is the conversation up to it."""
    sql = """select json_array_length(input_messages) from payloads p
             join spans s using (trace_id, span_id) join runs r using (trace_id)
             where s.kind = 'llm' and r.name = 'task 3 trial 0' order by s.started_ns"""
    assert [(2,), (5,)] == loaded.rows(sql)


def test_times_that_nobody_recorded_are_an_order(loaded: Loaded) -> None:
    """Steps are a millisecond apart, say so, and have no end; a recorded time is taken."""
    sql = """select (s.started_ns - r.started_ns) // 1000000, s.ended_ns
             from spans s join runs r using (trace_id)
             where r.name = 'task 3 trial 0' order by 1"""
    assert [(0, None), (1, None), (2, None), (3, None), (4, None)] == loaded.rows(sql)
    flagged = 'select count(*) from spans where attributes like \'%"spotlight.import.times":"order"%\''
    assert (13,) == loaded.one(flagged)
    recorded = "select started_ns, session_id from runs where name = 'task q-1'"
    assert (1_772_600_767_500_000_000, "s-1") == loaded.one(recorded)


def test_a_record_without_messages_is_kept(loaded: Loaded) -> None:
    """It is a log record, and counted."""
    assert {"record without messages": 1} == dict(loaded.kept)


def test_loading_twice_stores_once(tmp_path: Path) -> None:
    """Ids are digests of content: the second load adds nothing, nor does another name of the file."""
    load(tmp_path, FOLDER / "runs.json")
    copy = tmp_path / "copy.json"
    copy.write_bytes((FOLDER / "runs.json").read_bytes())
    again = load(tmp_path, FOLDER / "runs.json", copy)
    assert ((7,), (2,), (2,)) == (
        again.one("select count(*) from spans"),
        again.one("select count(*) from scores"),
        again.one("select count(*) from runs"),
    )


def test_recorded_trajectories(test_data: Path, tmp_path: Path) -> None:
    """200 trials of 50 tasks: model calls, tool calls, those that failed, and the rewards."""
    found = load(tmp_path, test_data / "trajectories" / "tau-bench" / "gpt-4o-airline.json")
    sql = """select count(*), sum(generations)::int, sum(tool_calls)::int, sum(failed_tool_calls)::int,
                    count(input_tokens) from runs"""
    assert (200, 2454, 1164, 73, 0) == found.one(sql)
    assert (200, 84.0) == found.one("select count(*), sum(value) from scores where name = 'reward'")


def test_recorded_conversations_of_many_agents(test_data: Path, tmp_path: Path) -> None:
    """126 failed conversations: every one is a run that was judged wrong."""
    folder = test_data / "trajectories" / "who-and-when" / "algorithm-generated"
    found = load(tmp_path, *sorted(folder.glob("*.json")))
    assert (126,) == found.one("select count(*) from spans where kind = 'agent'")
    assert (126, 0.0) == found.one("select count(*), sum(value) from scores where name = 'is_correct'")
