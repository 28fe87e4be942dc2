"""A column of encoded OTLP attribute values, read by numpy without decoding them one by one.

An AnyValue on the wire is one tag byte, then a length and bytes (string 0x0A, list 0x2A,
map 0x32, bytes 0x3A), a varint (bool 0x10, int 0x18) or eight bytes (double 0x21); an
empty one holds nothing. Every encoder writes it like that. A value written otherwise
(a member set twice, an unknown member) is legal protobuf and refused here as
`NonCanonical`: the caller has it rewritten by the official class and asks again with
`lenient`, which keeps what is still odd as undecodable.

Source: opentelemetry-proto 1.9, common/v1; protobuf encoding guide.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from opentelemetry.proto.common.v1.common_pb2 import ArrayValue, KeyValueList

from ingest import jsontext
from ingest.arrow import Array, array, py_buffer

NOTHING: Final = 0x00
STRING: Final = 0x0A
BOOL: Final = 0x10
INT: Final = 0x18
DOUBLE: Final = 0x21
LIST: Final = 0x2A
MAP: Final = 0x32
BYTES: Final = 0x3A
ODD: Final = 0xFF

_DELIMITED: Final = np.zeros(256, bool)
_DELIMITED[[STRING, LIST, MAP, BYTES]] = True
_KNOWN: Final = np.zeros(256, bool)
_KNOWN[[NOTHING, STRING, BOOL, INT, DOUBLE, LIST, MAP, BYTES]] = True

Positions = npt.NDArray[np.intp]
Flags = npt.NDArray[np.bool_]


class NonCanonical(ValueError):
    """A value encoded as no known encoder does it; see the module's first lines."""


