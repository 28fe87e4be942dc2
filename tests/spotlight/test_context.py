"""What the calls of a run saw, and when a fact left their context."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from spotlight.errors import BadRequest, NotFound
from spotlight.reports import Reports
from spotlight.reports.context import context_of
from spotlight.reports.context_document import context_document
from spotlight.reports.context_find import escaped_forms, where_is
from spotlight.reports.context_run import contexts_of
from tests.command import spotlight, spotlight_json
from tests.made_lake import SECOND, made_lake, run, step
from tests.rows import START, llm, payload, span_id
from tests.spotlight.context_rows import FLIGHTS, RUN_ID, call_id, travel


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data folder with one run, whose context everything happens to."""
    return tmp_path_factory.mktemp("travel")


@pytest.fixture(scope="module")
def reports(data: Path) -> Reports:
    """Return the questions to that folder."""
    return travel(data)


def marks(reports: Reports, number: int) -> list[str]:
    """Return the marks of one call's context, in order."""
    return [entry.mark for entry in context_of(reports, RUN_ID, call_id(number)).entries]


def test_marks_of_a_run(reports: Reports) -> None:
    """Every call is compared with the one before it in its thread."""
    assert [] == marks(reports, 0)
    assert ["kept"] * 4 + ["added"] * 2 == marks(reports, 1)
    assert [*["kept"] * 5, "truncated", "added", "added"] == marks(reports, 2)
    assert [
        "changed",
        "added",
        "dropped",
        "changed",
        *["compacted"] * 4,
        "kept",
        "dropped",
        "added",
    ] == marks(reports, 3)


def test_sizes_shares_and_cache(reports: Reports) -> None:
    """Sizes are exact; tokens of a share are the reported ones by size, unknown where none were reported."""
    found = context_of(reports, RUN_ID, call_id(1))
    assert found.chars == sum(part.chars for part in found.parts)
    assert 1.0 == pytest.approx(sum(share.share for share in found.shares))
    assert ("tool: search", len(FLIGHTS)) == (found.shares[0].source, found.shares[0].chars)
    counted = sum(share.chars for share in found.shares)  # without the line breaks between parts
    assert round(600 * len(FLIGHTS) / counted) == found.shares[0].tokens
    prefix = found.prefix
    assert prefix.change is not None
    assert ("none", 90, 600) == (prefix.change.part, prefix.cache_read_tokens, prefix.input_tokens)
    in_front = sum(part.chars for part in found.parts[:4])
    assert in_front / found.chars == found.prefix.same_share


def test_tools_parameters_and_prefix_of_a_changed_call(reports: Reports) -> None:
    """Definitions and parameters are told path by path, and the cached prefix breaks at the first of them."""
    found = context_of(reports, RUN_ID, call_id(3))
    assert [("search", "changed"), ("cancel", "added"), ("book", "removed")] == [t[:2] for t in found.tools]
    assert [("changed", "/description", "Find flights.", "Find cheap flights.")] == [
        (d.op, d.after_pointer, d.before, d.after) for d in found.tools[0].differences
    ]
    assert [("/temperature", 0.2, 0.7)] == [(p.after_pointer, p.before, p.after) for p in found.parameters]
    prefix = found.prefix
    assert prefix.change is not None
    assert ("tools", 0.0, None) == (prefix.change.part, prefix.same_share, prefix.cache_read_tokens)


def test_digests_are_those_of_every_call(reports: Reports) -> None:
    """A message keeps its digest from call to call; prefixes are equal up to the first difference."""
    one, other = (context_of(reports, RUN_ID, call_id(k)).parts for k in (1, 2))
    assert [p.digest for p in one[:5]] == [p.digest for p in other[:5]]
    assert [p.prefix_digest for p in one[:5]] == [p.prefix_digest for p in other[:5]]
    assert one[5].prefix_digest != other[5].prefix_digest


def test_a_fact_is_found_and_its_exit_explained(reports: Reports) -> None:
    """A phrase has a first and a last call, and the mark of what removed it."""
    passport, flight, gone = (
        where_is(reports, RUN_ID, said) for said in ("k7731204", "HAT039 to Seattle", "never said")
    )
    assert passport.first is not None
    assert passport.last is not None
    assert (1, 3, False) == (passport.first.step, passport.last.step, passport.stays)
    assert ["compacted"] == [left.mark for left in passport.exits]
    assert [("truncated", 2, 3)] == [(left.mark, left.last.step, left.next.step) for left in flight.exits]
    assert (None, [], 4) == (gone.first, gone.exits, gone.calls_read)
    stays = where_is(reports, RUN_ID, "which budget do you")
    assert (True, []) == (stays.stays, stays.exits)


