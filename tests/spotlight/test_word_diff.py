"""Texts and JSON values are compared so that both sides can be had back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spotlight.reports import word_diff as word_diffs
from spotlight.reports.json_diff import Change, canonical, json_diff
from spotlight.reports.word_diff import Piece, word_diff

TEXTS = st.text(st.sampled_from("ab c\n.é🙂"), max_size=120)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(("", "x", "a/b", "~")),
    lambda inner: (
        st.lists(inner, max_size=6) | st.dictionaries(st.sampled_from(("k", "a/b", "~", "")), inner)
    ),
    max_leaves=25,
)


def test_edits_are_whole_words() -> None:
    """What went and what came reads as phrases, not as letters."""
    assert [
        Piece("equal", "The "),
        Piece("removed", "user wants"),
        Piece("added", "customer asks for"),
        Piece("equal", " a refund."),
    ] == word_diff("The user wants a refund.", "The customer asks for a refund.")


@given(TEXTS, TEXTS)
def test_both_texts_can_be_read_off_the_pieces(before: str, after: str) -> None:
    """Without the added pieces stands the first text, without the removed the second."""
    pieces = word_diff(before, after)
    assert before == "".join(piece.text for piece in pieces if piece.op != "added")
    assert after == "".join(piece.text for piece in pieces if piece.op != "removed")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("one\n" * 3, "one\n" * 2 + "two\n", id="lines"),
        pytest.param("x " * 400, "y " * 400, id="nothing shared"),
    ],
)
def test_what_takes_too_long_is_coarse_and_still_right(
    before: str, after: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond the limits of size and time, both texts still can be read off."""
    monkeypatch.setattr(word_diffs, "MOST_CHARACTERS", 10)
    pieces = word_diff(before, after, timeout_s=0)
    assert (before, after) == (
        "".join(piece.text for piece in pieces if piece.op != "added"),
        "".join(piece.text for piece in pieces if piece.op != "removed"),
    )


def rebuilt(before: Any, changes: list[Change]) -> Any:
    """Return the second value, made from the first and the changes alone."""
    whole = [json.loads(json.dumps(before))]
    by_op = {op: [c for c in changes if c.op == op] for op in ("changed", "removed", "added")}
    for change in by_op["changed"]:
        holder, key = _place(whole, change.before_pointer)
        holder[key] = change.after
    for change in reversed(by_op["removed"]):
        holder, key = _place(whole, change.before_pointer)
        del holder[key]
    for change in by_op["added"]:
        holder, key = _place(whole, change.after_pointer)
        if isinstance(holder, list):
            holder.insert(int(key), change.after)
        else:
            holder[key] = change.after
    return whole[0]


def _place(whole: list[Any], pointer: str | None) -> tuple[Any, Any]:
    assert pointer is not None
    path = [part.replace("~1", "/").replace("~0", "~") for part in ("/0" + pointer).split("/")[1:]]
    value: Any = whole
    for part in path[:-1]:
        value = value[int(part)] if isinstance(value, list) else value[part]
    return value, int(path[-1]) if isinstance(value, list) else path[-1]


def test_json_differences_are_told_by_path() -> None:
    """Changes stand at their JSON pointers; an item put in front moves no other."""
    before = {"plan": "growth", "items": [1, 2, {"id": 7, "qty": 1}], "old/key": True}
    after = {"plan": "enterprise", "items": [0, 1, 2, {"id": 7, "qty": 3}]}
    assert [
        Change("changed", "/plan", "/plan", "growth", "enterprise"),
        Change("added", None, "/items/0", None, 0),
        Change("changed", "/items/2/qty", "/items/3/qty", 1, 3),
        Change("removed", "/old~1key", None, True, None),
    ] == json_diff(before, after)


@pytest.mark.parametrize(("a", "b"), [(1, True), (1, 1.0), (0, False), ("1", 1), (None, "null"), ([], {})])
def test_values_of_another_type_are_other_values(a: Any, b: Any) -> None:
    """What Python calls equal is not the same in JSON."""
    assert 1 == len(json_diff({"v": a}, {"v": b}))


@given(VALUES, VALUES)
def test_the_second_value_can_be_made_from_the_first(before: Any, after: Any) -> None:
    """The changes are all there is to know, and there are none between equal values."""
    changes = json_diff(before, after)
    assert canonical(after) == canonical(rebuilt(before, changes))
    assert (canonical(before) == canonical(after)) == (not changes)


def test_deep_values_are_compared() -> None:
    """Nesting as deep as JSON readers take ends in no error."""
    deep = json.loads("[" * 900 + "1" + "]" * 900)
    other = json.loads("[" * 900 + "2" + "]" * 900)
    assert 1 == len(json_diff(deep, other))
