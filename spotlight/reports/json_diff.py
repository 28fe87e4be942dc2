"""Two JSON values, path by path: what was added, removed and changed, lists aligned by content."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, Literal, NamedTuple

from spotlight.reports.alignment import Pair, Step, align


class Change(NamedTuple):
    """One difference; pointers are JSON pointers (RFC 6901) into each side, "" for the whole.

    `before` and its pointer are None for what was added, `after` and its pointer for what was removed.
    """

    op: Literal["added", "removed", "changed"]
    before_pointer: str | None
    after_pointer: str | None
    before: Any
    after: Any


def json_diff(before: Any, after: Any) -> list[Change]:
    """Return the differences of two JSON values in the order of the first, what was added after it.

    Items of lists are the same where their content is; between such items, one object stands for another
    where they share keys. 1, 1.0 and true are three values.
    """
    found: list[Change] = []
    left: list[Change] = [Change("changed", "", "", before, after)]
    while left:
        change = left.pop()
        if change.op != "changed":
            found.append(change)
        elif (inner := _inner(change)) is not None:
            left += reversed(list(inner))
        elif canonical(change.before) != canonical(change.after):
            found.append(change)
    return found


def canonical(value: Any) -> str:
    """Return a text that is equal for equal JSON values, whatever the order of their keys."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)


def _inner(change: Change) -> Iterator[Change] | None:
    """Return what is to be compared inside two values; None where they have no parts in common."""
    before, after = change.before, change.after
    if isinstance(before, dict) and isinstance(after, dict):
        return _members(change, before, after)
    if isinstance(before, list) and isinstance(after, list):
        return _items(change, before, after)
    return None


def _members(change: Change, before: dict[str, Any], after: dict[str, Any]) -> Iterator[Change]:
    for key, value in before.items():
        here = f"{change.before_pointer}/{_escaped(key)}"
        there = f"{change.after_pointer}/{_escaped(key)}"
        if key in after:
            yield Change("changed", here, there, value, after[key])
        else:
            yield Change("removed", here, None, value, None)
    for key, value in after.items():
        if key not in before:
            yield Change("added", None, f"{change.after_pointer}/{_escaped(key)}", None, value)


def _items(change: Change, before: Sequence[Any], after: Sequence[Any]) -> Iterator[Change]:
    for pair in _aligned(before, after):
        here = None if pair.a is None else f"{change.before_pointer}/{pair.a}"
        there = None if pair.b is None else f"{change.after_pointer}/{pair.b}"
        if pair.is_equal:
            continue
        if pair.a is not None and pair.b is not None:
            yield Change("changed", here, there, before[pair.a], after[pair.b])
        elif pair.a is not None:
            yield Change("removed", here, None, before[pair.a], None)
        elif pair.b is not None:
            yield Change("added", None, there, None, after[pair.b])


def _aligned(before: Sequence[Any], after: Sequence[Any]) -> list[Pair]:
    return align([_step(item) for item in before], [_step(item) for item in after])


def _step(item: Any) -> Step:
    """Return what an item of a list is compared by: its type, its whole content, and its keys with values."""
    kind = type(item).__name__
    if isinstance(item, dict):
        tokens = set(item) | {f"{key}={canonical(value)[:80]}" for key, value in item.items()}
        return Step(kind, "", canonical(item), frozenset(tokens))
    return Step(kind, "", canonical(item), frozenset())


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")
