"""A comparison of two runs as JSON: for `spotlight diff --json` and for the page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from spotlight.exact_json import plain, plain_row
from spotlight.reports.context_difference import ContextDifference
from spotlight.reports.json_diff import Change, canonical
from spotlight.reports.run_diff import RunDiff, RunSide
from spotlight.reports.run_diff_parts import PartDifference
from spotlight.reports.word_diff import Piece

# What both sides say alike is shortened to its ends, all else to so much; what is left out is counted.
MOST_EQUAL: Final = 2_000
MOST_CHARACTERS: Final = 200_000
MOST_CHANGES: Final = 500
MOST_VALUE: Final = 4_000


def diff_document(found: RunDiff) -> dict[str, Any]:
    """Return a comparison as JSON; what steps said is not in it, see `pair_document`."""
    divergence = found.divergence
    return {
        "a": _side(found.a),
        "b": _side(found.b),
        "rows": [row._asdict() for row in found.rows],
        "totals": [total._asdict() for total in found.totals],
        "divergence": divergence
        and divergence._asdict() | {"context": divergence.context and _context(divergence.context)},
    }


def pair_document(parts: Sequence[PartDifference]) -> dict[str, Any]:
    """Return how two steps differ as JSON, part by part, shortened for transport with true sizes told."""
    return {"parts": [_part(part) for part in parts]}


def _side(side: RunSide) -> dict[str, Any]:
    return {
        **side._asdict(),
        "run": plain_row(side.run),
        "steps": [plain_row(step._asdict()) for step in side.steps],
        "agents": [plain_row(step._asdict()) for step in side.agents],
    }


def _context(context: ContextDifference) -> dict[str, Any]:
    changes = [
        {"part": change.part, "said": change.said, "words": _words(change.words)}
        for change in context.changes
    ]
    return context._asdict() | {"changes": changes}


def _part(part: PartDifference) -> dict[str, Any]:
    changes = part.changes
    return {
        "part": part.part,
        "before_chars": None if part.before is None else len(part.before),
        "after_chars": None if part.after is None else len(part.after),
        "words": _words(part.words),
        "changes": None if changes is None else [_change(change) for change in changes[:MOST_CHANGES]],
        "changes_left_out": 0 if changes is None else max(0, len(changes) - MOST_CHANGES),
        "same": part.before == part.after or changes == (),
        "value": _short(part.after or "") if changes == () else None,
    }


def _change(change: Change) -> dict[str, Any]:
    said = {
        name: _short(_text(value)) for name, value in (("before", change.before), ("after", change.after))
    }
    return change._asdict() | said


def _text(value: Any) -> str:
    return value if isinstance(value, str) else canonical(plain(value))


def _short(text: str) -> str:
    left_out = len(text) - MOST_VALUE
    return text if left_out <= 0 else f"{text[:MOST_VALUE]}… {left_out:,} more characters"


def _words(pieces: Sequence[Piece]) -> list[list[Any]]:
    """Return pieces as [op, text], or [op, text, characters left out, text after them]."""
    told: list[list[Any]] = []
    left = MOST_CHARACTERS
    for op, text in pieces:
        most = max(0, min(left, MOST_EQUAL) if op == "equal" else left)
        shown = text if len(text) <= most else text[: most // 2]
        end = "" if shown is text else text[len(text) - most // 2 :] if most else ""
        left -= len(shown) + len(end)
        told.append([op, shown] if shown is text else [op, shown, len(text) - len(shown) - len(end), end])
    return told
