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


def usage_keys(resolver: Resolver, winners: Mapping[str, Winners | None]) -> Array:
    """Return per row a JSON object {column: attribute key} of what filled these columns; NULL for none.

    Few combinations of keys occur in a batch: each text is made once.
    """
    rows = resolver.attributes.rows
    present = {name: won for name, won in winners.items() if won is not None}
    if not present:
        return nulls(rows, pa.string())
    packed = np.zeros(rows, np.int64)
    width = 1
    for won in present.values():
        packed += (won.source.astype(np.int64) + 1) * width
        width *= len(won.sources) + 1
    combinations, place = np.unique(packed, return_inverse=True)
    texts = [_text(int(code), present) for code in combinations]
    return array(texts, pa.string()).take(array(place))


def _text(code: int, winners: Mapping[str, Winners]) -> str | None:
    said = {}
    for name, won in winners.items():
        code, which = divmod(code, len(won.sources) + 1)
        if which:
            said[name] = source_name(won.sources[which - 1])
    return orjson.dumps(said).decode() if said else None
