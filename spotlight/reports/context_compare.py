"""One context beside the one before it: what stayed, came, went, was cut short, summed up or changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Final, Literal, NamedTuple

from spotlight.reports.alignment import Pair, Step, align, words
from spotlight.reports.context_parts import MESSAGE, SYSTEM, TOOLS, Part

Mark = Literal["kept", "added", "dropped", "truncated", "compacted", "changed"]

# What may stand in the place of what was cut out: "... [12,000 characters removed]".
MOST_CUT_MARK: Final = 200
# Of a text that was cut, so much of what is left must be the old text's own.
LEAST_KEPT: Final = 20
# From this share of common words on, a message is the old one changed, and a summary speaks of what went.
LIKE: Final = 0.5
_LEAST_LETTERS: Final = 4  # shorter words are in every text
LEAST_WORDS: Final = 6  # fewer are no summary


class Entry(NamedTuple):
    """One line of the comparison: places in the two contexts, None where that one has nothing.

    A compacted message of the earlier context has no `now`; `stands_for` of the summary counts them.
    `note` says in words what the mark does not.
    """

    mark: Mark
    before: int | None
    now: int | None
    note: str | None = None
    stands_for: int = 0


class _Gap(NamedTuple):
    """What stands on both sides between two parts that are the same."""

    old: list[Part]
    new: list[Part]


class _Before(NamedTuple):
    """What is known of the earlier context: its long words, and whether the run tells of a compaction."""

    words: frozenset[str]
    is_compacted: bool


def compare_contexts(
    old: Sequence[Part], new: Sequence[Part], answer: Sequence[Part] = (), *, is_compacted: bool = False
) -> list[Entry]:
    """Return every part of both contexts exactly once, in order; `answer` is what the earlier call said.

    `is_compacted`: the run tells of a compaction between the two. Marks that are inferred rather than told
    say so in their note.
    """
    entries = []
    for kind in (TOOLS, SYSTEM, MESSAGE):
        olds, news = [p for p in old if p.kind == kind], [p for p in new if p.kind == kind]
        entries += _tools(olds, news) if kind == TOOLS else _sequence(olds, news, is_compacted)
    said = {part.digest for part in answer} | {part.text for part in answer if part.text}
    parts = {part.place: part for part in new}
    return [_answered(entry, parts, said) for entry in entries]


def cut_of(old: str, new: str) -> tuple[int, int] | None:
    """Return how much of the old text stands at the front and the end of a new one that is a cut of it.

    None where it is none: it is longer, or has more of its own than a mark that something is missing.
    """
    if len(new) >= len(old):
        return None
    front = _alike(old, new)
    back = _alike(old[front:][::-1], new[front:][::-1])
    own = len(new) - front - back
    return (front, back) if front + back >= LEAST_KEPT and own <= MOST_CUT_MARK else None


def _answered(entry: Entry, parts: dict[int, Part], said: set[str]) -> Entry:
    part = parts.get(entry.now) if entry.now is not None else None
    if part is None or entry.mark != "added" or part.role != "assistant":
        return entry
    is_answer = part.digest in said or part.text in said
    return entry._replace(note="the answer of the call before") if is_answer else entry


def _tools(old: list[Part], new: list[Part]) -> list[Entry]:
    """Compare definitions by name: their order is one thing, what they say another."""
    waiting: dict[str | None, list[Part]] = defaultdict(list)
    for part in old:
        waiting[part.name].append(part)
    entries = []
    for part in new:
        was = waiting[part.name].pop(0) if waiting[part.name] else None
        if was is None:
            entries.append(Entry("added", None, part.place))
            continue
        moved = "in another place of the list" if was.number != part.number else None
        mark: Mark = "kept" if was.digest == part.digest else "changed"
        entries.append(Entry(mark, was.place, part.place, moved))
    gone = sorted(part.place for parts in waiting.values() for part in parts)
    return entries + [Entry("dropped", place, None) for place in gone]


def _sequence(old: list[Part], new: list[Part], is_compacted: bool) -> list[Entry]:
    entries: list[Entry] = []
    before = _Before(frozenset(word for part in old for word in _long_words(part)), is_compacted)
    for piece in _pieces(old, new):
        if isinstance(piece, _Gap):
            entries += _gap_entries(piece, before)
        else:
            entries.append(Entry("kept", old[piece[0]].place, new[piece[1]].place))
    return entries


def _pieces(old: list[Part], new: list[Part]) -> Iterator[_Gap | tuple[int, int]]:
    """Yield what is the same on both sides and, between, what is not, in order."""
    gap = _Gap([], [])
    for pair in _aligned(old, new):
        if pair.is_equal and pair.a is not None and pair.b is not None:
            if gap.old or gap.new:
                yield gap
                gap = _Gap([], [])
            yield pair.a, pair.b
            continue
        if pair.a is not None:
            gap.old.append(old[pair.a])
        if pair.b is not None:
            gap.new.append(new[pair.b])
    if gap.old or gap.new:
        yield gap


def _aligned(old: list[Part], new: list[Part]) -> list[Pair]:
    sides = [[Step(p.role, p.name or "", p.digest, words(p.text)) for p in side] for side in (old, new)]
    return align(*sides)


def _gap_entries(gap: _Gap, before: _Before) -> list[Entry]:
    """Say of each part of a gap what became of it, the surest first."""
    old, new = list(gap.old), list(gap.new)
    found: list[Entry] = []
    for matches, mark in _RULES:
        floor = -1
        for part in list(new):
            was = next((o for o in old if o.place > floor and matches(o, part)), None)
            if was is None:
                continue
            floor = was.place
            old.remove(was)
            new.remove(part)
            found.append(mark(was, part))
    found += _compacted(old, new, before)
    found += [Entry("dropped", part.place, None) for part in old]
    found += [Entry("added", None, part.place) for part in new]
    return _in_order(found)


def _in_order(entries: list[Entry]) -> list[Entry]:
    """Return the entries of a gap in the order of the new context, what went before what followed it."""
    stays = sorted((e for e in entries if e.now is not None), key=lambda e: e.now or 0)
    gone = sorted((e for e in entries if e.now is None), key=lambda e: e.before or 0)
    merged: list[Entry] = []
    for entry in stays:
        while gone and (entry.before is None or (gone[0].before or 0) < entry.before):
            merged.append(gone.pop(0))
        merged.append(entry)
    return merged + gone


def _same_call(old: Part, new: Part) -> bool:
    return old.role == new.role and bool(old.answers) and old.answers == new.answers


def _is_cut(old: Part, new: Part) -> bool:
    return old.role == new.role and cut_of(old.text, new.text) is not None


def _is_like(old: Part, new: Part) -> bool:
    if old.role != new.role:
        return False
    if old.kind == SYSTEM or old.role == SYSTEM:
        return True
    one, other = words(old.text), words(new.text)
    return bool(one & other) and len(one & other) / len(one | other) >= LIKE


def _same_call_entry(old: Part, new: Part) -> Entry:
    """A result of the same call that is much shorter was cleared, where it is no cut word for word."""
    cleared = new.chars <= MOST_CUT_MARK < old.chars and new.chars < old.chars / 2
    return _cut_entry(old, new) if cleared or _is_cut(old, new) else _changed_entry(old, new)


def _cut_entry(old: Part, new: Part) -> Entry:
    note = f"{old.chars:,} → {new.chars:,} characters"
    return Entry("truncated", old.place, new.place, note)


def _changed_entry(old: Part, new: Part) -> Entry:
    same = old.text == new.text
    return Entry(
        "changed", old.place, new.place, "the words are the same, ids or types differ" if same else None
    )


_RULES: Final[tuple[tuple[Callable[[Part, Part], bool], Callable[[Part, Part], Entry]], ...]] = (
    (_same_call, _same_call_entry),
    (_is_cut, _cut_entry),
    (_is_like, _changed_entry),
)


def _compacted(old: list[Part], new: list[Part], before: _Before) -> list[Entry]:
    """Take out of both lists what a summary stands for, and the summary."""
    found = _summary(old, new, before) if len(old) > 1 else None
    if found is None:
        return []
    summary, how = found
    size = sum(part.chars for part in old)
    note = f"stands for {len(old)} messages of {size:,} characters; {how}"
    gone = [Entry("compacted", part.place, None, f"summed up in part {summary.place + 1}") for part in old]
    gone.append(Entry("compacted", None, summary.place, note, len(old)))
    old.clear()
    new.remove(summary)
    return gone


def _summary(old: list[Part], new: list[Part], before: _Before) -> tuple[Part, str] | None:
    """Return the new part that stands for those that went, and how that is known; None for none."""
    size = sum(part.chars for part in old)
    told = next(
        (p for p in new if any(t.get("type") == "compaction" for t in p.value.get("parts", ()))), None
    )
    if told is not None:
        return told, "as it says itself"
    shorter = [part for part in new if part.chars < size]
    likely = next((part for part in shorter if _speaks_of(part, before.words)), None)
    if before.is_compacted and shorter:
        return likely or shorter[0], "the run tells of a compaction before this call"
    return (likely, "inferred: shorter, and in words said before") if likely else None


def _speaks_of(part: Part, spoken: frozenset[str]) -> bool:
    """Return whether a part says much, and little of it was not said before."""
    own = _long_words(part)
    return len(own) >= LEAST_WORDS and len(own & spoken) / len(own) >= LIKE


def _long_words(part: Part) -> frozenset[str]:
    return frozenset(word.lower() for word in words(part.text) if len(word) >= _LEAST_LETTERS)


def _alike(one: str, other: str) -> int:
    """Return how many characters two texts have in common at their front: by halving, slices compare in C."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
