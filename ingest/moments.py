"""Times that clients wrote as text, against the start of their span."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa

from ingest.arrow import Array, array, nulls
from ingest.arrow import compute as pc

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def since(started_ns: Array, moments: Array) -> Array:
    """Return the milliseconds from the start to the moment (ISO 8601; UTC where it names no zone).

    NULL where either is missing or unreadable, or the moment lies before the start.
    """
    rows = len(moments)
    if moments.null_count == rows:
        return nulls(rows, pa.float64())
    encoded = moments.dictionary_encode()
    known = array([_nanoseconds(text) for text in encoded.dictionary.to_pylist()], pa.int64())
    took = pc.subtract(known.take(encoded.indices), started_ns).to_numpy(zero_copy_only=False) / 1e6
    with np.errstate(invalid="ignore"):
        return array(took, mask=~(took >= 0))


def _nanoseconds(text: str) -> int | None:
    try:
        moment = datetime.fromisoformat(text.strip().strip('"'))
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        since_epoch = moment - _EPOCH
    except (ValueError, OverflowError):
        return None
    return since_epoch // timedelta(microseconds=1) * 1000
