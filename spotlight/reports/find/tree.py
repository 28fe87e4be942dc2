"""What a search says, before its fields and values are looked at; every part knows where it stands."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias


class Place(NamedTuple):
    """The characters of a search that something stands at: from `at`, up to but not `end`."""

    at: int
    end: int


class Value(NamedTuple):
    """A value as typed, without its quotes; what was quoted has no wildcards, units or ranges."""

    text: str
    quoted: bool
    place: Place


class Name(NamedTuple):
    """The name of a field: `cost`, `run.cost`, `score.correctness`, `attr."http.method"`.

    `key` is what follows the first dot where it was quoted; else the whole name stands in `text`.
    """

    text: str
    key: str | None
    place: Place


class Words(NamedTuple):
    """A bare word, or a phrase in quotes: searched for wherever it may stand."""

    value: Value


class Term(NamedTuple):
    """A field compared with values, any of which will do."""

    name: Name
    operator: str
    values: tuple[Value, ...]
    place: Place


class Known(NamedTuple):
    """`has:FIELD`: something is reported there; `missing:FIELD` is its opposite."""

    name: Name
    place: Place


class Not(NamedTuple):
    """Everything that `inner` does not find."""

    inner: Node


class All(NamedTuple):
    """What every part finds; no parts find everything."""

    parts: tuple[Node, ...]


class Any(NamedTuple):
    """What one of the parts finds."""

    parts: tuple[Node, ...]


class Under(NamedTuple):
    """A step that `lower` finds below one that `upper` finds."""

    lower: Node
    upper: Node


class Then(NamedTuple):
    """A step that `later` finds, after one of the same run that `earlier` finds."""

    earlier: Node
    later: Node


class Step(NamedTuple):
    """One step that everything inside is true of."""

    inner: Node


class Count(NamedTuple):
    """How many steps of a run `inner` finds, compared with a number."""

    inner: Node
    operator: str
    value: Value


Node: TypeAlias = Words | Term | Known | Not | All | Any | Under | Then | Step | Count
