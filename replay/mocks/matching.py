"""When two sets of arguments are the same, and how near they are where they are not."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from replay.mocks.paths import GONE, Change, changed_at
from replay.mocks.policy import Normalise
from spotlight.messages.canonical import Json
from spotlight.messages.digests import canonical_json
from spotlight.messages.values import parse, plain

_SHOWN_CHARS: Final = 120
_SHOWN_DIFFERENCES: Final = 3
_MOST_LEAVES: Final = 2_000  # of arguments that are compared leaf by leaf; beyond, as one


class Difference(NamedTuple):
    """One place at which arguments differ, both sides cut for reading; "nothing" where a side lacks it."""

    path: str
    asked: str
    recorded: str


def settled(arguments: Json) -> Json:
    """Return arguments as they are compared: JSON text as its value, none at all as the empty object."""
    if isinstance(arguments, str):
        read = parse(arguments)
        arguments = arguments if read.cut else read.value  # what was cut is compared as it stands
    return {} if arguments is None or arguments == "" else plain(arguments)


def exact_key(arguments: Json) -> str:
    """Return what arguments are known by: equal for equal JSON values, whatever the order of their keys."""
    return canonical_json(settled(arguments))


def normalised(arguments: Json, rules: Normalise) -> Json:
    """Return arguments after the policy's rules, in this order: ignore, round, case, sort."""
    value = settled(arguments)
    for path in rules.ignore:
        value = changed_at(value, path, lambda _: GONE)
    for path, digits in rules.round.items():
        value = changed_at(value, path, _rounding(digits))
    for path in rules.case:
        value = changed_at(value, path, _folded)
    for path in rules.sort:
        value = changed_at(value, path, _sorted)
    return value


def similarity(asked: Json, recorded: Json) -> float:
    """Return the share of equal leaves among all places at which either has a leaf, 0 to 1."""
    return alike(leaves(settled(asked)), leaves(settled(recorded)))


def alike(one: Mapping[str, str], other: Mapping[str, str]) -> float:
    """Return the share of places with equal leaves, 0 to 1."""
    same = len(one.items() & other.items())
    return same / len(one.keys() | other.keys())


def differences(asked: Json, recorded: Json) -> list[Difference]:
    """Return every place at which arguments differ, by path."""
    one, other = leaves(settled(asked)), leaves(settled(recorded))
    return [
        Difference(place, shown(one.get(place, "nothing")), shown(other.get(place, "nothing")))
        for place in sorted(one.keys() | other.keys())
        if one.get(place) != other.get(place)
    ]


def told(found: list[Difference]) -> str:
    """Return differences in words, the first few."""
    words = [f"{at} asked {asked}, recorded {recorded}" for at, asked, recorded in found]
    more = len(words) - _SHOWN_DIFFERENCES
    return "; ".join(words[:_SHOWN_DIFFERENCES]) + (f"; and {more} more" if more > 0 else "")


def leaves(value: Json) -> Mapping[str, str]:
    """Return the JSON text of every leaf by its path; empty lists and objects are leaves, too."""
    found = dict[str, str]()
    for path, leaf in _walk(value, "$"):
        found[path] = canonical_json(leaf)
        if len(found) > _MOST_LEAVES:
            return {"$": canonical_json(value)}
    return found


def shown(text: str) -> str:
    """Return a text cut to what a message has room for."""
    return text if len(text) <= _SHOWN_CHARS else f"{text[:_SHOWN_CHARS]}… ({len(text)} characters)"


def _walk(value: Json, path: str) -> Iterator[tuple[str, Json]]:
    if isinstance(value, Mapping) and value:
        for key, below in value.items():
            yield from _walk(below, f"{path}.{key}")
    elif isinstance(value, list) and value:
        for at, below in enumerate(value):
            yield from _walk(below, f"{path}[{at}]")
    else:
        yield path, value


def _rounding(digits: int) -> Change:
    def rounded(value: Json) -> Json:
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            return value
        # Whole and broken numbers meet: 5, 5.0 and 5.001 are the same to two digits.
        return float(round(value, digits)) if abs(value) < 1e300 else value

    return rounded


def _folded(value: Json) -> Json:
    return " ".join(value.casefold().split()) if isinstance(value, str) else value


def _sorted(value: Json) -> Json:
    return sorted(value, key=canonical_json) if isinstance(value, list) else value
