"""Where a prompt stops being like the one before it: tools, then instructions, then messages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from spotlight.errors import NotFound
from spotlight.messages import read_conversation, to_json
from spotlight.reports import Reports
from spotlight.reports.waste_prefix import PrefixChange, compared, where_prefix_changed, with_changes
from tests.made_lake import SECOND, made_lake, run, step
from tests.rows import START, llm, payload, span_id

ASKED = [{"role": "user", "content": "Where is my order?"}]
ANSWERED = [
    *ASKED,
    {"role": "assistant", "content": "Which one?"},
    {"role": "user", "content": "The red one."},
]
MARKED = [
    {
        "role": "user",
        "content": [{"type": "text", "text": "Where is my order?", "cache_control": {"type": "x"}}],
    }
]
PLAIN = [{"role": "user", "content": [{"type": "text", "text": "Where is my order?"}]}]


def prompt(
    messages: Any = ASKED,
    system: str = "Be brief. Today is Monday.",
    tools: tuple[str, ...] = ("find", "buy"),
) -> dict[str, Any]:
    """Return a prompt in canonical form."""
    offered = [{"type": "function", "function": {"name": name, "parameters": {}}} for name in tools]
    sent = {"system_instructions": system, "input_messages": json.dumps(messages),
            "tool_definitions": json.dumps(offered)}  # fmt: skip
    return to_json(read_conversation(sent, dialect="otel_genai"))


CASES: dict[str, tuple[dict[str, Any], dict[str, Any], tuple[str, int | None, str | None], str]] = {
    "goes on": ({}, {"messages": ANSWERED}, ("none", None, None), "stands unchanged in front"),
    "only a mark for the cache": (
        {"messages": PLAIN}, {"messages": MARKED}, ("none", None, None), "stands unchanged in front",
    ),
    "another day": (
        {}, {"messages": ANSWERED, "system": "Be brief. Today is Tuesday."}, ("system", 0, "instructions"),
        "part of the instructions 1 changed",
    ),
    "tools in another order": (
        {}, {"tools": ("buy", "find")}, ("tools", 0, "buy"), "tool 1 was find, is buy",
    ),
    "a new tool": ({}, {"tools": ("find", "buy", "pay")}, ("tools", 2, "pay"), "tool 3 (pay) is new"),
    "a tool less": ({}, {"tools": ("find",)}, ("tools", 1, "buy"), "tool 2 (buy) is no longer there"),
    "history rewritten": (
        {"messages": ANSWERED}, {"messages": [*ASKED, *ANSWERED[2:]]}, ("message", 1, "user"),
        "message 2 was assistant, is user",
    ),
    "history cut": (
        {"messages": ANSWERED}, {"messages": ASKED}, ("message", 1, "assistant"), "no longer there",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_first_difference(case: str) -> None:
    """What differs first is named by part, place and name."""
    before, after, where, said = CASES[case]
    found = compared("r", "b", "a", prompt(**before), prompt(**after))
    assert where == (found.part, found.place, found.what)
    assert said in found.said


def test_the_very_character_is_shown() -> None:
    """The excerpts begin shortly before the first differing character, and all in front of it is counted."""
    found = compared("r", "b", "a", prompt(), prompt(system="Be brief. Today is Tuesday."))
    assert found.before is not None
    assert found.after is not None
    assert ("Monday.", "Tuesday.") == (found.before[20:27], found.after[20:28])
    tools = sum(len('{"name":"find","description":null,"parameters":{}}') - at for at in (0, 1))
    assert tools + len('{"type":"text","content":"Be brief. Today is ') == found.same_chars


def lake_with(data: Path, *contents: dict[str, str] | None) -> Reports:
    """Return a lake with one run of a model call per content; of three the second failed."""
    of = run("a")
    names = [f"m{n}" for n in range(len(contents))]
    spans = [llm(name, trace="a", started_ns=START + n * SECOND) for n, name in enumerate(names)]
    steps = [
        step(of, name, "llm", started_ns=START + n * SECOND, failed=len(contents) == 3 and n == 1)
        for n, name in enumerate(names)
    ]
    carried = [payload(span, **said) for span, said in zip(spans, contents, strict=True) if said is not None]
    return made_lake(data, runs=[of], steps=steps, spans=spans, payloads=carried)


def ask(reports: Reports, name: str) -> PrefixChange:
    """Return what changed in front of one call of the lake's run."""
    return where_prefix_changed(reports, str(run("a")["run_id"]), span_id(name))


def test_calls_of_a_lake(tmp_path: Path) -> None:
    """A call is compared with the one before it that did not fail; the first has none before it."""
    said = [{"input_messages": json.dumps([{"role": "user", "content": text}])} for text in ("a", "x", "b")]
    reports = lake_with(tmp_path, *said)
    found = ask(reports, "m2")
    assert (span_id("m0"), "message", 0, "message 1 changed (user)") == (
        found.previous_span_id, found.part, found.place, found.said,
    )  # fmt: skip
    assert ("not reported", None) == (ask(reports, "m0").part, ask(reports, "m0").previous_span_id)
    with pytest.raises(NotFound, match="no model call"):
        ask(reports, "nothing")


def test_missed_calls_say_what_changed(tmp_path: Path) -> None:
    """The first calls of a list of missed ones are compared, the others are left open."""
    said = [{"input_messages": json.dumps([{"role": "user", "content": text}])} for text in ("a", "b")]
    reports = lake_with(tmp_path, *said)
    run_id = str(run("a")["run_id"])
    misses = pa.table({"run_id": [run_id, run_id], "span_id": [span_id("m1"), span_id("m0")]})
    found = with_changes(reports, misses, most=1)
    assert ["message", None] == found.column("changed_part").to_pylist()
    assert ["message 1 changed (user)", None] == found.column("changed").to_pylist()


def test_calls_whose_spans_are_gone(tmp_path: Path) -> None:
    """A step without its span has no prompt to compare."""
    of = run("a")
    steps = [step(of, name, "llm", started_ns=START + n * SECOND) for n, name in enumerate(("m0", "m1"))]
    found = ask(made_lake(tmp_path, runs=[of], steps=steps), "m1")
    assert ("not reported", span_id("m0")) == (found.part, found.previous_span_id)
    assert "not in the lake" in found.said


def test_calls_without_content(tmp_path: Path) -> None:
    """Where messages were not sent, nothing is said to have changed."""
    found = ask(lake_with(tmp_path, None, {"input_messages": json.dumps(ASKED)}), "m1")
    assert ("not reported", None) == (found.part, found.same_chars)
    assert "not sent" in found.said
