"""The old prompt out of the recorded instructions, the new one in its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from replay.model import RecordedPrompt
from spotlight.errors import SpotlightError
from spotlight.messages.canonical import Part, Text
from spotlight.packs import NotInverted, invert, render, variables_of

# What a program put around a prompt that is not known cannot be kept (docs/replay.md).
PREAMBLE_UNKNOWN = "harness_preamble_unknown"


class NewPrompt(NamedTuple):
    """What instructions are to say: a template, the values given for it, and the prompt before it."""

    template: str
    values: Mapping[str, str]
    defaults: Mapping[str, str]
    was: str | None  # the old prompt as a template; None where nobody says


class Placed(NamedTuple):
    """New instructions, and in words what was done to get them."""

    system: tuple[Part, ...]
    changes: tuple[str, ...]


class Misplaced(NamedTuple):
    """Why they cannot be made."""

    reason: str


def place(system: Sequence[Part], new: NewPrompt, recorded: RecordedPrompt | None) -> Placed | Misplaced:
    """Return instructions that say the new prompt where the old one stood.

    Values come from the variant, else from the recording, else from the old prompt's place in the recorded
    instructions, else from the pack's defaults. Where nobody says what the old prompt was, all instructions
    give way to the new one.
    """
    texts = [part.content for part in system if isinstance(part, Text)]
    if len(texts) != len(system):
        return Misplaced("the recorded instructions hold more than text")
    whole = "".join(texts)
    was = new.was if new.was is not None else recorded.template if recorded else None
    found = invert(was, whole) if was is not None and whole else None
    if isinstance(found, NotInverted) and was is not None and not variables_of(was):
        found = invert(was.strip(), whole)  # many programs trim what they read from a file
    if isinstance(found, NotInverted) and new.was is not None:
        return Misplaced(found.reason)
    known = found if found is not None and not isinstance(found, NotInverted) else None
    said = dict(new.defaults) | (dict(known.values) if known else {})
    said |= dict(recorded.variables) if recorded else {}
    try:
        text = render(new.template, said | dict(new.values))
    except SpotlightError as exc:
        why = f"; {found.reason}" if isinstance(found, NotInverted) else ""
        return Misplaced(f"{exc.message}, and they are not recorded{why}")
    if known is None:
        note = () if not whole else (f"all instructions replaced ({PREAMBLE_UNKNOWN})",)
        return Placed((Text(text),), ("instructions", *note))
    kept = f"{known.start + len(whole) - known.end:,} characters around the prompt kept"
    return Placed((Text(whole[: known.start] + text + whole[known.end :]),), ("instructions", kept))
