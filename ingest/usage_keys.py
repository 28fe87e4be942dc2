"""Which attribute gave each number of a span's usage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import orjson
import pyarrow as pa

from ingest.arrow import Array, array, nulls
from ingest.columns import Resolver, Winners, source_name

# Columns of `spans` whose source is kept.
USAGE_COLUMNS: Final = (
    "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "cache_write_1h_tokens",
    "reasoning_tokens", "audio_input_tokens", "audio_output_tokens", "cost_reported_usd",
)  # fmt: skip
# Above this, one more column's sources could leave 64 bits.
_MOST_PACKED: Final = 2**40


def usage_keys(resolver: Resolver, winners: Mapping[str, Winners | None]) -> Array:
    """Return per row a JSON object {column: attribute key} of what filled these columns; NULL for none.

    Few combinations of keys occur in a batch: each text is made once.
    """
    rows = resolver.attributes.rows
    present = {name: won for name, won in winners.items() if won is not None}
    if not present:
        return nulls(rows, pa.string())
    packed = np.zeros(rows, np.int64)
    for won in present.values():
        packed = packed * (len(won.sources) + 1) + won.source + 1
        if packed.max(initial=0) > _MOST_PACKED:  # many vocabularies in one batch: number them anew
            packed = np.unique(packed, return_inverse=True)[1].astype(np.int64)
    _, first, place = np.unique(packed, return_index=True, return_inverse=True)
    texts = [_text(int(row), present) for row in first]
    return array(texts, pa.string()).take(array(place))


def _text(row: int, winners: Mapping[str, Winners]) -> str | None:
    said = {
        name: source_name(won.sources[won.source[row]])
        for name, won in winners.items()
        if won.source[row] >= 0
    }
    return orjson.dumps(said).decode() if said else None
