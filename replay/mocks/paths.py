"""JSON paths by which rules name parts of a value: `$`, `.name`, `['name']`, `[0]`, `[*]`, `.*`.

The part of RFC 9535 that always names places one level at a time; no filters, slices or descendants.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from spotlight.messages.canonical import Json

Segment = str | int | None  # a key, an index, or everything on this level
Change = Callable[[Json], Json]

_SEGMENT: Final = re.compile(
    r"\.(?P<name>[^\W\d][\w-]*)|\[(?P<quote>['\"])(?P<quoted>[^'\"]+)(?P=quote)\]"
    r"|\[(?P<index>\d{1,6})\]|(?P<all>\[\*\]|\.\*)"
)


class _Gone:
    """Stands for a value that a change takes away."""


GONE: Final = _Gone()


@lru_cache(maxsize=512)
def read_path(path: str) -> tuple[Segment, ...]:
    """Return the segments of a path. Raises: ValueError where it is none."""
    if not path.startswith("$"):
        raise ValueError(f"the path {path!r} must begin with $, such as $.date or $.flights[*].date")
    at, segments = 1, list[Segment]()
    while at < len(path):
        found = _SEGMENT.match(path, at)
        if found is None:
            raise ValueError(f"the path {path!r} cannot be read from character {at + 1}: {path[at:]!r}")
        index = found["index"]
        segments.append(int(index) if index else None if found["all"] else found["name"] or found["quoted"])
        at = found.end()
    return tuple(segments)


def values_at(value: Json, path: str) -> list[Json]:
    """Return every value that a path names, in order; none where it leads nowhere."""
    found = [value]
    for segment in read_path(path):
        found = [below for each in found for key, below in _level(each) if segment in (None, key)]
    return found


def changed_at(value: Json, path: str, change: Change) -> Json:
    """Return a value with all that a path names changed; GONE takes a value away. The argument stays."""
    return _changed(value, read_path(path), change)


def _level(value: Json) -> list[tuple[Segment, Json]]:
    if isinstance(value, dict):
        return list(value.items())
    return list(enumerate(value)) if isinstance(value, list) else []


def _changed(value: Json, segments: tuple[Segment, ...], change: Change) -> Json:
    if not segments:
        return change(value)
    first, rest = segments[0], segments[1:]
    below = [
        (key, _changed(each, rest, change) if first is None or first == key else each)
        for key, each in _level(value)
    ]
    if isinstance(value, dict):
        return {key: each for key, each in below if each is not GONE}
    return [each for _, each in below if each is not GONE] if isinstance(value, list) else value
