"""Giving a search its meaning: names become fields, values become typed comparisons."""

from __future__ import annotations

import time
from typing import Final, NamedTuple, TypeAlias

from spotlight.errors import UnreadableSearch
from spotlight.reports.find import tree
from spotlight.reports.find.fields import ATTRIBUTE, Field, field_of
from spotlight.reports.find.grammar import parse
from spotlight.reports.find.values import ORDERED, Test, refused, test_of

MOST_PARTS: Final = 60  # comparisons of one search: each may read a table


class Phrase(NamedTuple):
    """Text searched for wherever it may stand."""

    test: Test
    value: tree.Value


class Check(NamedTuple):
    """A field that one of the tests is true of; `level` is run or step where the search says which."""

    field: Field
    key: str | None
    level: str | None
    tests: tuple[Test, ...]


class Present(NamedTuple):
    """A field that says something."""

    field: Field
    key: str | None
    level: str | None


class Not(NamedTuple):
    """Everything that `inner` does not find."""

    inner: Meaning


class All(NamedTuple):
    """What every part finds."""

    parts: tuple[Meaning, ...]


class Any(NamedTuple):
    """What one of the parts finds."""

    parts: tuple[Meaning, ...]


class Under(NamedTuple):
    """A step below another."""

    lower: Meaning
    upper: Meaning


class Then(NamedTuple):
    """A step after another of the same run."""

    earlier: Meaning
    later: Meaning


class Step(NamedTuple):
    """One step that everything inside is true of."""

    inner: Meaning


class Count(NamedTuple):
    """How many steps of a run `inner` finds."""

    inner: Meaning
    test: Test


Meaning: TypeAlias = Phrase | Check | Present | Not | All | Any | Under | Then | Step | Count
_PIECES: Final = Field("steps", "number", None, None, "how many steps")
_WORDS: Final = Field("text", "payload", None, None, "bare words")
_NOT_NAMES: Final = ("$", "/")  # as the first character, DuckDB takes the rest for a path


def read(text: str, now_ns: int | None = None) -> Meaning:
    """Return what a search means; relative times are before `now_ns`, by default now.

    Raises: UnreadableSearch, which names the place and, where something is close, what was probably meant.
    """
    found = parse(text)
    size = _size(found)
    if size > MOST_PARTS:
        message = f"{size} comparisons are too many"
        raise UnreadableSearch(message, 0, len(text), hint=f"at most {MOST_PARTS} in one search")
    return _checked(found, time.time_ns() if now_ns is None else now_ns)


def named_fields(meaning: Meaning) -> list[str]:
    """Return the names of the fields that a search looks at, in order; `text` for bare words."""
    match meaning:
        case Phrase():
            return [_WORDS.name]
        case Check() | Present():
            return [meaning.field.name]
        case All(parts) | Any(parts):
            return [name for part in parts for name in named_fields(part)]
        case Under(lower, upper):
            return [*named_fields(lower), *named_fields(upper)]
        case Then(earlier, later):
            return [*named_fields(earlier), *named_fields(later)]
        case Not(inner) | Step(inner) | Count(inner, _):
            return named_fields(inner)


def _size(node: tree.Node) -> int:
    if isinstance(node, tree.Term):
        return len(node.values)
    if isinstance(node, tree.All | tree.Any):
        return sum(map(_size, node.parts))
    if isinstance(node, tree.Under | tree.Then):
        return _size(node[0]) + _size(node[1])
    return _size(node.inner) if isinstance(node, tree.Not | tree.Step | tree.Count) else 1


def _checked(node: tree.Node, now_ns: int) -> Meaning:
    match node:
        case tree.Words(value):
            return Phrase(test_of(_WORDS, ":", value, now_ns), value)
        case tree.Known(name, _):
            return Present(*_named(name))
        case tree.Term():
            return _term(node, now_ns)
        case tree.Not(inner):
            return Not(_checked(inner, now_ns))
        case tree.All(parts):
            return All(tuple(_checked(part, now_ns) for part in parts))
        case tree.Any(parts):
            return Any(tuple(_checked(part, now_ns) for part in parts))
        case tree.Under(lower, upper):
            return Under(_checked(lower, now_ns), _checked(upper, now_ns))
        case tree.Then(earlier, later):
            return Then(_checked(earlier, now_ns), _checked(later, now_ns))
        case tree.Step(inner):
            return Step(_checked(inner, now_ns))
        case tree.Count(inner, operator, value):
            counted = _checked(inner, now_ns)
            test = test_of(_PIECES, operator, value, now_ns)
            return Not(Count(counted, test)) if operator == "!=" else Count(counted, test)


def _named(name: tree.Name) -> tuple[Field, str | None, str | None]:
    found = field_of(name)
    if found.field.name == ATTRIBUTE and (found.key or "").startswith(_NOT_NAMES):
        raise UnreadableSearch("this is no name of an attribute", *name.place, hint="it begins with a letter")
    return found.field, found.key, found.level


def _term(term: tree.Term, now_ns: int) -> Meaning:
    field, key, level = _named(term.name)
    if len(term.values) > 1 and term.operator not in (":", "=", "!="):
        raise refused(f"{term.operator} takes one value", term.values[1], "leave the others away")
    tests = tuple(test_of(field, term.operator, value, now_ns) for value in term.values)
    if field.kind in ORDERED and any(t.how in ("between", "within") and _empty(t) for t in tests):
        raise refused("this range ends before it begins", term.values[0], "exchange its ends")
    found = Check(field, key, level, tests)
    return Not(found) if term.operator == "!=" else found


def _empty(test: Test) -> bool:
    low, high = test.low, test.high
    return isinstance(low, int | float) and high is not None and high < low
