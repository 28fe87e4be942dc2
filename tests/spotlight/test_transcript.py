"""A run as a transcript: golden ones of several vocabularies, and what must hold for every run."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import orjson
import pytest

from spotlight.assembly import assemble
from spotlight.reports.run_document import only_run
from spotlight.reports.span_document import CONTENT
from spotlight.reports.transcript import Transcript
from spotlight.reports.transcript_content import Contents
from spotlight.reports.transcript_document import entries, mentions, stretch, texts, transcript_document
from spotlight.reports.transcript_reading import read_transcript
from tests.command import spotlight
from tests.loading import all_runs
from tests.made_lake import made_lake, run
from tests.rows import MS, START, llm, payload, span, table, tool
from tests.spotlight.golden_transcripts import GOLDEN

Messages = list[dict[str, Any]]


def lines(transcript: Transcript) -> list[str]:
    """Return the entries as lines: how deep, what, name, ! for failed, how the text begins."""
    found = []
    for entry in entries(transcript):
        text = " ".join((entry.text or "").split())[:32]
        parts = (entry.what, entry.name, "!" if entry.failed else "", f"| {text}" if text else "")
        found.append("  " * entry.depth + " ".join(filter(None, parts)))
    return found


def reading(rows: list[dict[str, Any]], content: dict[str, dict[str, Any]]) -> Transcript:
    """Return the transcript of the only run of these spans; `content` is what they carry, by their name."""
    carried = [
        dict.fromkeys((*CONTENT, "attributes", "events", "tool_failed", "status"))
        | {name: row.get(name) for name in ("trace_id", "span_id", "dialect", "tool_name", "tool_call_id")}
        | {k: v if isinstance(v, str) else orjson.dumps(v).decode() for k, v in content[row["name"]].items()}
        for row in rows
        if row["name"] in content
    ]
    found = assemble(table(rows))
    run_id = str(found.runs.column("run_id")[0].as_py())
    return read_transcript(run_id, only_run(found, run_id), Contents(carried, []))


def at(ms: int, length: int = 10) -> dict[str, Any]:
    """Return the times of a step that begins `ms` after the first."""
    return {"started_ns": START + ms * MS, "ended_ns": START + (ms + length) * MS}


def user(text: str) -> dict[str, Any]:
    """Return a user's message."""
    return {"role": "user", "content": text}


def says(text: str) -> dict[str, Any]:
    """Return a model's message of words."""
    return {"role": "assistant", "content": text}


def asks(call_id: str, name: str, **arguments: object) -> dict[str, Any]:
    """Return a model's message that asks for one tool call."""
    function = {"name": name, "arguments": orjson.dumps(arguments).decode()}
    return {"role": "assistant", "tool_calls": [{"id": call_id, "type": "function", "function": function}]}


@pytest.mark.parametrize("run_id", GOLDEN, ids=lambda run_id: GOLDEN[run_id].name)
def test_reads_as_a_conversation(sample_lake: Any, run_id: str) -> None:
    """Each sample reads as its user and its agent would tell it."""
    assert list(GOLDEN[run_id].lines) == lines(sample_lake.reports.transcript(run_id))


def test_everything_is_told_once(sample_lake: Any) -> None:
    """Every answer of a model and every call stands in the list once; threads go by time."""
    rows = all_runs(sample_lake.reports)
    found = sample_lake.reports.transcripts(rows)
    assert len(rows) == len(found) > 40
    for transcript in found:
        listed = Counter((e.what, e.step, e.text) for e in entries(transcript))
        place = {step.row: n for n, step in enumerate(transcript.steps)}
        said = Counter(
            (p.what, place[s.row], p.text) for s in transcript.steps for p in s.said if p.what != "call"
        )
        assert not said - listed, transcript.run_id
        told = [p for s in transcript.steps for p in (*s.heard, *s.said) if p.what == "call"]
        ran = {answer.row for step in transcript.steps for answer in step.answers}
        alone = [s for s in transcript.steps if s.kind == "tool" and s.row not in ran]
        assert len(told) + len(alone) == sum(n for key, n in listed.items() if key[0] == "call")
        by_row = transcript.by_row()
        for thread in transcript.threads:
            begun = [by_row[row].started_ns or 0 for row in thread.rows]
            assert sorted(begun) == begun


def test_a_word_said_twice_is_told_twice() -> None:
    """A user who says yes twice is heard twice; the history that goes with every call is not told again."""
    first: Messages = [user("yes"), says("sure?")]
    again: Messages = [*first, user("yes")]
    calls = [llm(name, "root", **at(20 * n)) for n, name in enumerate("abc", 1)]
    found = reading([span("root", kind="agent"), *calls], {
        "a": {"input_messages": first[:1], "output_messages": first[1:]},
        "b": {"input_messages": again, "output_messages": [says("done")]},
        "c": {"input_messages": again, "output_messages": [says("again")]},
    })  # fmt: skip
    assert ["user | yes", "text | sure?", "user | yes", "text | done", "text | again"] == lines(found)
    assert [0, 2, 3] == [step.known for step in found.steps if step.kind == "llm"]


def test_lost_context_is_marked() -> None:
    """A call that is not sent what the one before was says how much left, and tells the summary."""
    talk: Messages = [user(f"question {n}") for n in range(5)]
    found = reading(
        [span("root", kind="agent"), llm("a", "root", **at(1)), llm("b", "root", **at(20))],
        {
            "a": {"input_messages": talk},
            "b": {"input_messages": [user("Summary: four questions."), talk[-1]]},
        },
    )
    assert ["lost", "user | Summary: four questions."] == lines(found)[6:8]
    assert 4 == found.steps[-1].lost


