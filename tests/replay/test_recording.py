"""Recordings tell what was really sent and answered, and how much of that is known."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replay.digests import request_digests
from replay.model import RecordedTool, Request
from replay.recording import recording
from replay.recording_body import api_of, asked_of, body_of
from replay.recording_tools import repaired
from spotlight.messages import Message, Text, ToolCall, ToolCallResponse
from spotlight.reports import Reports, open_lake
from tests.command import spotlight
from tests.conftest import Captured, SampleLake
from tests.loading import all_runs, load

# Capture -> grade of its runs with model calls, tools that each call was offered (None: not known).
TRUTHS = (
    ("openai-openinference", "exact", 3),
    ("anthropic-openinference", "exact", 3),
    ("mlflow-otlp", "exact", 3),
    ("pydantic-ai-v5", "semantic", 3),
    ("langfuse-sdk", "semantic", 3),
    ("mastra-otlp", "semantic", 3),
    ("strands-1.x", "semantic", 3),
    ("openai-contrib-v2-latest", "partial", None),
    ("openai-agents-openinference-chat", "partial", None),
    ("openai-contrib-v2", "none", None),
    ("claude-code-http-json", "none", None),
)

# What tells runs apart that may be graded differently.
_KIND = ("service_name", "dialects", "signals", "status", "replay_grade", "replay_reason")


@pytest.mark.parametrize(("capture", "grade", "offered"), TRUTHS, ids=[t[0] for t in TRUTHS])
def test_a_capture_is_graded_by_what_its_client_records(
    captured: Captured, capture: str, grade: str, offered: int | None
) -> None:
    """Body sent, or all that it said, or without the tools, or no messages: by the client's own records."""
    reports = captured(capture)
    found = [recording(reports, run["run_id"]) for run in all_runs(reports)]
    assert {grade} == {run.grade.level.value for run in found if run.calls}
    assert {offered} == {_offered(call.request) for run in found for call in run.calls}


def _offered(request: Request) -> int | None:
    return None if request.tools is None else len(request.tools)


def test_the_first_run_of_the_renewal_agent_is_recorded_whole(captured: Captured) -> None:
    """Four calls, each with two messages more, and three tool calls with their answers, in order."""
    reports = captured("openai-openinference")
    whole = [r for run in all_runs(reports) if len((r := recording(reports, run["run_id"])).calls) == 4]
    found = min(whole, key=lambda r: r.calls[0].started_ns)
    assert [1, 3, 5, 7] == [len(call.request.messages) for call in found.calls]
    assert {("openai", "chat", "gpt-4.1-mini")} == {call.request[:3] for call in found.calls}
    assert [
        (1, "crm_get_account", {"account_id": "ACME-42"}),
        (2, "search_docs", {"query": "renewal terms enterprise plan"}),
    ] == [(tool.step, tool.name, tool.arguments) for tool in found.tools[:2]]
    assert all(tool.has_result and tool.span_id for tool in found.tools)
    prefixes = [call.prefix_digests for call in found.calls]
    assert all(later[: len(before)] == before for before, later in pairwise(prefixes))


def _check_column(reports: Reports) -> None:
    """Check the first and the last run of each service, client and grade."""
    kinds: dict[tuple[str | None, ...], list[dict[str, Any]]] = {}
    for run in all_runs(reports):
        kinds.setdefault(tuple(run[name] for name in _KIND), []).append(run)
    some = [run for runs in kinds.values() for run in (runs[:1] + runs[1:][-1:])]
    told = [(run["run_id"], run["replay_grade"], run["replay_reason"] or "") for run in some]
    full = [(run_id, recording(reports, run_id).grade) for run_id, _, _ in told]
    assert [(i, grade.level.value) for i, grade in full] == [(i, level) for i, level, _ in told]
    assert all(grade.reason.startswith(why) for (_, grade), (_, _, why) in zip(full, told, strict=True))


