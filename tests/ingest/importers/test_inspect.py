"""Inspect logs: archives and JSON, events of newer and older logs, messages where there are no events."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from ingest.files import read_requests
from spotlight.errors import UnreadableFile
from spotlight.messages import ToolCall, read_messages
from tests.ingest.importers.loading import FIXTURES, Loaded, load

LOG = FIXTURES / "inspect" / "log.json"


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    """Return a lake with the JSON log."""
    return load(tmp_path_factory.mktemp("inspect"), LOG)


def archive(path: Path, header: str = "header.json") -> Path:
    """Write the same log as an archive with a member a sample."""
    log: dict[str, Any] = json.loads(LOG.read_bytes())
    samples = log.pop("samples")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr(header, json.dumps(log))
        for sample in samples:
            made.writestr(f"samples/{sample['id']}_epoch_{sample['epoch']}.json", json.dumps(sample))
    return path


def test_every_sample_is_a_run(loaded: Loaded) -> None:
    """Task and commit say what ran; model and tool calls are counted, failures too."""
    sql = """select name, pack_name, pack_version, generations, tool_calls, failed_tool_calls
             from runs order by name"""
    assert [
        ("folders sample alpha", "folders", "abc1234", 2, 2, 1),
        ("folders sample beta", "folders", "abc1234", 1, 1, 0),
        ("folders sample gamma", "folders", "abc1234", 2, 1, 1),
    ] == loaded.rows(sql)


def test_usage_counts_the_cache_once(loaded: Loaded) -> None:
    """Input beside the cache (by the total) contains it afterwards; reasoning stays within the output."""
    sql = """select input_tokens, cache_read_tokens, output_tokens, reasoning_tokens, response_id,
                    ended_ns - started_ns
             from spans where kind = 'llm' and response_id is not null order by started_ns"""
    assert [
        (100, 60, 8, 3, "resp-m1", 500_000_000),
        (110, None, 4, None, "resp-m2", 1_000_000_000),
    ] == loaded.rows(sql)


def test_blocks_nest_as_the_log_says(loaded: Loaded) -> None:
    """Events hang below their solver or scorer, in newer logs by id and in older ones by begin and end."""
    sql = """select p.name, s.kind, s.name from spans s join spans p
             on p.trace_id = s.trace_id and p.span_id = s.parent_span_id
             where s.kind in ('llm', 'tool', 'approval', 'step', 'evaluator') order by s.started_ns, s.name"""
    assert [
        ("folders sample gamma", "llm", "chat openai/gpt-5-mini"),
        ("folders sample gamma", "tool", "execute_tool python"),
        ("folders sample gamma", "llm", "chat openai/gpt-5-mini"),
        ("folders sample alpha", "step", "basic_agent"),
        ("basic_agent", "llm", "chat gpt-5-mini"),
        ("basic_agent", "approval", "approval"),
        ("basic_agent", "tool", "execute_tool bash"),
        ("basic_agent", "tool", "execute_tool bash"),
        ("basic_agent", "llm", "chat gpt-5-mini"),
        ("folders sample alpha", "evaluator", "match"),
        ("folders sample beta", "step", "generate"),
        ("generate", "llm", "chat local"),
        ("generate", "step", "search"),
        ("search", "tool", "execute_tool web"),
    ] == loaded.rows(sql)


def test_scores_become_numbers_by_inspects_own_rule(loaded: Loaded) -> None:
    """C is 1; a score of parts is a score for each; a score that an event repeats counts once."""
    sql = """select r.name, s.name, s.value, s.label, s.explanation, s.evaluator
             from scores s join runs r using (trace_id) order by 1, 2"""
    assert [
        ("folders sample alpha", "match", 1.0, "C", "it says so", "match"),
        ("folders sample alpha", "style/clear", 0.75, None, None, "style"),
        ("folders sample alpha", "style/short", 1.0, "true", None, "style"),
        ("folders sample beta", "score", 0.25, None, None, "score"),
    ] == loaded.rows(sql)


def test_attachments_are_put_where_they_belong(loaded: Loaded) -> None:
    """References of newer and older logs are replaced by the text they stand for."""
    newer = """select input_messages from payloads join spans using (trace_id, span_id)
               where response_id = 'resp-m1'"""
    assert "You answer questions about folders." == json.loads(loaded.one(newer)[0])[0]["content"]
    assert "Answer in one word." == loaded.content("chat local", "input_messages")[0]["content"]


def test_messages_read_as_tool_calls_and_answers(loaded: Loaded) -> None:
    """What Inspect writes in a shape of its own is read as calls with names and arguments."""
    sql = """select output_messages from payloads join spans using (trace_id, span_id)
             where response_id = 'resp-m1'"""
    (message,) = read_messages(json.loads(loaded.one(sql)[0]))
    assert (ToolCall("t1", "bash", {"cmd": "ls"}),) == tuple(
        p for p in message.parts if isinstance(p, ToolCall)
    )


def test_an_approval_says_who_decided_what(loaded: Loaded) -> None:
    """Decision and approver have their columns."""
    sql = "select approval_decision, approval_source from spans where kind = 'approval'"
    assert ("approve", "human") == loaded.one(sql)


def test_a_sample_that_broke_is_a_failed_run(loaded: Loaded) -> None:
    """The sample's error ends its run."""
    sql = "select status, error_message from runs where name = 'folders sample beta'"
    assert ("error", "the sandbox went away") == loaded.one(sql)


def test_what_is_no_step_is_kept(loaded: Loaded) -> None:
    """State changes and the header are log records, and counted."""
    assert {"inspect log header": 1, "inspect event 'state'": 1} == dict(loaded.kept)


@pytest.mark.parametrize("header", ["header.json", "_journal/start.json"])
def test_an_archive_is_the_same_log(tmp_path: Path, header: str) -> None:
    """The .eval form, finished or not, makes the spans of the JSON form: nothing is counted twice."""
    found = load(tmp_path / "data", LOG, archive(tmp_path / "log.eval", header))
    assert ((3,), (17,), (4,)) == (
        found.one("select count(*) from runs"),
        found.one("select count(*) from spans"),
        found.one("select count(*) from scores"),
    )


def test_a_damaged_archive_is_named(tmp_path: Path) -> None:
    """A cut archive is an error that says so."""
    whole = archive(tmp_path / "log.eval").read_bytes()
    (tmp_path / "cut.eval").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UnreadableFile, match="no whole archive"):
        list(read_requests(tmp_path / "cut.eval"))


def test_recorded_logs(test_data: Path, tmp_path: Path) -> None:
    """Five recorded logs of three generations: samples, model calls, tokens and grades."""
    folder = test_data / "trajectories" / "inspect"
    found = load(tmp_path, *sorted([*folder.glob("*.eval"), *folder.glob("*.json")]))
    sql = """select pack_name, count(*), sum(generations)::int, sum(tool_calls)::int, sum(input_tokens)::int,
                    sum(output_tokens)::int from runs group by 1 order by 1"""
    assert [
        ("...", 1, 0, 11, None, None),
        ("images", 1, 1, 0, 323, 5),
        ("popularity", 14, 14, 0, 872, 26),
        ("security_guide", 3, 6, 0, 959, 1033),
    ] == found.rows(sql)
    grades = "select evaluator, annotator, count(*), sum(value) from scores group by all order by all"
    assert [("match", "code", 15, 11.0), ("model_graded_fact", "llm", 3, 3.0)] == found.rows(grades)
