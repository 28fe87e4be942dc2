"""Answers in journals and caches read back as they were; two answers are compared by what they decide."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from replay.agreement import compare
from replay.model import Response, Usage
from replay.stored import read_response, response_text
from spotlight.messages import canonical
from spotlight.messages.canonical import Message, Reasoning, Text, ToolCall
from tests.replay.scripted import calls, says

_TEXT = st.text(max_size=5)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | _TEXT,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(_TEXT, inner, max_size=2), max_leaves=4,
)  # fmt: skip
_EXTRA = st.dictionaries(_TEXT, _JSON, max_size=1)
_MAYBE = st.none() | _TEXT
_PART = st.one_of(
    st.tuples(_TEXT, _EXTRA).map(lambda told: Text(*told)),
    st.tuples(_TEXT, _MAYBE, _EXTRA).map(lambda told: Reasoning(*told)),
    st.tuples(_MAYBE, _TEXT, _JSON, _EXTRA).map(lambda told: ToolCall(*told)),
    st.tuples(_MAYBE, _MAYBE, _EXTRA).map(lambda told: canonical.Compaction(*told)),
    st.tuples(_MAYBE, _TEXT, _TEXT, _EXTRA).map(lambda told: canonical.Blob(*told)),
    st.dictionaries(st.sampled_from("ab"), _JSON).map(lambda told: canonical.Generic("odd", told)),
)
_MESSAGE = st.lists(_PART, max_size=3).map(lambda parts: Message("assistant", tuple(parts)))
_ANSWER = st.tuples(st.lists(_MESSAGE, max_size=2), _MAYBE, st.none() | st.integers(0, 9), _EXTRA).map(
    lambda told: Response(tuple(told[0]), told[1], usage=Usage(told[2]), extra=told[3])
)


@given(_ANSWER)
def test_an_answer_reads_back_as_it_was(answer: Response) -> None:
    """To the last part, half surrogate and unknown field."""
    assert answer == read_response(response_text(answer))


@given(_ANSWER)
def test_an_answer_agrees_with_itself(answer: Response) -> None:
    """Whatever it says."""
    assert compare(answer, answer).is_same


def test_what_two_answers_have_in_common() -> None:
    """Tools by name and number, arguments whatever their order, words without the spaces around them."""

    def told(first: Response, second: Response) -> tuple[Any, ...]:
        return tuple(compare(first, second))

    assert (None, None, True, True) == told(says("a "), says(" a"))
    assert (None, None, False, True) == told(says("a"), says("b"))
    assert (True, True, None, True) == told(calls("f", {"a": 1, "b": 2}), calls("f", {"b": 2, "a": 1}, "x"))
    assert (True, True, None, True) == told(calls("f", {}), calls("f", None))
    assert (True, False, None, False) == told(calls("f", {"a": 1}), calls("f", {"a": True}))
    assert (False, False, False, False) == told(calls("f", {}), says("a"))
    both = Response((*calls("f", {}).messages, *calls("g", {}).messages), "tool_calls")
    turned = Response((*calls("g", {}).messages, *calls("f", {}).messages), "tool_calls")
    assert (True, True, None, True) == told(both, turned)
    assert (False, False, None, False) == told(both, calls("f", {}))