def test_the_column_of_runs_says_the_grade_of_the_recording(
    test_data: Path, sample_lake: SampleLake, tmp_path: Path
) -> None:
    """What was told while a run came in, from texts unread, is what reading its messages tells."""
    _check_column(sample_lake.reports)
    folders = [p for p in sorted((test_data / "captures").iterdir()) if (p / "index.jsonl").exists()]
    _check_column(load(folders, tmp_path))


def test_calls_whose_ids_repeat_are_paired_by_where_they_stand(test_data: Path, tmp_path: Path) -> None:
    """tau-bench: every call once, in order, with its own answer, though ids occur on several calls."""
    every = json.loads((test_data / "trajectories" / "tau-bench" / "gpt-4o-airline.json").read_bytes())
    chosen = [run for run in every if _repeats(run)][:12]
    assert len(chosen) == 12
    (tmp_path / "tau.json").write_text(json.dumps(chosen))
    spotlight("load", tmp_path / "tau.json", "--data", tmp_path / "data")
    reports = open_lake(tmp_path / "data")
    found = [_pairs(recording(reports, run["run_id"]).tools) for run in all_runs(reports)]
    assert sorted(map(_told, chosen)) == sorted(found)


def _repeats(run: Any) -> bool:
    ids = [c["id"] for m in run["traj"] for c in m.get("tool_calls") or ()]
    return len(set(ids)) < len(ids)


def _told(run: Any) -> list[list[str]]:
    """Return name, arguments and answer of a trajectory's calls: one call a turn, its answer follows."""
    found: list[list[str]] = []
    for message in run["traj"]:
        if message["role"] == "tool":
            found[-1].append(_text(message["content"]))
        for call in (message.get("tool_calls") or ())[:1]:
            found.append([call["function"]["name"], _sorted(json.loads(call["function"]["arguments"]))])
    return found


def _pairs(tools: tuple[RecordedTool, ...]) -> list[list[str]]:
    return [[tool.name, _sorted(tool.arguments), _text(tool.result)] for tool in tools]


