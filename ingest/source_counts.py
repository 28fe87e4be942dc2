"""What each source sent: rows of `sources` and `source_keys`, counted over a whole batch.

A source is a service, an instrumentation scope and a signal. Counting works on the codes that the
pivot has already, so it costs a few hundredths of it.
"""

from __future__ import annotations

import datetime as dt
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
from ingest.key_counts import MOST_PAIRS, Codes, count_keys, sums
from ingest.text_checks import check_texts
from spotlight.model import SOURCE_KEYS, SOURCES

# Distinct keys counted one by one per source and batch; the rarest of more are counted together.
MOST_KEYS: Final = 300
_SOURCE: Final = ("tenant", "date", "service_name", "scope_name", "dialect")
_NAMES: Final = (*_SOURCE, "signal")
# Of the first two the latest counts, the others add up.
_NUMBERS: Final = (
    "received_ns", "journal_position", "requests", "items", "attributes", "mapped_attributes",
    "dropped_attributes", "truncated_values", "bad_json", "resent", "replaced",
)  # fmt: skip
_LATEST: Final = 2
# So many sources are told apart in Python, more by their codes.
_FEW: Final = 256
_SAYS_TRUNCATED: Final = ("_truncated", ".truncated")


Source = tuple[str, dt.date, str | None, str | None, str | None, str]  # _SOURCE, then the signal


class Counted(NamedTuple):
    """Counts by source: numbers in the order of _NUMBERS; by source, key and mapped: count and type."""

    sources: dict[Source, Codes]
    keys: dict[tuple[Source, str, bool], tuple[int, str]]


class SourceRows(NamedTuple):
    """Rows of the tables `sources` and `source_keys`."""

    sources: pa.Table
    keys: pa.Table


class Groups(NamedTuple):
    """Rows grouped by source: the group of each row; one row of each group, and its _SOURCE."""

    of_row: Codes
    example: Codes
    names: list[tuple[Any, ...]]


def merged(parts: Sequence[Counted]) -> Counted:
    """Return the counts of several parts of a batch together."""
    whole = Counted({}, {})
    for part in parts:
        for source, numbers in part.sources.items():
            whole.sources[source] = (
                _added(whole.sources[source], numbers) if source in whole.sources else numbers
            )
        for key, (times, kind) in part.keys.items():
            whole.keys[key] = (whole.keys[key][0] + times if key in whole.keys else times, kind)
    return whole


def _added(one: Codes, other: Codes) -> Codes:
    both: Codes = one + other
    both[:_LATEST] = np.maximum(one[:_LATEST], other[:_LATEST])
    return both


def count_items(
    columns: Mapping[str, Array], attributes: Attributes, level: Level, parts: Sequence[Part], signal: str
) -> Counted:
    """Return what the sources of these spans or log records sent.

    `columns` hold at least _SOURCE, received_ns, journal_position and dropped_attributes; `parts` are
    the rows of each dialect.
    """
    if not attributes.rows:
        return Counted({}, {})
    groups = grouped(columns, (level.scope_of, _part_of(parts, attributes.rows)))
    count = len(groups.example)
    group_of_row = groups.of_row

    def at_groups(positions: Positions) -> Codes:
        return _per_group(group_of_row[attributes.row_of[positions]], count)

    keys = count_keys(attributes, group_of_row, [names[-1] for names in groups.names])
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
    counted = _counted(columns, groups, signal, numbers)
    owners = list(counted.sources)
    entries = zip(
        keys.group.tolist(), keys.key, keys.mapped.tolist(), keys.times.tolist(), keys.type, strict=True
    )
    for group, key, is_mapped, times, kind in entries:
        counted.keys[owners[group], key, is_mapped] = (times, kind)
    return counted


