"""Span events and links -> JSON texts, and the exception among the events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import orjson
import pyarrow as pa

from ingest import convert, jsontext
from ingest.arrow import Array, ListArray, StructArray, array, nulls
from ingest.arrow import compute as pc
from ingest.attributes import Attributes, Rows
from ingest.columns import Part, Resolver
from ingest.envelope import hex_ids
from spotlight.semconv import EXCEPTION_EVENT, EXCEPTION_MESSAGE, EXCEPTION_TYPE


class Events(NamedTuple):
    """Per span: all events as JSON, and type and message of its last exception; NULL for none."""

    text: Array
    exception_type: Array
    exception_message: Array


def read_events(column: ListArray, *, lenient: bool) -> Events:
    """Return the events of every span as [{"name", "time_ns", "attributes"}, ...]."""
    rows, events, span_of = _flat(column)
    if not len(events):
        nothing = nulls(rows, pa.string())
        return Events(nothing, nothing, nothing)
    attributes = Attributes(events.field("attributes"), lenient=lenient)
    text = pc.binary_join_element_wise(
        '{"name":', jsontext.quote(events.field("name")),
        ',"time_ns":', events.field("time_ns").cast(pa.string()),
        ',"attributes":', attributes.leftovers(),
        _dropped(events), "}", "",
    )  # fmt: skip
    is_exception = pc.equal(events.field("name"), EXCEPTION_EVENT).to_numpy(zero_copy_only=False)
    at = np.flatnonzero(is_exception)
    last = np.full(rows, -1, np.int64)
    last[span_of[at]] = at  # a later one overwrites
    last_event = array(last, mask=last < 0)
    resolver = Resolver(attributes, [Part("", None)])
    of_events = [
        resolver.read(resolver.resolve([(key,)]), convert.TEXT) for key in (EXCEPTION_TYPE, EXCEPTION_MESSAGE)
    ]
    return Events(jsontext.arrays(rows, span_of, text), *(column.take(last_event) for column in of_events))


def read_links(column: ListArray, *, lenient: bool) -> Array:
    """Return the links of every span as [{"trace_id", "span_id", "attributes"}, ...]; NULL for none."""
    rows, links, span_of = _flat(column)
    if not len(links):
        return nulls(rows, pa.string())
    state = links.field("trace_state")
    has_state = pc.not_equal(state, "")
    text = pc.binary_join_element_wise(
        '{"trace_id":', _quoted_id(links.field("trace_id"), 16),
        ',"span_id":', _quoted_id(links.field("span_id"), 8),
        pc.if_else(has_state, pc.binary_join_element_wise(',"trace_state":', jsontext.quote(state), ""), ""),
        ',"attributes":', Attributes(links.field("attributes"), lenient=lenient).leftovers(),
        _dropped(links), "}", "",
    )  # fmt: skip
    return jsontext.arrays(rows, span_of, text)


def linked_traces(links: Array, traces: Array, parts: Sequence[Part]) -> Array:
    """Return the other traces that links name, sorted, for the rows of these parts; NULL elsewhere."""
    if not parts or links.null_count == len(links):
        return nulls(len(links), pa.list_(pa.string()))
    found: list[list[str] | None] = [None] * len(links)
    wanted = np.zeros(len(links), bool)
    for part in parts:
        wanted[slice(None) if part.rows is None else part.rows] = True
    wanted &= links.is_valid().to_numpy(zero_copy_only=False)
    for row in np.flatnonzero(wanted).tolist():
        named = {link["trace_id"] for link in orjson.loads(links[row].as_py())}
        found[row] = sorted(named - {None, traces[row].as_py()}) or None
    return array(found, pa.list_(pa.string()))


class _Flat(NamedTuple):
    rows: int
    items: StructArray
    span_of: Rows


def _flat(column: ListArray) -> _Flat:
    offsets = column.offsets.to_numpy()
    items = column.values.slice(offsets[0], offsets[-1] - offsets[0])
    return _Flat(len(column), items, np.repeat(np.arange(len(column), dtype=np.int32), np.diff(offsets)))


def _dropped(items: StructArray) -> Array:
    """Return a further JSON member where the client dropped attributes, else the empty string."""
    count = items.field("dropped_attributes")
    text = pc.binary_join_element_wise(',"dropped_attributes":', count.cast(pa.string()), "")
    return pc.if_else(pc.greater(count, 0), text, "")


def _quoted_id(ids: Array, size: int) -> Array:
    return pc.fill_null(pc.binary_join_element_wise('"', hex_ids(ids, size), '"', ""), "null")
