"""The SDK stands alone, so it has a copy of the names that Spotlight reads: here they are compared."""

from __future__ import annotations

from pathlib import Path

from spotlight import semconv
from spotlight.dialects import recognise_scope
from spotlight_sdk import keys
from spotlight_sdk.steps import SCOPE

ROOT = Path(__file__).resolve().parents[2]


def values(module: object) -> set[str]:
    """Return all names of a module's constants' values."""
    return {value for name, value in vars(module).items() if name.isupper()}


def test_every_key_of_ours_is_one_that_spotlight_knows() -> None:
    """Each `spotlight.*` key that the SDK writes stands in spotlight.semconv."""
    assert set() == {key for key in values(keys) if key.startswith("spotlight.")} - values(semconv)


def test_spotlight_knows_the_scope() -> None:
    """Spans of the SDK are read with Spotlight's own table."""
    assert "spotlight" == recognise_scope(SCOPE)


def test_the_licence_is_the_projects() -> None:
    """The SDK's distribution carries the same licence text."""
    assert (ROOT / "LICENSE").read_bytes() == (ROOT / "spotlight" / "sdk" / "LICENSE").read_bytes()
