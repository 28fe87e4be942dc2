"""Trace and span ids as numbers, for sets and joins over many of them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


def hex_keys(ids: pa.ChunkedArray | pa.Array, digits: int) -> np.ndarray:
    """Return hexadecimal ids as unsigned integers of 64 bits; 32-digit ids have their halves combined.

    Rows that are NULL or of another length give 0. Shape: one key per row.
    """
    array = ids.combine_chunks() if isinstance(ids, pa.ChunkedArray) else ids
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks) if array.num_chunks else pa.array([], pa.string())
    good = pc.fill_null(pc.equal(pc.binary_length(array), digits), False).to_numpy(zero_copy_only=False)
    keys = np.zeros(len(array), np.uint64)
    if not good.any():
        return keys
    kept = array if good.all() else array.filter(pa.array(good))
    offsets = np.frombuffer(kept.buffers()[1], np.int32)[kept.offset : kept.offset + len(kept) + 1]
    text = np.frombuffer(kept.buffers()[2], np.uint8)[offsets[0] : offsets[-1]].reshape(len(kept), digits)
    nibbles = _NIBBLE[text]
    packed = (nibbles[:, 0::2] << 4 | nibbles[:, 1::2]).astype(np.uint8)
    words = np.ascontiguousarray(packed).view(">u8").astype(np.uint64)
    keys[good] = words[:, 0] if digits == 16 else words[:, 0] ^ (words[:, 1] * np.uint64(0x9E3779B97F4A7C15))
    return keys


_NIBBLE = np.zeros(256, np.uint8)
for _value, _digit in enumerate(b"0123456789abcdef"):
    _NIBBLE[_digit] = _value
