"""How often each attribute key stands in the rows of each group, indexes folded together."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from ingest import anyvalue
from ingest.attributes import Attributes
from spotlight.dialects.vocabulary import knows

KEY_CHARACTERS: Final = 200
# Pairs of group and key that are counted in an array; of more only those that are there.
MOST_PAIRS: Final = 1 << 21
_INDEX: Final = re.compile(r"(?<=[.\[])\d+(?=[.\]]|$)")
_TYPES: Final = np.full(256, "empty", object)
_TYPES[[anyvalue.STRING, anyvalue.BOOL, anyvalue.INT, anyvalue.DOUBLE]] = ["string", "bool", "int", "double"]
_TYPES[[anyvalue.LIST, anyvalue.MAP, anyvalue.BYTES]] = ["list", "map", "bytes"]

Codes = npt.NDArray[np.int64]


class KeyCounts(NamedTuple):
    """One entry per group and key that it has; `type` is that of one value."""

    group: Codes
    key: list[str]
    mapped: npt.NDArray[np.bool_]
    times: Codes
    type: npt.NDArray[np.object_]


def count_keys(attributes: Attributes, group_of_row: Codes, dialects: Sequence[str | None]) -> KeyCounts:
    """Return the counts per group and folded key; `dialects` has one entry per group."""
    width = max(len(attributes.keys), 1)
    ids, counts = _pairs(attributes, group_of_row, len(dialects), width)
    group, code = np.divmod(ids, width)
    folds: dict[str, int] = {}
    fold_of = np.array([folds.setdefault(fold(key), len(folds)) for key in attributes.keys], np.int64)
    merged, first, place = np.unique(group * width + fold_of[code], return_index=True, return_inverse=True)
    mapped = np.zeros(len(merged), bool)
    mapped[place[_known(attributes.keys, code, [dialects[g] for g in group.tolist()])]] = True
    texts = list(folds)
    tags = attributes.values.tags[attributes.first_positions()]
    return KeyCounts(
        group[first],
        [texts[f] for f in (merged % width).tolist()],
        mapped,
        sums(place, counts, len(merged)),
        _TYPES[tags[code[first]]],
    )


def _pairs(attributes: Attributes, group_of_row: Codes, groups: int, width: int) -> tuple[Codes, Codes]:
    """Return the pairs of group and key that there are, as group * width + code, and how often."""
    if groups == 1:
        return np.arange(len(attributes.keys)), attributes.key_counts()
    pairs = group_of_row[attributes.row_of] * width + attributes.codes
    if groups * width > MOST_PAIRS:
        ids, counts = np.unique(pairs, return_counts=True)
        return ids, counts
    dense = np.bincount(pairs, minlength=groups * width)
    ids = np.flatnonzero(dense)
    return ids, dense[ids]


@lru_cache(maxsize=65_536)  # keys come from outside: never keep them all
def fold(key: str) -> str:
    """Return a key with its indexes as N, cut where it is longer than any real one."""
    cut = key if len(key) <= KEY_CHARACTERS else key[:KEY_CHARACTERS] + "…"
    return _INDEX.sub("N", cut)


def _known(keys: Sequence[str], code: Codes, dialects: Sequence[str | None]) -> npt.NDArray[np.bool_]:
    """Return for each pair of a key and a dialect whether the one is known to the other."""
    pairs = zip(code.tolist(), dialects, strict=True)
    return np.array([knows(dialect or "", keys[c]) for c, dialect in pairs], bool)


def sums(group_of: Codes, numbers: npt.NDArray[np.int64], groups: int) -> Codes:
    """Return the sum of the numbers per group, exact: a count that a client made up may be large."""
    total = np.zeros(groups, np.int64)
    said = np.flatnonzero(numbers)
    np.add.at(total, group_of[said], numbers[said])
    return total
