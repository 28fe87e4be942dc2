"""Texts that did not arrive whole are found, and others are left in peace."""

from __future__ import annotations

from typing import Any

import pytest

from ingest.pivot import pivot_traces
from ingest.source_counts import source_rows
from tests.ingest.otlp import records, request

LONG = "word " * 200
SYSTEM = "You are a helper of few words, who answers in one sentence and never asks back."


def counts(*spans: dict[str, Any]) -> tuple[int, int]:
    """Return (truncated values, bad JSON) of spans of one source with these attributes."""
    found = source_rows(pivot_traces(records([request(attributes) for attributes in spans])).counts).sources
    return sum(found.column("truncated_values").to_pylist()), sum(found.column("bad_json").to_pylist())


@pytest.mark.parametrize(
    "text",
    [
        LONG + "...[TRUNCATED: original length 20000]",
        LONG + "[truncated]",
        LONG + "... (output truncated)",
        LONG + "… truncated",
        '[{"role": "user", "content": "' + LONG + '...[TRUNCATED"}]',
        LONG + "<TRUNCATED>",
    ],
)
def test_a_mark_of_cutting_is_found(text: str) -> None:
    """A long text that ends with a client's mark was cut, inside JSON too."""
    assert (1, 0) == counts({"input.value": text})


@pytest.mark.parametrize(
    "text",
    [
        LONG + "The list was truncated by the tool, so I read on.",
        LONG + "and [see the notes]",
        "[truncated]",
        '{"truncated": true, "why": "asked for it"}',
        "[1] Report of the year, page 12, and more of such citations",
        "{name} is asked for {count} times in the template of the prompt",
        '{"a": 1}\n\nThat is the answer, as JSON, with an explanation.',
        '["a", "b"]   \n',
        '{"a": [1, 2, {"b": null}], "c": "text that is long enough"}',
    ],
)
def test_whole_texts_are_left_in_peace(text: str) -> None:
    """Words about cutting, brackets in prose, and JSON with blanks or text behind are whole."""
    assert (0, 0) == counts({"input.value": text})


@pytest.mark.parametrize(
    "text", ['[{"role": "user", "content": "' + LONG, '{"a": {"b": [1, 2, 3], "c": "text']
)
def test_unfinished_json_is_cut_and_bad(text: str) -> None:
    """JSON that stops in the middle was cut, and does not parse."""
    assert (1, 1) == counts({"input.value": text})


def test_json_broken_inside_is_bad_but_not_cut() -> None:
    """A writer that makes broken JSON is found by its first text; all its texts are then counted."""
    broken = {"tool.args": "{\"a\": 'single quotes are not for JSON'}"}
    assert (0, 3) == counts(broken, broken, broken)


def test_a_limit_shows_in_equal_round_lengths() -> None:
    """Different texts of exactly 1,000 characters, none longer, were cut to the client's limit."""
    first, second = ("abc " * 400)[:1000], ("Überall " * 400)[:1000]
    assert (2, 0) == counts({"input.value": first, "output.value": second, "session.id": "s" * 36})


def test_one_longer_text_says_that_there_is_no_limit() -> None:
    """Texts of a round length are nothing to speak of where others are longer."""
    first, second = ("abc " * 400)[:1000], ("def " * 400)[:1000]
    assert (0, 0) == counts({"a": first, "b": second, "c": "x" * 1001})


def test_the_same_text_twice_is_no_limit() -> None:
    """A text that every span repeats has one length, round or not."""
    text = (SYSTEM * 20)[:500]
    assert (0, 0) == counts({"a": text}, {"a": text}, {"b": text})


@pytest.mark.parametrize(("said", "count"), [(True, 1), ("true", 1), (False, 0), ("no", 0)])
def test_clients_say_themselves_that_they_cut(said: Any, count: int) -> None:
    """`..._truncated` = true counts, as a boolean and as a word."""
    assert (count, 0) == counts({"user_prompt_truncated": said, "user_prompt": "text"})


def test_text_nested_too_deep_to_read_stops_nobody() -> None:
    """Three thousand brackets are text like any other: the batch goes on, and nothing is said to be cut."""
    assert (0, 0) == counts({"input.value": "[" * 3000, "output.value": '{"a":' * 3000})
