"""What OTLP itself says around the attributes: who sent a row, when, with which ids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ingest import convert
from ingest.anyvalue import Flags
from ingest.arrow import Array, ListArray, StructArray, array, list_array, nulls, py_buffer
from ingest.arrow import compute as pc
from ingest.attributes import Attributes
from ingest.columns import Part, Resolver
from ingest.segments import Record
from spotlight.semconv import (
    DEPLOYMENT_ENVIRONMENT,
    DEPLOYMENT_ENVIRONMENT_NAME,
    SERVICE_NAME,
    SERVICE_VERSION,
)

Words = npt.NDArray[np.uint64]

_DAY_NS: Final = 86_400 * 10**9
_FIRST_NS: Final = 1_420_070_400 * 10**9  # 2015-01-01: no span of an LLM agent is older
_LAST_NS: Final = 2**63 - 1
_HEX: Final = np.frombuffer("".join(f"{byte:02x}" for byte in range(256)).encode(), np.uint16)
_SHARED_BYTES: Final = 256 << 20  # what repeating shared texts may cost a batch; real ones need a few MB
_SHARED_TEXT: Final = 4096


class Level(NamedTuple):
    """The items of a batch (spans or log records), and for each its request, resource and scope."""

    items: StructArray
    resources: StructArray
    scopes: StructArray
    request_of: Array
    resource_of: Array
    scope_of: npt.NDArray[np.int32]


def flatten(batch: pa.RecordBatch) -> Level:
    """Return the items of all requests of a decoded batch, in the order sent."""
    resources = _inner(batch.column(0))
    scopes = _inner(resources.values.field("scopes"))
    items = _inner(scopes.values.field("items"))
    scope_of = items.parent
    resource_of = scopes.parent[scope_of]
    return Level(
        items=items.values,
        resources=resources.values.field("resource"),
        scopes=scopes.values.field("scope"),
        request_of=array(resources.parent[resource_of]),
        resource_of=array(resource_of),
        scope_of=scope_of,
    )


class _Inner(NamedTuple):
    values: StructArray
    parent: npt.NDArray[np.int32]


def _inner(column: ListArray) -> _Inner:
    offsets = column.offsets.to_numpy()
    values = column.values.slice(offsets[0], offsets[-1] - offsets[0])
    return _Inner(values, np.repeat(np.arange(len(column), dtype=np.int32), np.diff(offsets)))


def resource_columns(level: Level, *, lenient: bool) -> dict[str, Array]:
    """Return resource, service_name, service_version and environment of every item.

    The JSON text holds all resource attributes, the promoted ones too.
    """
    attributes = Attributes(level.resources.field("attributes"), lenient=lenient)
    columns = {"resource": attributes.leftovers()}
    promoted = {
        "service_name": (SERVICE_NAME,),
        "service_version": (SERVICE_VERSION,),
        "environment": (DEPLOYMENT_ENVIRONMENT_NAME, DEPLOYMENT_ENVIRONMENT),
    }
    resolver = Resolver(attributes, [Part("", None)])
    for name, keys in promoted.items():
        columns[name] = resolver.read(resolver.resolve([keys]), convert.TEXT)
    return {name: shared(column, level.resource_of.to_numpy()) for name, column in columns.items()}


def service_names(level: Level) -> list[str | None]:
    """Return the service.name of every resource."""
    attributes = Attributes(level.resources.field("attributes"), lenient=True)
    resolver = Resolver(attributes, [Part("", None)])
    names: list[str | None] = resolver.peek(resolver.resolve([(SERVICE_NAME,)]), convert.TEXT).to_pylist()
    return names


def scope_columns(level: Level, *, lenient: bool) -> dict[str, Array]:
    """Return scope_name, scope_version and scope (JSON of its attributes, NULL for none) of every item."""
    attributes = Attributes(level.scopes.field("attributes"), lenient=lenient)
    columns = {
        "scope_name": none_if_empty(level.scopes.field("name")),
        "scope_version": none_if_empty(level.scopes.field("version")),
        "scope": null_where(attributes.leftovers(), np.diff(level.scopes.field("attributes").offsets) == 0),
    }
    return {name: shared(column, level.scope_of) for name, column in columns.items()}


def shared(texts: Array, place: npt.NDArray[np.int32]) -> Array:
    """Return the text at each place, NULL where repeating a long one would burst the batch.

    One resource of megabytes beside 100,000 tiny spans is a small request, and would be
    hundreds of gigabytes written out. Then only the first row of a text over 4 KiB has it.
    """
    lengths = pc.fill_null(pc.binary_length(texts), 0).to_numpy(zero_copy_only=False)
    if int(lengths[place].sum(dtype=np.int64)) <= _SHARED_BYTES:
        return texts.take(array(place))
    first = np.zeros(len(place), bool)
    first[np.unique(place, return_index=True)[1]] = True
    return texts.take(array(place, mask=(lengths[place] > _SHARED_TEXT) & ~first))


def arrival_columns(level: Level, records: Sequence[Record]) -> dict[str, Array]:
    """Return tenant, received_ns and journal_position of every item."""
    of_request: dict[str, Array] = {
        "tenant": array([record.tenant for record in records], pa.string()),
        "received_ns": array([record.received_ns for record in records], pa.int64()),
        "journal_position": array([record.position for record in records], pa.int64()),
    }
    return {name: column.take(level.request_of) for name, column in of_request.items()}


def hex_ids(ids: Array, size: int) -> Array:
    """Return binary ids of `size` bytes as lowercase hex; NULL for another length and for all zeros."""
    count = len(ids)
    if not count:
        return array([], pa.string())
    offsets = np.frombuffer(ids.buffers()[1], np.int32)[ids.offset : ids.offset + count + 1]
    data = ids.buffers()[2]
    raw = np.frombuffer(data, np.uint8) if data else np.zeros(0, np.uint8)
    good = np.diff(offsets) == size
    whole = raw[offsets[0] : offsets[-1]] if good.all() else raw[_spread(offsets[:-1][good], size)]
    good[good] = whole.reshape(-1, size).any(axis=1)
    if not good.all():
        whole = raw[_spread(offsets[:-1][good], size)]
    ends = np.zeros(count + 1, np.int32)
    np.cumsum(np.where(good, 2 * size, 0), out=ends[1:])
    valid = None if good.all() else array(good).buffers()[1]
    return pa.StringArray.from_buffers(count, py_buffer(ends), py_buffer(_HEX[whole].tobytes()), valid)


def _spread(starts: npt.NDArray[np.int32], size: int) -> npt.NDArray[np.int32]:
    within: npt.NDArray[np.int32] = np.arange(size, dtype=np.int32)
    return (starts[:, None] + within).ravel()


class Days(NamedTuple):
    """Per row: the partition date, and whether the clock that gave the start is absurd."""

    dates: Array
    is_skewed: Flags


def partition_days(times: Words, received: npt.NDArray[np.int64]) -> Days:
    """Return the UTC day of each time, of its arrival where it is 0 or lies out of reason.

    In reason: from 2015-01-01 to one day after its arrival.
    """
    absent = times == 0
    clamped = np.minimum(times, np.uint64(_LAST_NS)).astype(np.int64)
    in_reason = (clamped >= _FIRST_NS) & (times <= np.uint64(_LAST_NS)) & (clamped - _DAY_NS <= received)
    days = np.where(in_reason, clamped, received) // _DAY_NS
    return Days(array(days.astype(np.int32)).cast(pa.date32()), ~in_reason & ~absent)


def nanoseconds(times: Words) -> Array:
    """Return times as int64; NULL for 0 (not reported) and for what lies beyond int64."""
    return array(times.astype(np.int64), mask=(times == 0) | (times > np.uint64(_LAST_NS)))


def beyond_reach(times: Words) -> Flags:
    """Return which times lie beyond int64 nanoseconds (year 2262)."""
    return times > np.uint64(_LAST_NS)


def none_if_empty(texts: Array) -> Array:
    """Return the strings with NULL for the empty one: protobuf's way of saying nothing."""
    if not len(texts):
        return texts
    offsets = np.frombuffer(texts.buffers()[1], np.int32)[texts.offset : texts.offset + len(texts) + 1]
    return null_where(texts, np.diff(offsets) == 0)


