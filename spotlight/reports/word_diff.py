"""Two texts word by word: what both say, what only the first, what only the second."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from typing import Final, Literal, NamedTuple

from diff_match_patch import diff_match_patch

from spotlight.reports.alignment_anchors import anchors

Op = Literal["equal", "removed", "added"]

TIMEOUT_S: Final = 0.5
# Longer texts are compared line by line: their words would be too many to tell apart and to read.
MOST_CHARACTERS: Final = 500_000
# So many tokens in a row (three words), unique on both sides, belong together: the search stays between them.
RUN: Final = 5
_WORD: Final = re.compile(r"\s+|\w+|[^\w\s]")
_LINE: Final = re.compile(r"[^\n]*\n|[^\n]+")
# Every distinct token becomes one character; these planes hold no surrogates.
_FIRST: Final = 0x10000
_MOST_TOKENS: Final = 0x110000 - _FIRST
_OPS: Final[dict[int, Op]] = {-1: "removed", 0: "equal", 1: "added"}


class Piece(NamedTuple):
    """A part of two texts: all but the added give the first, all but the removed the second."""

    op: Op
    text: str


def word_diff(before: str, after: str, timeout_s: float = TIMEOUT_S) -> list[Piece]:
    """Return the pieces of two texts in order, edits joined so that they read as phrases.

    4,000 against 4,000 words take about 50 ms. After `timeout_s` what is left to compare is given as
    removed and added whole: right, though not the shortest.
    """
    token = _WORD if max(len(before), len(after)) <= MOST_CHARACTERS else _LINE
    sides = (token.findall(before), token.findall(after))
    known: dict[str, str] = {}
    if len(set(sides[0]).union(sides[1])) > _MOST_TOKENS:
        return [Piece("removed", before), Piece("added", after)]
    coded = [_coded(side, known) for side in sides]
    differ = diff_match_patch()
    found = list(_found(differ, coded[0], coded[1], time.time() + timeout_s))
    differ.diff_cleanupMerge(found)
    differ.diff_cleanupSemantic(found)
    said = list(known)
    return [Piece(_OPS[op], "".join(said[ord(c) - _FIRST] for c in text)) for op, text in found if text]


def _coded(tokens: Sequence[str], known: dict[str, str]) -> str:
    """Return a character per token, the same for the same token; `known` grows in order."""
    return "".join([known.setdefault(token, chr(_FIRST + len(known))) for token in tokens])


def _found(differ: diff_match_patch, a: str, b: str, deadline: float) -> Iterator[tuple[int, str]]:
    """Yield what the library finds between anchors, and the anchors themselves."""
    i = j = 0
    for at, there in anchors(_runs(a), _runs(b)):
        yield from differ.diff_main(a[i:at], b[j:there], False, deadline)
        yield (differ.DIFF_EQUAL, a[at])
        i, j = at + 1, there + 1
    yield from differ.diff_main(a[i:], b[j:], False, deadline)


def _runs(coded: str) -> list[str]:
    return [coded[at : at + RUN] for at in range(len(coded) - RUN + 1)]