def count_plainly(rows: pa.Table, signal: str) -> Counted:
    """Return what the sources of these stored rows sent; their attributes are not looked into."""
    if not rows.num_rows:
        return Counted({}, {})
    wanted = [name for name in (*_SOURCE, *_NUMBERS[:_LATEST]) if name in rows.column_names]
    columns = {name: rows.column(name).combine_chunks() for name in wanted}
    columns.setdefault("dialect", nulls(rows.num_rows, pa.string()))
    groups = grouped(columns)
    count = len(groups.example)
    request_of = columns["journal_position"].dictionary_encode().indices.to_numpy()
    numbers = {
        "requests": _requests(groups.of_row, request_of, count),
        "items": _per_group(groups.of_row, count),
    }
    return _counted(columns, groups, signal, numbers)


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
            made.append(_counted(columns, groups, "traces", numbers))
    return source_rows(merged(made)).sources


def _counted(
    columns: Mapping[str, Array], groups: Groups, signal: str, numbers: Mapping[str, Codes]
) -> Counted:
    example = array(groups.example)
    latest = {name: columns[name].take(example).to_numpy() for name in _NUMBERS[:_LATEST]}
    none = np.zeros(len(groups.names), np.int64)
    table = np.stack([{**latest, **numbers}.get(name, none) for name in _NUMBERS], axis=1)
    return Counted({(*names, signal): row for names, row in zip(groups.names, table, strict=True)}, {})


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
    of_row, example = np.arange(rows), np.arange(rows)
    if alike:
        of_row, example = _divided([*alike, columns["date"].cast(pa.int32()).to_numpy()])
    if len(example) > _FEW:
        merged_of, merged_example = _divided([_codes(columns[name].take(array(example))) for name in _SOURCE])
        of_row, example = merged_of[of_row], example[merged_example]
    names = list(zip(*(columns[name].take(array(example)).to_pylist() for name in _SOURCE), strict=True))
    places: dict[tuple[Any, ...], int] = {}
    place = np.array([places.setdefault(each, len(places)) for each in names], np.int64)
    last = np.zeros(len(places), np.int64)
    last[place] = example
    return Groups(place[of_row], last, list(places))


def _codes(column: Array) -> npt.NDArray[np.int32]:
    codes: npt.NDArray[np.int32] = column.dictionary_encode("encode").indices.to_numpy()
    return codes


def _divided(numbers: Sequence[npt.NDArray[np.int32]]) -> tuple[Codes, Codes]:
    """Return the group of every row by several numbers, and a row of every group."""
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
    return codes, example


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


def source_rows(counted: Counted) -> SourceRows:
    """Return counts as rows of the tables."""
    who = _who(list(counted.sources))
    table = np.array(list(counted.sources.values()), np.int64).reshape(-1, len(_NUMBERS))
    columns = who | {name: array(table[:, i]) for i, name in enumerate(_NUMBERS)}
    sources = pa.table([columns[name] for name in SOURCES.schema.names], SOURCES.schema)
    return SourceRows(sources, _key_rows(counted))


def _who(sources: Sequence[Source]) -> dict[str, Array]:
    texts = list(zip(*sources, strict=True)) or [()] * len(_NAMES)
    return {
        name: array(values, SOURCES.schema.field(name).type)
        for name, values in zip(_NAMES, texts, strict=True)
    }


def _key_rows(counted: Counted) -> pa.Table:
    """Return the rows of `source_keys`: the most frequent keys of a source each, the rest together."""
    left: dict[Source, int] = dict.fromkeys(counted.sources, MOST_KEYS)
    kept: list[tuple[Source, str | None, bool, int, str | None]] = []
    rest: dict[tuple[Source, bool], int] = {}
    for (source, key, is_mapped), (times, kind) in sorted(counted.keys.items(), key=lambda item: -item[1][0]):
        left[source] -= 1
        if left[source] >= 0:
            kept.append((source, key, is_mapped, times, kind))
        else:
            rest[source, is_mapped] = rest.get((source, is_mapped), 0) + times
    kept += [(source, None, is_mapped, times, None) for (source, is_mapped), times in rest.items()]
    return pa.Table.from_pylist(
        [
            dict(zip(_NAMES, source, strict=True))
            | dict(zip(_NUMBERS[:_LATEST], counted.sources[source][:_LATEST].tolist(), strict=True))
            | {"key": key, "mapped": is_mapped, "count": times, "type": kind}
            for source, key, is_mapped, times, kind in kept
        ],
        SOURCE_KEYS.schema,
    )
