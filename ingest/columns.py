"""Dialect tables applied to attributes: one Arrow column per field.

A field's sources are asked per dialect, weakest first, so that a stronger one overwrites.
The result is, for every row, the position of the attribute that wins; all dialects of a
batch share it, so that a mixed batch still costs one gather per column.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ingest import convert
from ingest.anyvalue import Flags, Positions
from ingest.arrow import Array, array, nulls
from ingest.arrow import compute as pc
from ingest.attributes import Attributes, Found
from spotlight.dialects.table import InName, JsonPath, Key, Prefix, Source
from spotlight.model import KINDS

NONE: int = -1


class Part(NamedTuple):
    """The rows of one dialect; `rows` is None where the batch has no other dialect."""

    dialect: str
    rows: Flags | None


class Winners(NamedTuple):
    """Per row: which of `sources` fills the field (-1: none), and from which attribute (-1: several)."""

    source: npt.NDArray[np.int16]
    position: Positions
    sources: list[Source]


class Resolver:
    """Finds and reads fields of the rows of a batch.

    `kinds` are codes into model.KINDS, once known; `names` the spans' names, for sources in them.
    """

    def __init__(
        self,
        attributes: Attributes,
        parts: Sequence[Part],
        kinds: npt.NDArray[np.int8] | None = None,
        names: Array | None = None,
    ) -> None:
        self.attributes = attributes
        self.parts = parts
        self.kinds = kinds
        self._names = names
        self._members: dict[JsonPath, list[object]] = {}
        self._in_names: dict[str, Array] = {}

    def resolve(
        self,
        tables: Sequence[Sequence[Source]],
        *,
        to: convert.Target | None = None,
        content: bool = False,
    ) -> Winners | None:
        """Return who fills a field, given its sources for each part; None where nobody can.

        `to` leaves out values that cannot be brought to the column's type: a weaker source
        may have a better one. `content` asks only for attributes that no column holds yet.
        """
        known = self.attributes.code_of
        winners: Winners | None = None
        for part, sources in zip(self.parts, tables, strict=True):
            for source in reversed(sources):
                name = source if isinstance(source, str) else getattr(source, "name", None)
                if name is not None and name not in known:
                    continue
                found = self._find(source, to)
                if not len(found.rows):
                    continue
                found = self._allowed(found, source, part, content=content)
                if not len(found.rows):
                    continue
                if winners is None:
                    rows = self.attributes.rows
                    winners = Winners(np.full(rows, NONE, np.int16), np.full(rows, NONE, np.intp), [])
                winners.source[found.rows] = len(winners.sources)
                winners.position[found.rows] = found.positions
                winners.sources.append(source)
        return winners

    def _find(self, source: Source, to: convert.Target | None) -> Found:
        attributes = self.attributes
        if isinstance(source, str | Key):
            found = attributes.find_filled(source if isinstance(source, str) else source.name)
            fits = None if to is None else convert.fits(attributes.values, found.positions, to)
            return found if fits is None else Found(found.positions[fits], found.rows[fits])
        if isinstance(source, Prefix):
            wanted = [attributes.find_code(code) for code in attributes.codes_where(source.covers)]
            rows = np.concatenate([found.rows for found in wanted]) if wanted else np.empty(0, np.int32)
            return Found(np.full(len(rows), NONE, np.intp), rows)
        if isinstance(source, InName):
            valid = self._in_name(source.pattern).is_valid()
            rows = np.flatnonzero(valid.to_numpy(zero_copy_only=False))
            return Found(np.full(len(rows), NONE, np.intp), rows.astype(np.int32))
        found = attributes.find(source.name)
        members = self._members_of(source)
        if not source.path and to in (convert.TEXT, convert.NAME):
            # "1.10" is JSON too: as a number it would be another text.
            members = [None if isinstance(member, int | float) else member for member in members]
        fill = members if to is None else [to.from_json(member) for member in members]
        says = np.array([member is not None for member in fill], bool)
        hit = says[attributes.parsed(source.name, python=source.python).places]
        return Found(found.positions[hit], found.rows[hit])

    def _members_of(self, source: JsonPath) -> list[object]:
        """Return the member of each distinct value of the attribute; None where it says nothing."""
        if source not in self._members:
            parsed = self.attributes.parsed(source.name, python=source.python)
            members = [convert.member(value, source.path, python=source.python) for value in parsed.objects]
            self._members[source] = _found(source.pattern, members) if source.pattern else members
        return self._members[source]

    def _in_name(self, pattern: str) -> Array:
        """Return per row what the pattern's first group finds in the span's name; NULL for nothing."""
        if self._names is None:
            return nulls(self.attributes.rows, pa.string())
        if pattern not in self._in_names:
            names = self._names.dictionary_encode()
            whole = f"^(?:{pattern})$"
            found = pc.replace_substring_regex(names.dictionary, whole, r"\1")
            hit = pc.and_(pc.match_substring_regex(names.dictionary, whole), pc.not_equal(found, ""))
            self._in_names[pattern] = pc.if_else(hit, found, pa.scalar(None, pa.string())).take(names.indices)
        return self._in_names[pattern]

    def _allowed(self, found: Found, source: Source, part: Part, *, content: bool) -> Found:
        keep: Flags | None = None
        if part.rows is not None:
            keep = part.rows[found.rows]
        wanted = getattr(source, "kinds", ())
        if wanted and self.kinds is not None:
            of_kind = np.isin(self.kinds[found.rows], [KINDS.index(kind) for kind in wanted])
            keep = of_kind if keep is None else keep & of_kind
        if content and not isinstance(source, Prefix | InName | JsonPath):
            free = self.attributes.is_free(found.positions)
            if not free.all():
                keep = free if keep is None else keep & free
        return found if keep is None else Found(found.positions[keep], found.rows[keep])

    def read(self, winners: Winners | None, to: convert.Target) -> Array:
        """Return the field as a column; attributes that it holds unchanged are taken."""
        rows = self.attributes.rows
        if winners is None:
            return nulls(rows, to.type)
        if all(_is_plain(source) for source in winners.sources):
            return self._read_plain(winners, to)
        layers: list[tuple[Positions, Array]] = []
        for i, source in enumerate(winners.sources):
            at = np.flatnonzero(winners.source == i)
            if len(at):
                layers.append((at, self._read_source(source, at, winners.position[at], to)))
        return _scattered(rows, layers, to.type)

    def peek(self, winners: Winners | None, to: convert.Target) -> Array:
        """Return the field as a column and take nothing; attributes and their members only."""
        rows = self.attributes.rows
        if winners is None:
            return nulls(rows, to.type)
        layers: list[tuple[Positions, Array]] = []
        for i, source in enumerate(winners.sources):
            at = np.flatnonzero((winners.source == i) & (winners.position >= 0))
            if not len(at):
                continue
            if isinstance(source, JsonPath):
                column = self._read_source(source, at, winners.position[at], to)
            else:
                column = convert.convert(self.attributes.values, winners.position[at], to).column
            layers.append((at, column))
        return _scattered(rows, layers, to.type)

    def _read_plain(self, winners: Winners, to: convert.Target) -> Array:
        """Return a column whose every source is an attribute as it stands."""
        attributes, position = self.attributes, winners.position
        missing = position < 0
        at = np.flatnonzero(~missing)
        positions = position[at]
        if to.accepts_text and convert.is_text(attributes.values, positions):
            attributes.take(positions)
            return attributes.values.strings(position, missing=missing)
        converted = convert.convert(attributes.values, positions, to)
        attributes.take(positions[converted.unchanged])
        return _scattered(attributes.rows, [(at, converted.column)], to.type)

    def _read_source(self, source: Source, at: Positions, positions: Positions, to: convert.Target) -> Array:
        attributes = self.attributes
        if isinstance(source, Prefix):
            rows = np.zeros(attributes.rows, bool)
            rows[at] = True
            gathered = attributes.gather(attributes.codes_where(source.covers), rows)
            return gathered.take(array(at))
        if isinstance(source, InName):
            return self._in_name(source.pattern).take(array(at))
        if isinstance(source, JsonPath):
            distinct = convert.from_python(self._members_of(source), to)
            # one key's positions ascend
            place = np.searchsorted(attributes.find(source.name).positions, positions)
            places = attributes.parsed(source.name, python=source.python).places
            return distinct.take(array(places[place]))
        converted = convert.convert(attributes.values, positions, to)
        if isinstance(source, Key) and source.scale != 1:
            return pc.multiply(converted.column, source.scale).cast(to.type)
        attributes.take(positions[converted.unchanged])
        return converted.column

    def names(self, winners: Winners | None) -> Array:
        """Return the key that won per row ("metadata.pack_version" for a member of `metadata`)."""
        if winners is None:
            return nulls(self.attributes.rows, pa.string())
        texts = array([source_name(source) for source in winners.sources], pa.string())
        return texts.take(array(winners.source, mask=winners.source < 0))


def _found(pattern: str, members: Sequence[object]) -> list[object]:
    """Return what the pattern's group `found` finds in members that are texts, None for nothing."""
    texts = array([member if isinstance(member, str) else None for member in members], pa.string())
    return [match and match["found"] for match in pc.extract_regex(texts, pattern).to_pylist()]


def _is_plain(source: Source) -> bool:
    return isinstance(source, str) or (isinstance(source, Key) and source.scale == 1)


def source_name(source: Source) -> str:
    """Return the key that a source reads, as a user would write it."""
    if isinstance(source, str):
        return source
    if isinstance(source, JsonPath):
        return ".".join((source.name, *source.path))
    if isinstance(source, InName):
        return "name"
    if isinstance(source, InName):
        return "name"
    return source.prefix if isinstance(source, Prefix) else source.name


def _scattered(rows: int, layers: Sequence[tuple[Positions, Array]], to: pa.DataType) -> Array:
    """Return a column of `rows` rows with each layer's values at its rows, NULL elsewhere."""
    if len(layers) == 1 and len(layers[0][0]) == rows:
        return layers[0][1]
    place = np.full(rows, NONE, np.int64)
    start = 0
    for at, column in layers:
        place[at] = np.arange(start, start + len(column))
        start += len(column)
    values = pa.concat_arrays([column for _, column in layers]) if layers else nulls(0, to)
    return values.take(array(place, mask=place < 0))