def none_if_zero(counts: Array) -> Array:
    """Return unsigned counts as int64, NULL for 0: protobuf's way of saying nothing."""
    numbers = counts.to_numpy(zero_copy_only=False).astype(np.int64)
    return array(numbers, mask=numbers == 0)


def null_where(column: Array, mask: Flags) -> Array:
    """Return the string column with NULL where `mask` holds; the buffers are shared, not copied."""
    if not mask.any():
        return column
    valid = ~mask
    if column.null_count:
        valid &= column.is_valid().to_numpy(zero_copy_only=False)
    if column.offset:
        return column.take(array(np.arange(len(column)), mask=~valid))
    buffers = [array(valid).buffers()[1], *column.buffers()[1:]]
    return pa.Array.from_buffers(column.type, len(column), buffers)


def quality_flags(rows: int, flags: Mapping[str, Flags]) -> Array:
    """Return per row the names of the flags that are set, in the order given; NULL for none."""
    raised = {name: mask for name, mask in flags.items() if mask.any()}
    if not raised:
        return nulls(rows, pa.list_(pa.string()))
    marks = np.stack(list(raised.values()), axis=1)
    counts = marks.sum(axis=1)
    ends = np.zeros(rows + 1, np.int32)
    np.cumsum(counts, out=ends[1:])
    names = array(list(raised), pa.string()).take(array(np.nonzero(marks)[1]))
    return list_array(array(ends, mask=np.append(counts == 0, False)), names)
