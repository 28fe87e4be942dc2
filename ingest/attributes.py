"""The attributes of many spans at once: grouped by key, without a Python object per attribute.

Keys are dictionary-encoded and their codes sorted once; after that "every span's value of
this key" is a slice. A value that went into a column unchanged is marked as taken; what
is not taken becomes the row's `attributes` JSON, so nothing can get lost in between.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from ingest import anyvalue, jsontext, literals
from ingest.anyvalue import Flags, Positions, Values
from ingest.arrow import Array, ListArray, array

Rows = npt.NDArray[np.int32]
# Python literals are dictionaries of a few numbers; a longer text costs more than it can say.
_LONGEST_LITERAL: Final = 20_000


class Found(NamedTuple):
    """Where a key stands: `positions` of the attributes and the `rows` they belong to, ascending."""

    positions: Positions
    rows: Rows


class Parsed(NamedTuple):
    """A key's values read as JSON: `objects[places[i]]` is the value of the key's i-th attribute."""

    objects: list[Any]
    places: npt.NDArray[np.int32]


class Attributes:
    """A list<struct<key, value>> column, row by row, in the order sent."""

    def __init__(self, column: ListArray, *, lenient: bool = False) -> None:
        self.rows = len(column)
        offsets = column.offsets.to_numpy()
        pairs = column.values.slice(offsets[0], offsets[-1] - offsets[0])
        self.row_of: Rows = np.repeat(np.arange(self.rows, dtype=np.int32), np.diff(offsets))
        keys = pairs.field("key").dictionary_encode()
        self.keys: list[str] = keys.dictionary.to_pylist()
        self._key_texts = keys.dictionary
        self.code_of: dict[str, int] = {key: code for code, key in enumerate(self.keys)}
        self.codes: Rows = keys.indices.to_numpy()
        narrow = self.codes.astype(np.uint16) if len(self.keys) <= 65_536 else self.codes  # radix sort
        self._order = np.argsort(narrow, kind="stable")
        self._sorted_rows = self.row_of[self._order]
        self._edges = np.zeros(len(self.keys) + 1, np.int64)
        np.cumsum(np.bincount(self.codes, minlength=len(self.keys)), out=self._edges[1:])
        self.values = Values(pairs.field("value"), lenient=lenient)
        self._taken = self._superseded()
        self._parsed: dict[tuple[str, bool], Parsed] = {}

    def _superseded(self) -> Flags:
        """Mark attributes that a later one of the same key in the same row replaces."""
        codes = self.codes[self._order]
        rows = self._sorted_rows
        earlier = np.flatnonzero((codes[1:] == codes[:-1]) & (rows[1:] == rows[:-1]))
        marks = np.zeros(len(self.codes), bool)
        marks[self._order[earlier]] = True
        self.rows_with_duplicates = np.unique(rows[earlier])
        return marks

    @cached_property
    def _quoted_keys(self) -> Array:
        return jsontext.quote(self._key_texts)

    @cached_property
    def empty(self) -> Flags:
        """Where a value is absent or the empty string: it says nothing, another key may say more."""
        values = self.values
        is_text = (values.tags == anyvalue.STRING) | (values.tags == anyvalue.BYTES)
        is_empty: Flags = is_text & (values.lengths == 2)
        is_empty |= values.tags == anyvalue.NOTHING
        return is_empty

    @cached_property
    def _empty_keys(self) -> Flags:
        counts: npt.NDArray[np.intp] = np.bincount(self.codes[self.empty], minlength=len(self.keys))
        has_empty: Flags = counts > 0
        return has_empty

    def find(self, key: str) -> Found:
        """Return where `key` stands; later attributes of a row come later."""
        code = self.code_of.get(key)
        if code is None:
            return Found(np.empty(0, np.intp), np.empty(0, np.int32))
        return self.find_code(code)

    def find_code(self, code: int) -> Found:
        """Return where the key of this code stands."""
        inside = slice(self._edges[code], self._edges[code + 1])
        return Found(self._order[inside], self._sorted_rows[inside])

    def key_counts(self) -> npt.NDArray[np.int64]:
        """Return how many attributes every key has."""
        return np.diff(self._edges)

    def first_positions(self) -> Positions:
        """Return where the first attribute of every key stands."""
        return self._order[self._edges[:-1]]

    def find_filled(self, key: str) -> Found:
        """Return where `key` stands with a value that says something."""
        found = self.find(key)
        code = self.code_of.get(key)
        if code is None or not self._empty_keys[code]:
            return found
        filled = ~self.empty[found.positions]
        return Found(found.positions[filled], found.rows[filled])

    def codes_where(self, wanted: Callable[[str], bool]) -> list[int]:
        """Return the codes of the keys for which `wanted` holds."""
        return [code for code, key in enumerate(self.keys) if wanted(key)]

    def is_free(self, positions: Positions) -> Flags:
        """Return which of these attributes no column holds yet."""
        return ~self._taken[positions]

    def parsed(self, key: str, *, python: bool = False) -> Parsed:
        """Return the values of `key` read as JSON, each distinct one once; None where that fails.

        With `python`, text that is no JSON is read as a Python literal.
        """
        if (key, python) not in self._parsed:
            texts = self.values.json(self.find(key).positions).dictionary_encode()
            objects = [literals.parse(text, python=python) for text in texts.dictionary.to_pylist()]
            self._parsed[key, python] = Parsed(objects, texts.indices.to_numpy())
        return self._parsed[key, python]

    def take(self, positions: Positions) -> None:
        """Mark attributes as held by a column: they leave the `attributes` JSON."""
        self._taken[positions] = True

    def give_back(self, positions: Positions) -> None:
        """Return attributes to the `attributes` JSON: the column holds something else than was sent."""
        self._taken[positions] = False

    def objects(self, positions: Positions) -> Array:
        """Return one JSON object text per row, of the attributes at these ascending positions."""
        names = self._quoted_keys.take(array(self.codes[positions]))
        return jsontext.objects(self.rows, self.row_of[positions], names, self.values.json(positions))

    def gather(self, codes: list[int], rows: Flags) -> Array:
        """Return the attributes of these keys as one JSON object per row marked in `rows`, and take them."""
        wanted = np.zeros(len(self.keys) + 1, bool)
        wanted[codes] = True
        positions = np.flatnonzero(wanted[self.codes] & rows[self.row_of] & ~self._taken)
        text = self.objects(positions)
        self.take(positions)
        return text

    def leftovers(self) -> Array:
        """Return what no column took, one JSON object text per row ({} for none)."""
        return self.objects(np.flatnonzero(~self._taken))
