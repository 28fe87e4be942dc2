"""Prompt templates: rendering them, and finding the values that a rendered text was made with.

`{{name}}` stands for a variable. Rendering goes over the template once: what a value says is never read as
a template. Finding values back is a search for the words between the variables, in one pass from the left
and one from the right; where the two disagree, more than one set of values would give the text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from spotlight.errors import SpotlightError

_VARIABLE: Final = re.compile(r"\{\{ ?(?!fragment:)([A-Za-z_][\w.-]{0,99}) ?\}\}")
_FRAGMENT: Final = re.compile(r"\{\{ ?fragment:([A-Za-z_][\w.-]{0,99}) ?\}\}")


class Inverted(NamedTuple):
    """The values a text was made with, and where in it the rendered template stands."""

    values: dict[str, str]
    start: int
    end: int


class NotInverted(NamedTuple):
    """Why the values cannot be told."""

    reason: str


def variables_of(template: str) -> tuple[str, ...]:
    """Return the variables of a template, each once, in order."""
    return tuple(dict.fromkeys(_VARIABLE.findall(template)))


def render(template: str, values: Mapping[str, str]) -> str:
    """Return the template with its variables replaced. Raises: SpotlightError naming what has no value."""
    missing = [name for name in variables_of(template) if name not in values]
    if missing:
        raise SpotlightError(
            f"the prompt's variables {', '.join(missing)} have no value",
            hint="give them as `variables` of the variant",
        )
    return _VARIABLE.sub(lambda found: values[found[1]], template)


def resolve_fragments(template: str, fragments: Mapping[str, str], place: str) -> str:
    """Return the template with the pack's fragments in their places.

    Raises: SpotlightError naming `place` and the fragment that is missing.
    """
    for name in _FRAGMENT.findall(template):
        if name not in fragments:
            raise SpotlightError(f"{place}: there is no fragment {name!r}", hint="define it in `fragments`")
    return _FRAGMENT.sub(lambda found: fragments[found[1]], template)


def invert(template: str, text: str) -> Inverted | NotInverted:
    """Return the values with which `template` gives a part of `text`, if they can only be these.

    Words before and after it are what a program put around the prompt: they are allowed where the template
    begins and ends with words of its own. Takes time linear in the text.
    """
    pieces = _VARIABLE.split(template)
    literals, names = pieces[::2], pieces[1::2]
    if any(not literal for literal in literals[1:-1]):
        return NotInverted("two variables of the old prompt stand side by side: where one ends is not known")
    place = _place(literals, text)
    if isinstance(place, NotInverted):
        return place
    start, end = place
    first = _from_left(literals, text, start, end)
    last = _from_right(literals, text, start, end)
    if first is None or last is None:
        return NotInverted("the recorded instructions do not have the words of the old prompt in their order")
    if first != last:
        return NotInverted("the old prompt fits the recorded instructions in more than one way")
    values: dict[str, str] = {}
    for at, name in enumerate(names):
        value = text[first[at] + len(literals[at]) : first[at + 1]]
        if values.setdefault(name, value) != value:
            return NotInverted(f"variable {name!r} of the old prompt would have two values")
    return Inverted(values, start, end)


def _place(literals: list[str], text: str) -> tuple[int, int] | NotInverted:
    """Return where the rendered template begins and ends in a text."""
    head, tail = literals[0], literals[-1]
    if text.startswith(head) and text.endswith(tail) and (len(literals) > 1 or text == head):
        return 0, len(text)
    if not head or not tail:
        return NotInverted(
            "the recorded instructions are not the old prompt alone, and it begins or ends with a variable"
        )
    start = text.find(head)
    end = text.rfind(tail)
    if start < 0 or end < start or (len(literals) > 1 and end < start + len(head)):
        return NotInverted("the old prompt does not stand in the recorded instructions")
    if start != text.rfind(head) or end != text.find(tail, 0 if len(literals) == 1 else start + len(head)):
        return NotInverted("the old prompt fits the recorded instructions in more than one way")
    return start, end + len(tail)


def _from_left(literals: list[str], text: str, start: int, end: int) -> list[int] | None:
    """Return the first place of each literal after the one before it; the last one ends the text."""
    if len(literals) == 1:
        return [start]
    places = [start]
    for literal in literals[1:-1]:
        at = text.find(literal, places[-1] + len(literals[len(places) - 1]), end)
        if at < 0:
            return None
        places.append(at)
    last = end - len(literals[-1])
    return [*places, last] if places[-1] + len(literals[-2]) <= last else None


def _from_right(literals: list[str], text: str, start: int, end: int) -> list[int] | None:
    """Return the last place of each literal before the one after it; the first one begins the text."""
    if len(literals) == 1:
        return [start]
    places = [end - len(literals[-1])]
    for literal in literals[-2:0:-1]:
        at = text.rfind(literal, start, places[-1])
        if at < 0:
            return None
        places.append(at)
    return [start, *reversed(places)] if start + len(literals[0]) <= places[-1] else None
