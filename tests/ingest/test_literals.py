"""Texts that are Python literals, or pretend to be."""

from __future__ import annotations

import pytest

from ingest.literals import parse_literal


@pytest.mark.parametrize(
    "text",
    ["[" + "9" * 400 + "]", "[0x" + "f" * 60_000 + "]", "[" + "-" * 60_000 + "1]", "[" * 60_000],
    ids=["beyond floats", "hexadecimal", "signs", "brackets"],
)
def test_a_literal_that_cannot_be_read_says_nothing(text: str) -> None:
    """Numbers beyond all floats and endless nesting stop nobody."""
    assert parse_literal(text) is None
