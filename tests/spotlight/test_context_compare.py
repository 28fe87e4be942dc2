"""What became of each part of a context since the call before, mark by mark."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spotlight.messages import read_conversation, to_json
from spotlight.messages.digests import canonical_json, message_digest, prefix_digests
from spotlight.reports.context_compare import Entry, compare_contexts, cut_of
from spotlight.reports.context_parts import Part, Sources, answer_parts, context_parts

SYSTEM = "You are a careful agent."
LONG = " ".join(f"Row {k} holds the amount {k * 7}." for k in range(60))
TASK = {"role": "user", "content": "Please find the missing invoice of the northern warehouse."}
READ = {"name": "read", "arguments": '{"path": "a.csv"}'}
CALL = {
    "role": "assistant",
    "content": None,
    "tool_calls": [{"id": "c1", "type": "function", "function": READ}],
}
RESULT = {"role": "tool", "tool_call_id": "c1", "content": LONG}
DONE = {"role": "assistant", "content": "The invoice of the northern warehouse is number 4711."}
FINE = {"role": "assistant", "content": "Fine."}
NEXT = {"role": "user", "content": "Send it to accounting."}
SHORT = {
    "role": "user",
    "content": "So far: the missing invoice of the northern warehouse holds amount 4711.",
}


def conversation(
    messages: Any, system: str = SYSTEM, tools: tuple[str, ...] = ("read",), answer: Any = FINE
) -> dict[str, Any]:
    """Return a call's conversation in canonical form."""
    offered = [{"type": "function", "function": {"name": n, "parameters": {"type": "object"}}} for n in tools]
    sent = {"system_instructions": system, "input_messages": json.dumps(messages),
            "tool_definitions": json.dumps(offered), "output_messages": json.dumps([answer])}  # fmt: skip
    return to_json(read_conversation(sent, dialect="otel_genai"))


def parts(*messages: Any, **other: Any) -> list[Part]:
    """Return the context of a call."""
    return context_parts(conversation(messages, **other))


def marks(old: list[Part], new: list[Part]) -> list[tuple[str, int | None, int | None]]:
    """Return mark and places of every entry but tools and instructions that were kept."""
    return [e[:3] for e in compare_contexts(old, new) if e.mark != "kept" or (e.now or 0) > 1]


