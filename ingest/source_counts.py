"""What each source sent: rows of `sources` and `source_keys`, counted over a whole batch.

A source is a service, an instrumentation scope and a signal. Counting works on the codes that the
pivot has already, so it costs a few hundredths of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ingest import anyvalue
from ingest.anyvalue import Positions
from ingest.arrow import Array, array, nulls
from ingest.arrow import compute as pc
from ingest.attributes import Attributes
from ingest.columns import Part
from ingest.envelope import Level
from ingest.key_counts import MOST_PAIRS, Codes, KeyCounts, count_keys, sums
from ingest.text_checks import check_texts
from spotlight.model import SOURCE_KEYS, SOURCES

# Distinct keys counted one by one per source and batch; the rarest of more are counted together.
MOST_KEYS: Final = 300
_SOURCE: Final = ("tenant", "date", "service_name", "scope_name", "dialect")
_SAYS_TRUNCATED: Final = ("_truncated", ".truncated")


class Counted(NamedTuple):
    """Rows of the tables `sources` and `source_keys`."""

    sources: pa.Table
    keys: pa.Table


NOTHING: Final = Counted(SOURCES.schema.empty_table(), SOURCE_KEYS.schema.empty_table())


def merged(parts: Sequence[Counted]) -> Counted:
    """Return the rows of several parts of a batch together: they add up."""
    return Counted(*(pa.concat_tables(tables) for tables in zip(NOTHING, *parts, strict=True)))


class Groups(NamedTuple):
    """Rows grouped by source: the group of each row, and one row of each group."""

    of_row: Codes
    example: Codes


def count_items(
    columns: Mapping[str, Array], attributes: Attributes, level: Level, parts: Sequence[Part], signal: str
) -> Counted:
    """Return what the sources of these spans or log records sent.

    `columns` hold at least _SOURCE, received_ns, journal_position and dropped_attributes; `parts` are
    the rows of each dialect.
    """
    if not attributes.rows:
        return NOTHING
    groups = grouped(columns, (level.scope_of, _part_of(parts, attributes.rows)))
    count = len(groups.example)
    group_of_row = groups.of_row

    def at_groups(positions: Positions) -> Codes:
        return _per_group(group_of_row[attributes.row_of[positions]], count)

    keys = count_keys(attributes, group_of_row, columns["dialect"].take(array(groups.example)).to_pylist())
    checked = check_texts(attributes, group_of_row)
    dropped = pc.fill_null(columns["dropped_attributes"], 0).to_numpy(zero_copy_only=False)
    numbers = {
        "requests": _requests(group_of_row, level.request_of.to_numpy(), count),
        "items": _per_group(group_of_row, count),
        "attributes": sums(keys.group, keys.times, count),
        "mapped_attributes": sums(keys.group[keys.mapped], keys.times[keys.mapped], count),
        "dropped_attributes": sums(group_of_row, dropped, count),
        "truncated_values": at_groups(checked.truncated) + at_groups(_said_truncated(attributes)),
        "bad_json": at_groups(checked.bad_json),
    }
    who = _who(columns, groups, signal)
    return Counted(_source_rows(who, numbers), _key_rows(who, keys))


def count_points(rows: pa.Table) -> Counted:
    """Return what the sources of these metric points sent; their attributes are not looked into."""
    if not rows.num_rows:
        return NOTHING
    columns = {name: rows.column(name).combine_chunks() for name in rows.column_names}
    columns["dialect"] = nulls(rows.num_rows, pa.string())
    groups = grouped(columns)
    count = len(groups.example)
    request_of = columns["journal_position"].dictionary_encode().indices.to_numpy()
    numbers = {
        "requests": _requests(groups.of_row, request_of, count),
        "items": _per_group(groups.of_row, count),
    }
    return Counted(_source_rows(_who(columns, groups, "metrics"), numbers), NOTHING.keys)


def count_again(resent: pa.Table, newer: pa.Table) -> pa.Table:
    """Return rows of `sources` that count spans which came again: with the same content, with other."""
    made = []
    for name, spans in (("resent", resent), ("replaced", newer)):
        spans = spans.filter(pc.equal(spans.column("signal"), "span"))
        if spans.num_rows:
            wanted = (*_SOURCE, "received_ns", "journal_position")
            columns = {column: spans.column(column).combine_chunks() for column in wanted}
            groups = grouped(columns)
            numbers = {name: _per_group(groups.of_row, len(groups.example))}
            made.append(_source_rows(_who(columns, groups, "traces"), numbers))
    return pa.concat_tables(made) if made else NOTHING.sources


def _part_of(parts: Sequence[Part], rows: int) -> Codes:
    part_of: Codes = np.zeros(rows, np.int64)
    for number, part in enumerate(parts):
        part_of[slice(None) if part.rows is None else part.rows] = number
    return part_of


def grouped(columns: Mapping[str, Array], alike: Sequence[npt.NDArray[Any]] = ()) -> Groups:
    """Return the rows grouped by tenant, day, service, scope and dialect.

    Rows for which all of `alike` are the same may differ in the day alone: then few texts are compared.
    """
    rows = len(columns[_SOURCE[0]])
    groups = Groups(np.arange(rows), np.arange(rows))
    if alike:
        groups = _divided([*alike, columns["date"].cast(pa.int32()).to_numpy()])
    texts = [_codes(columns[name].take(array(groups.example))) for name in _SOURCE]
    merged_groups = _divided(texts)
    return Groups(merged_groups.of_row[groups.of_row], groups.example[merged_groups.example])


def _codes(column: Array) -> npt.NDArray[np.int32]:
    codes: npt.NDArray[np.int32] = column.dictionary_encode("encode").indices.to_numpy()
    return codes


def _divided(numbers: Sequence[npt.NDArray[np.int32]]) -> Groups:
    """Return the rows grouped by several numbers."""
    codes: Codes = np.zeros(len(numbers[0]), np.int64)
    groups = 1
    for each in numbers:
        lowest = int(each.min())
        span = int(each.max()) - lowest + 1
        if span > 1:
            codes = codes * span + (each - lowest)
            groups, codes = _renumbered(codes, groups * span)
    example = np.zeros(groups, np.int64)
    example[codes] = np.arange(len(codes))  # the last row of each: it came in last
    return Groups(codes, example)


def _renumbered(codes: Codes, limit: int) -> tuple[int, Codes]:
    """Return how many different codes there are, and them numbered without gaps."""
    if limit > MOST_PAIRS:
        found, place = np.unique(codes, return_inverse=True)
        return len(found), place
    present = np.bincount(codes, minlength=limit) > 0
    return int(present.sum()), (np.cumsum(present) - 1)[codes]


def _said_truncated(attributes: Attributes) -> Positions:
    """Return the attributes that say of another that it was cut: `..._truncated` = true."""
    found = [np.empty(0, np.intp)]
    values = attributes.values
    for code in attributes.codes_where(lambda key: key.endswith(_SAYS_TRUNCATED)):
        at = attributes.find_code(code).positions
        flags = at[values.tags[at] == anyvalue.BOOL]
        words = at[values.tags[at] == anyvalue.STRING]
        is_true = [text.lower() == b"true" for text in values.contents(words).to_pylist()]
        found += [flags[values.ints(flags) != 0], words[np.array(is_true, bool)]]
    return np.concatenate(found)


def _requests(of_row: Codes, request_of: npt.NDArray[np.int32], groups: int) -> Codes:
    if groups == 1:  # requests stand one behind the other
        return np.array([1 + np.count_nonzero(np.diff(request_of))])
    width = int(request_of.max()) + 1
    pairs = of_row * width + request_of
    if groups * width > MOST_PAIRS:
        return _per_group(np.unique(pairs) // width, groups)
    held: Codes = (np.bincount(pairs, minlength=groups * width).reshape(groups, width) > 0).sum(axis=1)
    return held


def _per_group(of_item: Codes, groups: int) -> Codes:
    return np.bincount(of_item, minlength=groups)


def _who(columns: Mapping[str, Array], groups: Groups, signal: str) -> dict[str, Array]:
    example = array(groups.example)
    names = (*_SOURCE, "received_ns", "journal_position")
    who = {name: columns[name].take(example) for name in names}
    return who | {"signal": pa.repeat(pa.scalar(signal), len(groups.example))}


def _source_rows(who: Mapping[str, Array], numbers: Mapping[str, Codes]) -> pa.Table:
    rows = len(who["signal"])
    none = np.zeros(rows, np.int64)
    columns = {c.name: array(numbers.get(c.name, none), c.type) for c in SOURCES.columns if c.name not in who}
    return pa.table([{**columns, **who}[name] for name in SOURCES.schema.names], SOURCES.schema)


def _key_rows(who: Mapping[str, Array], keys: KeyCounts) -> pa.Table:
    kept, rest = _ranked(keys)
    # What is left over: one row per source and per mapped or not.
    lumps, lump_of = np.unique(2 * keys.group[rest] + keys.mapped[rest], return_inverse=True)
    owner = array(np.concatenate([keys.group[kept], lumps // 2]))
    nameless = [None] * len(lumps)
    columns = {name: column.take(owner) for name, column in who.items()}
    columns["key"] = array([keys.key[k] for k in kept.tolist()] + nameless, pa.string())
    columns["type"] = array(keys.type[kept].tolist() + nameless, pa.string())
    columns["mapped"] = array(np.concatenate([keys.mapped[kept], lumps % 2 == 1]))
    times = np.concatenate([keys.times[kept], sums(lump_of, keys.times[rest], len(lumps))])
    columns["count"] = array(times)
    return pa.table([columns[name] for name in SOURCE_KEYS.schema.names], SOURCE_KEYS.schema)


def _ranked(keys: KeyCounts) -> tuple[Codes, Codes]:
    """Return the entries to be kept by themselves, the most frequent of each group, and the others."""
    entries = np.arange(len(keys.key))
    if len(keys.key) <= MOST_KEYS:
        return entries, entries[:0]
    order = np.lexsort((-keys.times, keys.group))
    ranks = entries - np.searchsorted(keys.group[order], keys.group[order])
    return order[ranks < MOST_KEYS], order[ranks >= MOST_KEYS]
