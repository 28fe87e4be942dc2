"""Inspect's score values -> numbers and labels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from ingest.importers.values import as_float

# How Inspect itself makes numbers of grades: `value_to_float`.
_GRADES: Final = {"C": 1.0, "I": 0.0, "P": 0.5, "N": 0.0, "true": 1.0, "yes": 1.0, "false": 0.0, "no": 0.0}


def graded(name: str, value: Any) -> Iterator[tuple[str, tuple[float | None, str | None]]]:
    """Yield (name, (number, label)) of a score; one of several parts yields one for each."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from graded(f"{name}/{key}", part)
    elif isinstance(value, list):
        for place, part in enumerate(value):
            yield from graded(f"{name}/{place}", part)
    elif isinstance(value, bool):
        yield name, (float(value), str(value).lower())
    elif isinstance(value, str):
        number = _GRADES.get(value, _GRADES.get(value.lower(), as_float(value)))
        yield name, (number, value)
    else:
        yield name, (as_float(value), None)