class Values:
    """Encoded values by position; `tags` says what each holds."""

    def __init__(self, encoded: Array, *, lenient: bool = False) -> None:
        count = len(encoded)
        _, offset_buffer, data_buffer = encoded.buffers()
        offsets = (
            np.frombuffer(offset_buffer, np.int32)[encoded.offset : encoded.offset + count + 1]
            if count
            else np.zeros(1, np.int32)
        )
        data = np.frombuffer(data_buffer, np.uint8) if data_buffer else np.zeros(0, np.uint8)
        self._data = data if len(data) else np.zeros(1, np.uint8)
        self.starts: npt.NDArray[np.int32] = offsets[:-1]
        self.lengths: npt.NDArray[np.int32] = np.diff(offsets)
        self.tags = self._byte(self.starts)
        self.tags[self.lengths == 0] = NOTHING
        header = self._check(lenient=lenient)
        self._scalars = np.zeros(count, np.int64)
        self._read_scalars()
        # Element 2i+1 of `_contents` is what value i holds, without its header and without a copy.
        edges = np.empty(2 * count + 1, np.int32)
        edges[0::2] = offsets
        edges[1::2] = self.starts + header
        self._contents = pa.BinaryArray.from_buffers(
            pa.binary(), 2 * count, [None, py_buffer(edges), data_buffer or py_buffer(b"")]
        )
        self.begins: npt.NDArray[np.int32] = edges[1::2]
        self.ends: npt.NDArray[np.int32] = edges[2::2]
        self._encoded = encoded

    def _byte(self, where: npt.NDArray[np.int32]) -> npt.NDArray[np.uint8]:
        return self._data.take(where, mode="clip")

    def _check(self, *, lenient: bool) -> npt.NDArray[np.int32]:
        """Return each value's header length; refuses (or marks ODD) what is not canonical."""
        delimited = _DELIMITED[self.tags]
        header = delimited.astype(np.int32) * 2
        good = _KNOWN[self.tags]
        second = self._byte(self.starts + np.int32(1))
        long = np.flatnonzero(delimited & (second + np.int32(2) != self.lengths))
        if len(long):
            header[long], good[long] = self._long_headers(long)
        rest = np.flatnonzero(~delimited)
        tags, lengths, second = self.tags[rest], self.lengths[rest], second[rest]
        good[rest] &= np.select(
            [tags == BOOL, tags == DOUBLE, tags == INT],
            [(lengths == 2) & (second < 2), lengths == 9, (lengths > 1) & (lengths < 12)],
            lengths == 0,
        )
        good[rest[tags == INT]] &= self._whole_varints(rest[tags == INT])
        if not good.all():
            if not lenient:
                raise NonCanonical(f"{int((~good).sum())} attribute values are encoded in an unusual way")
            self.tags[~good] = ODD
            header[~good] = 0
        return header

    def _long_headers(self, where: Positions) -> tuple[npt.NDArray[np.int32], Flags]:
        """Return header lengths of contents of 128 bytes and more, and whether they are right."""
        lengths, starts = self.lengths[where], self.starts[where]
        header = (2 + (lengths > 129) + (lengths > 16_386) + (lengths > 2_097_155)).astype(np.int32)
        size = np.zeros(len(where), np.int64)
        good = header > 2
        for i in range(1, 5):
            inside = i < header
            byte = self._byte(starts + np.int32(i)).astype(np.int64)
            size += np.where(inside, (byte & 127) << (7 * (i - 1)), 0)
            good &= ~inside | ((byte > 127) == (i < header - 1))
        return header, good & (size + header == lengths)

    def _whole_varints(self, where: Positions) -> Flags:
        """Return where only the last byte of a varint says that it is the last."""
        lengths, starts = self.lengths[where], self.starts[where]
        good = np.ones(len(where), bool)
        for i in range(1, min(int(lengths.max(initial=0)), 11)):
            more = self._byte(starts + np.int32(i)) > 127
            good &= (i >= lengths) | (more == (i < lengths - 1))
        return good

    def _read_scalars(self) -> None:
        """Read all ints, bools and doubles (as their bits) into one array of 64-bit words."""
        varints = np.flatnonzero((self.tags == INT) | (self.tags == BOOL))
        starts, lengths = self.starts[varints], self.lengths[varints]
        words = np.zeros(len(varints), np.uint64)
        for i in range(1, min(int(lengths.max(initial=0)), 11)):
            byte = self._byte(starts + np.int32(i)).astype(np.uint64) & np.uint64(127)
            words |= np.where(i < lengths, byte << np.uint64(7 * (i - 1)), np.uint64(0))
        self._scalars[varints] = words.view(np.int64)
        doubles = np.flatnonzero(self.tags == DOUBLE)
        if len(doubles):
            eight = self._data[self.starts[doubles][:, None] + np.arange(1, 9, dtype=np.int32)]
            self._scalars[doubles] = np.ascontiguousarray(eight).view("<i8").ravel()

    def strings(self, at: Positions, *, missing: Flags | None = None) -> Array:
        """Return the contents at these positions as strings, NULL where `missing`; raises on bad UTF-8."""
        return self.contents(at, missing=missing).cast(pa.string())

    def contents(self, at: Positions, *, missing: Flags | None = None) -> Array:
        """Return the undecoded contents (of strings, bytes, lists and maps) at these positions."""
        return self._contents.take(array(2 * at + 1, mask=missing))

    def first_bytes(self, at: Positions) -> npt.NDArray[np.uint8]:
        """Return the first byte of the contents at these positions, none of which may be empty."""
        return self._data[self.begins[at]]

    def last_bytes(self, at: Positions, which: int = 1) -> npt.NDArray[np.uint8]:
        """Return the last byte (the last but one, ...) of the contents at these positions, all that long."""
        return self._data[self.ends[at] - which]

    def tails(self, at: Positions, size: int) -> Array:
        """Return the last `size` bytes of the contents at these ascending positions, undecoded."""
        edges = np.empty(2 * len(at) + 1, np.int32)
        edges[0] = 0
        edges[1::2] = np.maximum(self.begins[at], self.ends[at] - np.int32(size))
        edges[2::2] = self.ends[at]
        windows = pa.BinaryArray.from_buffers(
            pa.binary(), 2 * len(at), [None, py_buffer(edges), py_buffer(self._data)]
        )
        return windows.take(array(np.arange(1, 2 * len(at), 2)))

    def ints(self, at: Positions) -> npt.NDArray[np.int64]:
        """Return the ints (or bools) at these positions."""
        return self._scalars[at]

    def doubles(self, at: Positions) -> npt.NDArray[np.float64]:
        """Return the doubles at these positions."""
        return self._scalars[at].view(np.float64)

    def json(self, at: Positions) -> Array:
        """Return the values at these positions as JSON text: strings quoted, numbers bare."""
        tags = self.tags[at]
        parts: list[Array] = []
        places: list[Positions] = []
        for tag in np.flatnonzero(np.bincount(tags, minlength=256)):
            place = np.flatnonzero(tags == tag)
            places.append(place)
            parts.append(self._json_of(int(tag), at[place]))
        if not parts:
            return array([], pa.string())
        if len(parts) == 1:
            return parts[0]
        back = np.empty(len(at), np.int64)
        back[np.concatenate(places)] = np.arange(len(at))
        return pa.concat_arrays(parts).take(array(back))

    def _json_of(self, tag: int, at: Positions) -> Array:
        if tag == STRING:
            return jsontext.quote(self.strings(at))
        if tag == INT:
            return array(self.ints(at)).cast(pa.string())
        if tag == DOUBLE:
            return jsontext.numbers(self.doubles(at))
        if tag == BOOL:
            return array(self.ints(at) != 0).cast(pa.string())
        if tag == LIST:
            return jsontext.nested(self.contents(at), ArrayValue)
        if tag == MAP:
            return jsontext.nested(self.contents(at), KeyValueList)
        if tag == BYTES:
            return jsontext.base64_strings(self.contents(at))
        if tag == ODD:
            return jsontext.undecodable(self._encoded.take(array(at)))
        return array(["null"] * len(at), pa.string())
