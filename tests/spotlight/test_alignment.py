"""Two lists of steps are aligned whole, in order, and quickly."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spotlight.reports.alignment import Pair, Step, align, first_divergence, words
from spotlight.reports.alignment_anchors import anchors

NAMES = ("search", "send", "read")


def step(text: str, kind: str = "tool", name: str = "search") -> Step:
    """Return a step that says a text."""
    return Step(kind, name, (kind, name, text), words(text))


def told(texts: str) -> list[Step]:
    """Return a step per letter, each with words of its own."""
    return [step(f"{letter} says {letter}{letter}") for letter in texts]


def shown(a: str, b: str) -> list[str]:
    """Return the rows of two lists of letters: "a=a", "a~b", "a-", "+b"."""
    signs = []
    for pair in align(told(a), told(b)):
        left, right = "" if pair.a is None else a[pair.a], "" if pair.b is None else b[pair.b]
        middle = "=" if pair.is_equal else "~" if left and right else "-" if left else "+"
        signs.append(f"{left}{middle}{right}")
    return signs


@pytest.mark.parametrize(
    ("a", "b", "rows"),
    [
        pytest.param("", "", [], id="nothing"),
        pytest.param("abc", "abc", ["a=a", "b=b", "c=c"], id="the same"),
        pytest.param("abc", "ac", ["a=a", "b-", "c=c"], id="one removed"),
        pytest.param("ac", "abc", ["a=a", "+b", "c=c"], id="one added"),
        pytest.param("abc", "axc", ["a=a", "b~x", "c=c"], id="one changed"),
        pytest.param("aaab", "aab", ["a=a", "a=a", "a-", "b=b"], id="one repetition less"),
        pytest.param("", "ab", ["+a", "+b"], id="all added"),
        pytest.param("ab", "", ["a-", "b-"], id="all removed"),
    ],
)
def test_like_stands_beside_like(a: str, b: str, rows: list[str]) -> None:
    """What is the same is beside itself; what has no like stands alone."""
    assert rows == shown(a, b)


def test_another_kind_is_never_the_same_step() -> None:
    """A model call does not answer to a tool call, whatever both say."""
    pairs = align([step("renew the plan", "llm", "")], [step("renew the plan", "tool", "")])
    assert {(0, None), (None, 0)} == {(pair.a, pair.b) for pair in pairs}


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        pytest.param("to sam about the renewal of the plan", 1, id="most words shared"),
        pytest.param("weather in Oslo", 2, id="no word shared"),
    ],
)
def test_another_tool_is_the_same_step_only_if_it_is_asked_the_same(text: str, pairs: int) -> None:
    """A tool that took another's place stands beside it where their arguments are alike."""
    mine = [step("to sam about the renewal of a plan", name="send_mail")]
    assert pairs == len(align(mine, [step(text, name="send_letter")]))


def test_the_likest_step_is_chosen() -> None:
    """Of two steps in a gap, the one that shares most words is the changed one."""
    before = [step("price of the enterprise plan in euro")]
    after = [step("weather today"), step("price of the growth plan in euro")]
    assert [Pair(None, 0, False), Pair(0, 1, False)] == align(before, after)


def test_first_divergence_is_the_first_row_that_is_not_equal() -> None:
    """Rows are counted from 0; equal lists do not part."""
    assert (2, None) == (
        first_divergence(align(told("abc"), told("abx"))),
        first_divergence(align(told("abc"), told("abc"))),
    )


@st.composite
def lists(draw: st.DrawFn) -> list[Step]:
    """Return a list of few different steps: repetitions and crossings are common."""
    texts = st.sampled_from(("a b", "a c", "d", "", "e f g"))
    made = st.builds(step, texts, st.sampled_from(("llm", "tool")), st.sampled_from(NAMES))
    return draw(st.lists(made, max_size=25))


@given(lists(), lists())
def test_every_step_stands_in_one_row_in_order(a: list[Step], b: list[Step]) -> None:
    """Both lists can be read off the rows; equal rows are equal and no others are."""
    pairs = align(a, b)
    assert list(range(len(a))) == [pair.a for pair in pairs if pair.a is not None]
    assert list(range(len(b))) == [pair.b for pair in pairs if pair.b is not None]
    for pair in pairs:
        both = pair.a is not None and pair.b is not None
        assert pair.is_equal == (both and a[pair.a or 0].key == b[pair.b or 0].key)


@given(st.lists(st.integers(0, 12)), st.lists(st.integers(0, 12)))
def test_anchors_rise_on_both_sides(a: list[int], b: list[int]) -> None:
    """Anchors are equal and unique on both sides, and never cross."""
    found = anchors(a, b)
    assert found == sorted(found)
    assert [j for _, j in found] == sorted({j for _, j in found})
    assert all(a[i] == b[j] and a.count(a[i]) == 1 == b.count(b[j]) for i, j in found)


def changed(steps: list[Step], share: float, rng: random.Random) -> list[Step]:
    """Return steps of which a share was changed, left out or doubled."""
    found = []
    for one in steps:
        dice = rng.random() / share
        if dice < 0.6:
            kept = sorted(one.tokens)[:40]
            found.append(step(" ".join([*kept, *(str(rng.random()) for _ in range(5))]), one.kind, one.name))
        elif dice < 0.8:
            continue
        else:
            found += [one, step(str(rng.random()))] if dice < 1 else [one]
    return found


def test_most_of_a_long_run_is_found_again() -> None:
    """Of 400 steps of which 30 % are changed, dropped or added, nearly all have their counterpart."""
    rng = random.Random(5)
    words_ = [f"w{number}" for number in range(400)]
    a = [
        step(" ".join(rng.choices(words_, k=50)), rng.choice(("llm", "tool")), rng.choice(NAMES))
        for _ in range(400)
    ]
    b = changed(a, 0.3, rng)
    pairs = align(a, b)
    both = sum(pair.a is not None and pair.b is not None for pair in pairs)
    assert both > 350