def _sorted(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _text(value: Any) -> str:
    try:
        return _sorted(json.loads(value) if isinstance(value, str) else value)
    except ValueError:
        return str(value)


@st.composite
def _turns(draw: st.DrawFn) -> list[tuple[str, str, int]]:
    """Return calls (id, name, argument) of which ids may be the same."""
    call = st.tuples(st.sampled_from(["a", "b", "c"]), st.sampled_from(["look", "send"]), st.integers(0, 3))
    return draw(st.lists(call, min_size=1, max_size=8))


@given(_turns(), st.data())
def test_answers_that_a_history_lost_are_put_back_where_they_were(
    calls: list[tuple[str, str, int]], data: st.DataObject
) -> None:
    """Whatever answers are missing: with the recorded ones put in, the history is whole again."""
    whole: list[Message] = []
    tools = []
    for number, (call_id, name, argument) in enumerate(calls):
        whole.append(Message("assistant", (ToolCall(call_id, name, {"n": argument}),)))
        answer = ToolCallResponse(call_id, f"answer {number}", name)
        whole.append(Message("tool", (answer,)))
        tools.append(
            RecordedTool(
                number + 1, number + 1, name, call_id, {"n": argument}, answer.response, True, False,
                None, None, None, None,
            )
        )  # fmt: skip
    lost = data.draw(st.sets(st.integers(0, len(calls) - 1)))
    kept = [m for place, m in enumerate(whole) if m.role != "tool" or place // 2 not in lost]
    found = repaired(kept, tools)
    assert tuple(whole) == found.messages
    assert len(lost) == len(found.answered)
    assert () == found.open


MESSAGE = st.builds(
    lambda role, text, extra: Message(role, (Text(text, extra),)),
    st.sampled_from(["user", "assistant"]),
    st.text(max_size=8),
    st.dictionaries(st.just("cache_control"), st.just("on"), max_size=1),
)


def _request(messages: list[Message], **more: Any) -> Request:
    return Request("openai", "chat", "m", (), tuple(messages), None)._replace(**more)


@given(st.lists(MESSAGE, min_size=1, max_size=5), st.integers(0, 4))
def test_prefixes_differ_from_the_first_change_on(messages: list[Message], place: int) -> None:
    """What was said before a change keeps its digests; what the wire alone says changes none."""
    place %= len(messages)
    first = messages[place].parts[0]
    assert isinstance(first, Text)
    changed = list(messages)
    changed[place] = Message(messages[place].role, (Text(first.content + "!"),))
    before, after = request_digests(_request(messages)), request_digests(_request(changed))
    assert before.prefixes[:place] == after.prefixes[:place]
    assert all(a != b for a, b in zip(before.prefixes[place:], after.prefixes[place:], strict=True))
    bare = [Message(m.role, tuple(Text(p.content) for p in m.parts if isinstance(p, Text))) for m in messages]
    assert before == request_digests(_request(bare))


def test_a_request_is_another_with_another_model_but_its_context_is_the_same() -> None:
    """Model and parameters are no part of the context; tools are, and unknown ones are not none."""
    asked = _request([Message("user", (Text("hello"),))])
    one, warm, tools = (
        request_digests(asked), request_digests(asked._replace(params={"temperature": 1})),
        request_digests(asked._replace(tools=())),
    )  # fmt: skip
    assert one.context == warm.context
    assert one.request != warm.request
    assert one.context != tools.context


def test_unknown_fields_of_a_body_are_kept() -> None:
    """Parameters get OTel's names, the context stands elsewhere, everything else stays as it was sent."""
    text = json.dumps(
        {
            "model": "m", "messages": [{"role": "user", "content": "hi"}], "temperature": 0, "n": 2,
            "max_completion_tokens": 9, "stop": None, "tool_choice": "auto", "service_tier": "flex",
        }
    )  # fmt: skip
    body = body_of(text)
    found = asked_of(body, None, {})
    assert {"temperature": 0, "choice.count": 2, "max_tokens": 9} == found.params
    assert ("auto", {"service_tier": "flex"}) == (found.tool_choice, found.extra)
    assert "chat" == api_of(body, "openai", None)
    assert body_of(text[:-1]) is None
    assert body_of('{"messages": ["ChatMessage(role=user)"], "model": "m"}') is None


def test_inspect_prints_grades_and_what_tools_answered(captured: Captured, tmp_path: Path) -> None:
    """One line a call and one a tool call; --call N has the messages; a number too high is refused."""
    reports = captured("openai-openinference")
    run = next(run for run in all_runs(reports) if run["tool_calls"] == 3)
    data = reports._reader.folder.parent
    told = spotlight("replay", "inspect", run["run_id"], "--data", data).stdout
    assert told.startswith("exact\n")
    assert "crm_get_account" in told
    one = spotlight("replay", "inspect", run["run_id"], "--call", 2, "--json", "--data", data).stdout
    assert 3 == len(json.loads(one)["request"]["messages"])
    refused = spotlight("replay", "inspect", run["run_id"], "--call", 9, "--data", data, check=False)
    assert "its model calls are 1 to 4" in refused.stderr


@pytest.mark.parametrize("capture", ["adk-latest-content", "mlflow-otlp"])
def test_what_a_tool_answered_is_what_the_model_was_told(captured: Captured, capture: str) -> None:
    """In the words and the form of the next request, where the tool's own step has others."""
    reports = captured(capture)
    compared = 0
    for run in all_runs(reports):
        found = recording(reports, run["run_id"])
        history = found.calls[-1].request.messages if found.calls else ()
        answers = [part.response for m in history for part in m.parts if isinstance(part, ToolCallResponse)]
        told = [tool.result for tool in found.tools if tool.told is not None]
        assert told == answers[: len(told)]
        compared += len(told)
    assert compared >= 3