CUT = RESULT | {"content": LONG[:300] + "... [1,200 characters cut]"}
CLEARED = RESULT | {"content": "[old tool result cleared]"}
REWORDED = TASK | {"content": "Please find the missing invoice of the southern warehouse."}
CASES: dict[str, tuple[list[Part], list[Part], list[tuple[str, int | None, int | None]]]] = {
    "the history goes on": (
        parts(TASK), parts(TASK, CALL, RESULT), [("kept", 2, 2), ("added", None, 3), ("added", None, 4)],
    ),
    "the oldest messages are dropped": (
        parts(TASK, CALL, RESULT, DONE), parts(RESULT, DONE, NEXT),
        [("dropped", 2, None), ("dropped", 3, None), ("kept", 4, 2), ("kept", 5, 3), ("added", None, 4)],
    ),
    "a result is cut short": (
        parts(TASK, CALL, RESULT), parts(TASK, CALL, CUT),
        [("kept", 2, 2), ("kept", 3, 3), ("truncated", 4, 4)],
    ),
    "a result is cleared": (
        parts(TASK, CALL, RESULT), parts(TASK, CALL, CLEARED),
        [("kept", 2, 2), ("kept", 3, 3), ("truncated", 4, 4)],
    ),
    "a result of the same call says something else": (
        parts(TASK, CALL, RESULT), parts(TASK, CALL, RESULT | {"content": LONG[::-1]}),
        [("kept", 2, 2), ("kept", 3, 3), ("changed", 4, 4)],
    ),
    "messages are summed up": (
        parts(TASK, CALL, RESULT, DONE), parts(SHORT, NEXT),
        [*[("compacted", k, None) for k in (2, 3, 4, 5)], ("compacted", None, 2), ("added", None, 3)],
    ),
    "another conversation begins": (
        parts(TASK, DONE), parts({"role": "user", "content": "Hello there, what time is it now?"}),
        [("dropped", 2, None), ("dropped", 3, None), ("added", None, 2)],
    ),
    "a message is reworded": (parts(TASK), parts(REWORDED), [("changed", 2, 2)]),
    "the instructions change": (
        parts(TASK), parts(TASK, system="Be quick."), [("changed", 1, 1), ("kept", 2, 2)],
    ),
    "a tool goes and another comes": (
        parts(TASK, tools=("read", "write")), parts(TASK, tools=("read", "send")),
        [("added", None, 1), ("dropped", 1, None), ("kept", 2, 2), ("kept", 3, 3)],
    ),
    "tools change places": (
        parts(TASK, tools=("a", "b")), parts(TASK, tools=("b", "a")), [("kept", 2, 2), ("kept", 3, 3)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_marks(case: str) -> None:
    """Every part is marked with what became of it, in order."""
    old, new, expected = CASES[case]
    assert expected == marks(old, new)


def test_a_summary_that_says_so_is_told_not_inferred() -> None:
    """A part of type compaction is a summary whatever its words; another one is inferred and says so."""
    said = {"role": "assistant", "parts": [{"type": "compaction", "content": "..."}]}
    told = compare_contexts(parts(TASK, CALL, RESULT), parts(said))[-1]
    guessed = next(e for e in compare_contexts(parts(TASK, CALL, RESULT), parts(SHORT)) if e.stands_for)
    assert (3, True) == (told.stands_for, "as it says itself" in str(told.note))
    assert (3, True) == (guessed.stands_for, "inferred" in str(guessed.note))


def test_a_run_that_tells_of_its_compaction_is_believed() -> None:
    """With a compaction told between the calls, the first shorter message is the summary."""
    said = {"role": "user", "content": "Zusammenfassung: alles erledigt."}
    old, new = parts(TASK, CALL, RESULT), parts(said, NEXT)
    plain, told = (compare_contexts(old, new, is_compacted=known) for known in (False, True))
    assert [0, 3] == [sum(entry.stands_for for entry in entries) for entries in (plain, told)]
    assert "the run tells" in next(str(entry.note) for entry in told if entry.stands_for)


def test_the_answer_of_the_call_before_is_named() -> None:
    """What the earlier call said comes in as its answer."""
    answer = answer_parts(conversation([TASK], answer=DONE))
    entries = compare_contexts(parts(TASK), parts(TASK, DONE, NEXT), answer)
    assert ["the answer of the call before", None] == [e.note for e in entries if e.mark == "added"]


def test_moved_tools_say_so() -> None:
    """A tool in another place is kept, but a cache cannot use it: the note says where to look."""
    entries = compare_contexts(parts(tools=("a", "b")), parts(tools=("b", "a")))
    assert [("kept", "in another place of the list")] * 2 == [(e.mark, e.note) for e in entries[:2]]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (LONG, LONG[:100], (100, 0)),
        (LONG, LONG[:50] + " [...] " + LONG[-60:], (50, 60)),
        (LONG, LONG, None),
        (LONG, "x" * 100, None),
        ("short text", "short", None),
    ],
    ids=["front", "both ends", "the same", "nothing in common", "too little left to tell"],
)
def test_cuts(old: str, new: str, expected: tuple[int, int] | None) -> None:
    """A cut keeps the front or the end of a text, with at most a mark of its own between."""
    found = cut_of(old, new)
    assert expected == (found and (found[0] // 1, found[1])) or (
        found and sum(found) >= sum(expected or (1, 0))
    )


words = st.text(alphabet="abc ", max_size=30)
messages = st.lists(st.tuples(st.sampled_from(["user", "assistant"]), words), max_size=8)


@given(messages, messages)
def test_every_part_once(old: list[tuple[str, str]], new: list[tuple[str, str]]) -> None:
    """Whatever two contexts hold, each part of both stands in exactly one entry."""
    sides = [[{"role": r, "content": t} for r, t in side] for side in (old, new)]
    one, other = parts(*sides[0]), parts(*sides[1])
    entries: list[Entry] = compare_contexts(one, other)
    assert list(range(len(one))) == sorted(e.before for e in entries if e.before is not None)
    assert [p.place for p in other] == [e.now for e in entries if e.now is not None]


odd_values = st.none() | st.integers() | st.text(max_size=8) | st.lists(st.text(max_size=4), max_size=2)
kinds = st.sampled_from(
    ["text", "tool_call", "tool_call_response", "blob", "reasoning", "compaction", "else", ""]
)
odd_parts = st.fixed_dictionaries(
    {"type": kinds}, optional=dict.fromkeys(("id", "name", "content", "arguments", "response"), odd_values)
)
odd_messages = st.fixed_dictionaries(
    {"role": odd_values, "parts": st.lists(odd_parts, max_size=3)}, optional={"name": odd_values}
)


@given(st.lists(odd_messages, max_size=4), st.lists(odd_messages, max_size=4))
def test_odd_messages_are_compared_too(old: list[Any], new: list[Any]) -> None:
    """A history is what a stranger sent: whatever its parts lack, it has a context, and marks."""
    one, other = parts(*old), parts(*new)
    found = compare_contexts(one, other)
    assert len(other) == sum(entry.now is not None for entry in found)
    assert all(part.bytes >= part.chars for part in one)


@given(st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5) | st.none(), max_size=6))
def test_digests_do_not_depend_on_the_order_of_keys(fields: dict[str, Any]) -> None:
    """Equal values have equal canonical text, integers of any size included."""
    turned = dict(reversed(fields.items()))
    assert canonical_json(fields) == canonical_json(turned)


def test_digests_leave_out_what_only_the_wire_says() -> None:
    """A mark for the cache or the reason an answer ended makes no other message; other words do."""
    plain = {"role": "user", "parts": [{"type": "text", "content": "a"}]}
    marked = {"role": "user", "finish_reason": "stop", "parts": [
        {"content": "a", "type": "text", "extra": {"cache_control": {"type": "ephemeral"}}}]}  # fmt: skip
    assert message_digest(plain) == message_digest(marked)
    assert message_digest(plain) != message_digest(plain | {"role": "assistant"})
    assert prefix_digests(["x", "y"])[:1] == prefix_digests(["x"])


def test_sources_by_size() -> None:
    """Characters are counted to whoever they come from; what retrieval found word for word is retrieval's."""
    passage = "The northern warehouse closed in March of the year 2024."
    asked = {"role": "user", "content": f"Context: {passage} Question: when?"}
    found = context_parts(
        conversation([asked, CALL, RESULT]), Sources({"read": "memory_read"}, [("retrieval", passage)])
    )
    counted: dict[str, int] = {}
    for part in found:
        for source, size in part.sources:
            counted[source] = counted.get(source, 0) + size
    assert (len(passage), len("Context:  Question: when?")) == (counted["retrieval"], counted["user"])
    assert len(LONG) == counted["memory"]
    assert sum(part.chars for part in found) == sum(counted.values())
