"""Whether a tool call failed, by what clients say beside the span's status."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa

from ingest.arrow import Array, array
from ingest.arrow import compute as pc
from ingest.columns import Part
from spotlight.dialects import effective_failed_results

_OUTCOMES: Final = {
    **dict.fromkeys(("success", "ok", "succeeded", "completed", "true"), False),
    **dict.fromkeys(("error", "failure", "failed", "false"), True),
}
_NOTHING: Final = pa.scalar(None, pa.bool_())


class Claims(NamedTuple):
    """What clients say of each span beside its status: a word for its outcome, and whether it failed."""

    words: Array
    errors: Array


def failed_tools(parts: Sequence[Part], kinds: Array, claims: Claims, results: Array) -> Array:
    """Return true or false for tool calls whose outcome is known, else NULL.

    `results` are what the tools answered: a result that the dialect knows for a failure is one, even
    where the client took it for a success.
    """
    is_tool = pc.equal(kinds, "tool")
    errors = pc.invert(_by_word(claims.errors))  # "true" says that it failed
    said = pc.if_else(is_tool, pc.coalesce(_by_word(claims.words), errors), _NOTHING)
    for part in parts:
        patterns = effective_failed_results(part.dialect)
        if not patterns:
            continue
        asked = pc.and_(is_tool, pc.is_valid(results))
        if part.rows is not None:
            asked = pc.and_(asked, array(part.rows))
        at = np.flatnonzero(asked.to_numpy(zero_copy_only=False))
        if not len(at):
            continue
        pattern = "|".join(f"(?:{one})" for one in patterns)
        hit = pc.match_substring_regex(results.take(array(at)), pattern).to_numpy(zero_copy_only=False)
        failed = np.zeros(len(said), bool)
        failed[at[hit]] = True
        said = pc.if_else(array(failed), True, said)
    return said


def _by_word(words: Array) -> Array:
    encoded = words.dictionary_encode()
    failed = [_OUTCOMES.get((word or "").strip().lower()) for word in encoded.dictionary.to_pylist()]
    return array(failed, pa.bool_()).take(encoded.indices)