def test_a_phrase_is_found_as_json_writes_it() -> None:
    """A phrase may stand escaped once or twice, in ASCII or not."""
    forms = escaped_forms('é "x"')
    assert ['é "x"', '\\u00e9 \\"x\\"', 'é \\"x\\"'] == forms[:3]
    assert 'é \\\\\\"x\\\\\\"' in forms


def test_threads_are_told_apart(tmp_path: Path) -> None:
    """Of the earlier calls of an agent, the one with most in common is compared with, not the latest."""
    of = run("two")
    said = {"a": "[A] first thread, a long task", "b": "[B] second thread, another task"}
    names = ["a0", "b0", "a1"]
    at: dict[str, dict[str, Any]] = {name: {"started_ns": START + k * SECOND} for k, name in enumerate(names)}
    spans = [llm(name, trace="two", **at[name]) for name in names]
    words = {name: said[name[0]] for name in names}
    history = {n: f'[{{"role": "user", "content": "{words[n]}"}}]' for n in names}
    found = made_lake(
        tmp_path, runs=[of], spans=spans, steps=[step(of, n, "llm", **at[n]) for n in names],
        payloads=[payload(s, input_messages=history[n]) for s, n in zip(spans, names, strict=True)],
    )  # fmt: skip
    told = context_of(found, str(of["run_id"]), span_id("a1"))
    assert span_id("a0") == (told.previous and told.previous.span_id)
    alone = context_of(found, str(of["run_id"]), span_id("b0"))
    assert (None, True) == (alone.previous, "another conversation" in alone.previous_why)


def test_a_compaction_between_two_calls_is_noted(tmp_path: Path) -> None:
    """A step of kind compaction after the earlier call and before this one is part of the story."""
    of = run("packed")
    at = {name: {"started_ns": START + k * SECOND} for k, name in enumerate(("m0", "pack", "m1"))}
    said = {"m0": "a long story", "m1": "a long story, told again"}
    spans = [llm(name, trace="packed", started_ns=at[name]["started_ns"]) for name in said]
    steps = [step(of, name, "llm", **at[name]) for name in said] + [
        step(of, "pack", "compaction", **at["pack"])
    ]
    carried = [
        payload(
            span, input_messages=f'[{{"role": "user", "content": "{text}"}}]', system_instructions="Be kind."
        )
        for span, text in zip(spans, said.values(), strict=True)
    ]
    found = made_lake(tmp_path, runs=[of], spans=spans, steps=steps, payloads=carried)
    assert () == context_of(found, str(of["run_id"]), span_id("m0")).notes
    told = context_of(found, str(of["run_id"]), span_id("m1")).notes
    assert ("the run tells of a compaction between the two calls",) == told


def test_all_contexts_of_a_run_are_those_of_its_calls(reports: Reports) -> None:
    """Read together, every call has the context it has alone."""
    told = contexts_of(reports, RUN_ID)
    assert [context_of(reports, RUN_ID, call_id(k)) for k in range(4)] == list(told.contexts)


def test_what_is_not_there_is_an_error(reports: Reports) -> None:
    """A span that is no model call, and an empty phrase, are refused with a hint."""
    with pytest.raises(NotFound, match="no model call"):
        context_of(reports, RUN_ID, "0" * 16)
    with pytest.raises(BadRequest, match="no text"):
        where_is(reports, RUN_ID, "  ")


def test_document_names_every_part(reports: Reports) -> None:
    """Each entry of the document points at a part that is sent with it; changes come word by word."""
    told = context_document(reports, RUN_ID, call_id(3))
    for entry in told["entries"]:
        assert told["parts"][entry["now"]] if entry["now"] is not None else told["old"][str(entry["before"])]
    changed = next(e for e in told["entries"] if e["mark"] == "changed" and e["now"] == 2)
    assert "You are a travel agent. Today is Tuesday." == "".join(
        t for op, t in changed["words"] if op != "removed"
    )


def test_command(data: Path, reports: Reports) -> None:
    """The command tells a run in a line per call, a call part by part, and where a phrase was."""
    lines = spotlight_json("context", RUN_ID[:8], "--data", data)
    assert [1, 2, 3, 4] == [line["step"] for line in lines]
    assert {"added": 2, "truncated": 1, "kept": 5} == lines[2]["marks"]
    assert "2 added, 1 truncated, 5 kept" in spotlight("context", RUN_ID, "--data", data).stdout
    shown = spotlight("context", RUN_ID, call_id(3), "--data", data).stdout
    assert "tool definition removed: book" in shown
    assert "parameter changed: /temperature: 0.2 → 0.7" in shown
    found = spotlight("context", RUN_ID, "--find", "K7731204", "--data", data).stdout
    assert f"held by 3 of 4 calls, from step 1 ({call_id(0)}) to step 3 ({call_id(2)})" in found
