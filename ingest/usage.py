"""Whether a span's input tokens contain its cache tokens: the stored `usage_basis`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ingest.anyvalue import Flags
from ingest.arrow import Array, array
from ingest.arrow import compute as pc
from ingest.columns import Part
from spotlight.dialects import usage_basis

USAGE: Final = (
    "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens",
)  # fmt: skip
INCLUSIVE: Final = "inclusive"
EXCLUSIVE: Final = "exclusive"
# Spellings of OTel 1.40 and later, which made "input includes cache" a rule.
_RULED_KEYS: Final = (
    "gen_ai.usage.cache_read.input_tokens",
    "gen_ai.usage.cache_write.input_tokens",
    "gen_ai.usage.cache_creation.input_tokens",
)


class Basis(NamedTuple):
    """Per span: "inclusive", "exclusive" or NULL (no usage), and what is doubtful about it."""

    column: Array
    is_assumed: Flags
    is_conflict: Flags


def decide_basis(
    parts: Sequence[Part], usage: Mapping[str, Array], totals: Array, cache_keys: Sequence[Array]
) -> Basis:
    """Return the basis of every span that reports usage.

    `cache_keys` are the attribute keys that gave the cache counts. A dialect that knows its
    basis decides, unless its figures cannot be (more cache than input: then the parts are
    summed and the span is flagged). Otherwise: no cache, inclusive; else the reported total
    tells; else more cache than input is exclusive; else keys that came with the rule are
    inclusive; else inclusive is assumed.

    Source: dialect reference, section "Does input include cache?".
    """
    rows = len(totals)
    given, output, read, write, total = (
        _numbers(column) for column in (*(usage[name] for name in USAGE[:4]), totals)
    )
    has_usage = np.zeros(rows, bool)
    for name in USAGE:
        has_usage |= usage[name].is_valid().to_numpy(zero_copy_only=False)
    has_input = usage["input_tokens"].is_valid().to_numpy(zero_copy_only=False)
    has_total = totals.is_valid().to_numpy(zero_copy_only=False)
    cache = read + write
    impossible = has_input & (cache > given)
    declared = _declared(parts, rows)
    ruled = np.zeros(rows, bool)
    for keys in cache_keys:
        ruled |= pc.fill_null(pc.is_in(keys, array(_RULED_KEYS)), False).to_numpy(zero_copy_only=False)
    is_open = has_usage & (declared == 0) & (cache > 0)
    fits_inclusive = is_open & has_total & (given + output == total)
    fits_exclusive = is_open & ~fits_inclusive & has_total & (given + cache + output == total)
    is_open &= ~(fits_inclusive | fits_exclusive)
    exclusive = (declared == 2) | fits_exclusive | (is_open & impossible)
    conflict = has_usage & (declared == 1) & impossible
    exclusive |= conflict
    column = array(np.where(exclusive, EXCLUSIVE, INCLUSIVE).astype(object), pa.string())
    return Basis(
        pc.if_else(array(has_usage), column, pa.scalar(None, pa.string())),
        is_open & ~impossible & ~ruled,
        conflict,
    )


def _numbers(column: Array) -> npt.NDArray[np.int64]:
    numbers: npt.NDArray[np.int64] = pc.fill_null(column, 0).to_numpy(zero_copy_only=False)
    return numbers


def _declared(parts: Sequence[Part], rows: int) -> npt.NDArray[np.int8]:
    """Return 1 for rows of a dialect that is inclusive, 2 exclusive, 0 where it does not say."""
    declared = np.zeros(rows, np.int8)
    for part in parts:
        basis = usage_basis(part.dialect)
        if basis is not None:
            declared[slice(None) if part.rows is None else part.rows] = 1 if basis == INCLUSIVE else 2
    return declared