def test_agents_at_work_at_once_are_threads() -> None:
    """Agents below a working one, or beside each other at the same time, have conversations of their own."""
    rows = [
        span("root", kind="agent", **at(0, 100)), llm("plan", "root", **at(1, 5)),
        tool("ask", "root", tool_name="ask", tool_call_id="c1", **at(10, 50)),
        span("left", "ask", kind="agent", agent_name="left", **at(11, 20)), llm("l", "left", **at(12, 5)),
        span("right", "root", kind="agent", agent_name="right", **at(60, 20)), llm("r", "right", **at(61, 5)),
    ]  # fmt: skip
    found = reading(rows, {
        "plan": {"output_messages": [asks("c1", "ask", who="left")]},
        "l": {"input_messages": [user("go")], "output_messages": [says("gone")]},
        "r": {"input_messages": [user("go")], "output_messages": [says("gone")]},
    })  # fmt: skip
    assert [
        'call ask | {"who":"left"}', "  thread left", "    user | go", "    text | gone", "  result ask",
        "thread right", "  user | go", "  text | gone",
    ] == lines(found)  # fmt: skip
    beside = [
        span("root", kind="workflow", **at(0, 100)),
        span("one", "root", kind="agent", agent_name="one", **at(1, 50)), llm("x", "one", **at(2, 5)),
        span("two", "root", kind="agent", agent_name="two", **at(3, 50)), llm("y", "two", **at(4, 5)),
    ]  # fmt: skip
    assert ["main", "one", "two"] == ["main", *(t.name for t in reading(beside, {}).threads[1:])]


def test_calls_find_what_ran_them() -> None:
    """By id, else by name and arguments; a call with no step of its own is answered by a message."""
    rows = [
        span("root", kind="agent"), llm("a", "root", **at(1)),
        tool("two", "root", tool_name="look", **at(20)), tool("one", "root", tool_name="look", **at(30)),
        llm("b", "root", **at(50)),
    ]  # fmt: skip
    calls = [
        *asks("1", "look", n=1)["tool_calls"],
        *asks("2", "look", n=2)["tool_calls"],
        *asks("3", "write")["tool_calls"],
    ]
    answers = [{"role": "tool", "tool_call_id": n, "content": f"found {n}"} for n in ("1", "2", "3")]
    asked = {"role": "assistant", "tool_calls": calls}
    found = reading(rows, {
        "a": {"output_messages": [asked]}, "b": {"input_messages": [asked, *answers]},
        "one": {"tool_arguments": '{"n": 1}', "tool_result": "one"},
        "two": {"tool_arguments": '{"n": 2}'},
    })  # fmt: skip
    by_name = {step.name: step for step in found.steps}
    told = [(p.answer.text, p.answer.row) for p in by_name["a"].calls if p.answer is not None]
    assert [("one", by_name["one"].row), ("found 2", by_name["two"].row), ("found 3", None)] == told
    assert () == by_name["b"].heard


def test_content_is_whole_by_pages_and_stretches() -> None:
    """A page cuts texts and ends by size; stretches give back all; words are found in all of it."""
    long = "é🎉" * 200_000 + "needle"
    found = reading(
        [llm("a", **at(1))], {"a": {"input_messages": [user(long)], "output_messages": [user("b")]}}
    )
    listed = entries(found)
    assert [2_000, 1] == [len(text) for text in texts(listed, 0)["texts"]]
    whole, place = "", 0
    while place < len(long):
        part = stretch(listed, 0, place)
        whole, place = whole + part["text"], part["next"]
    assert long == whole
    assert {"count": 1, "entries": [0], "steps": [0]} == mentions(listed, "NEEDLE")
    assert [len(long), 1] == transcript_document(found, listed)["cols"]["size"]


def test_agents_may_nest_deeply() -> None:
    """A thousand agents in each other are a thousand threads, and no error."""
    rows = [span("0", kind="agent", agent_name="0"), llm("m0", "0")]
    for n in range(1, 1_000):
        rows += [span(str(n), str(n - 1), kind="agent", agent_name=str(n)), llm(f"m{n}", str(n))]
    found = reading(rows, {})
    assert 1_000 == len(found.threads)
    assert 999 == max(entry.depth for entry in entries(found))


def test_command_prints_harmless_text(tmp_path: Path) -> None:
    """What was said cannot drive the terminal; without content the command says how to have it sent."""
    said = {"input_messages": orjson.dumps([user("red \x1b[31m alert")]).decode()}
    spans = [span("root", kind="agent"), llm("a", "root", **at(1)), llm("b", "root", **at(20))]
    of = run("t", dialects="otel_genai")
    made_lake(tmp_path, runs=[of], spans=spans, payloads=[payload(spans[1], **said)])
    done = spotlight("show", of["run_id"], "--transcript", "--data", tmp_path)
    assert "red \\x1b[31m alert" in done.stdout
    assert "\x1b" not in done.stdout
    assert "1 of 2 model calls" in done.stderr
    assert "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT" in done.stderr
    listed = orjson.loads(
        spotlight("show", of["run_id"], "--transcript", "--json", "--data", tmp_path).stdout
    )
    assert ["user", "silent", "silent"] == [entry["what"] for entry in listed]
