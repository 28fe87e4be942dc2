"""What the reported tokens of a span mean: does input contain the cache, does output contain reasoning?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ingest.anyvalue import Flags
from ingest.arrow import Array, array
from ingest.arrow import compute as pc
from ingest.columns import Part, Resolver, Winners
from spotlight.dialects import output_excludes_reasoning, usage_basis, usage_rules
from spotlight.dialects.table import JsonPath, UsageRule

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
_CODES: Final = {None: 0, INCLUSIVE: 1, EXCLUSIVE: 2}
# Beyond this a count is no count, and sums of a few would leave int64.
_LARGEST: Final = 2**60


class Meaning(NamedTuple):
    """Per span: what its numbers mean, and what is doubtful about it."""

    basis: Array  # "inclusive", "exclusive" or NULL (no usage)
    output_tokens: Array  # reasoning included
    is_assumed: Flags
    is_conflict: Flags


class _Numbers(NamedTuple):
    """Reported counts, 0 where not reported; and what is reported."""

    input: npt.NDArray[np.int64]
    output: npt.NDArray[np.int64]
    cache: npt.NDArray[np.int64]
    reasoning: npt.NDArray[np.int64]
    total: npt.NDArray[np.int64]
    has_input: Flags
    has_output: Flags
    has_total: Flags
    has_any: Flags


class _Declared(NamedTuple):
    """Per span what its dialect says: a code of _CODES, and whether output is without reasoning."""

    basis: npt.NDArray[np.int8]
    reasoning_beside: Flags


class _Basis(NamedTuple):
    is_exclusive: Flags
    is_assumed: Flags
    is_conflict: Flags


def read_meaning(
    resolver: Resolver, winners: Mapping[str, Winners | None], columns: Mapping[str, Array], totals: Array
) -> Meaning:
    """Return what the usage of every span means; output that was reported without reasoning gets it added.

    `winners` say which attribute gave each count. Where output was changed, the number as it was
    sent stays in the row's attributes.

    Source: dialect reference, section "Does input include cache?".
    """
    numbers = _numbers_of(columns, totals)
    declared = _declared(resolver, winners, columns["provider"])
    basis = _decide_basis(numbers, declared.basis, _has_ruled_key(resolver, winners))
    names = array([INCLUSIVE, EXCLUSIVE]).take(array(basis.is_exclusive.astype(np.int8)))
    return Meaning(
        pc.if_else(array(numbers.has_any), names, pa.scalar(None, pa.string())),
        _with_reasoning(resolver, winners.get("output_tokens"), columns, numbers, declared, basis),
        basis.is_assumed,
        basis.is_conflict,
    )


def _decide_basis(numbers: _Numbers, declared: npt.NDArray[np.int8], ruled: Flags) -> _Basis:
    """Return the basis of every report.

    What the dialect declares decides, unless the figures cannot be (more cache than input: then
    the parts are summed and the span is flagged). Otherwise: no cache, inclusive; else the
    reported total tells; else more cache than input is exclusive; else keys that came with the
    rule are inclusive; else inclusive is assumed.
    """
    given, output, cache, total = numbers.input, numbers.output, numbers.cache, numbers.total
    impossible = numbers.has_input & (cache > given)
    is_open = numbers.has_any & (declared == 0) & (cache > 0)
    fits_inclusive = is_open & numbers.has_total & (given + output == total)
    fits_exclusive = is_open & ~fits_inclusive & numbers.has_total & (given + cache + output == total)
    is_open &= ~(fits_inclusive | fits_exclusive)
    conflict = numbers.has_any & (declared == _CODES[INCLUSIVE]) & impossible
    exclusive = (declared == _CODES[EXCLUSIVE]) | fits_exclusive | (is_open & impossible) | conflict
    return _Basis(exclusive, is_open & ~impossible & ~ruled, conflict)


def _with_reasoning(
    resolver: Resolver,
    winners: Winners | None,
    columns: Mapping[str, Array],
    numbers: _Numbers,
    declared: _Declared,
    basis: _Basis,
) -> Array:
    """Return the output tokens, reasoning added where it was reported beside them.

    More reasoning than output shows it, and so does a total of all three; a total of input and
    output shows the contrary, whatever the dialect says.
    """
    column = columns["output_tokens"]
    asked = numbers.has_output & (numbers.reasoning > 0)
    if winners is None or not asked.any():
        return column
    whole_input = numbers.input + np.where(basis.is_exclusive, numbers.cache, 0)
    over = numbers.total - whole_input - numbers.output
    has_sum = numbers.has_total & numbers.has_input
    beside = numbers.reasoning > numbers.output
    beside |= has_sum & (over == numbers.reasoning)
    beside |= declared.reasoning_beside & ~(has_sum & (over == 0))
    beside &= asked & (numbers.output >= 0) & (np.maximum(numbers.output, numbers.reasoning) < _LARGEST)
    if not beside.any():
        return column
    # A member of an attribute was never taken out of it.
    whole = np.array([not isinstance(source, JsonPath) for source in winners.sources], bool)
    resolver.attributes.give_back(winners.position[beside][whole[winners.source[beside]]])
    return array(
        np.where(beside, numbers.output + numbers.reasoning, numbers.output), mask=~numbers.has_output
    )


def _numbers_of(columns: Mapping[str, Array], totals: Array) -> _Numbers:
    given, output, read, write, reasoning = (_filled(columns[name]) for name in USAGE)
    return _Numbers(
        input=given,
        output=output,
        cache=read + write,
        reasoning=reasoning,
        total=_filled(totals),
        has_input=_valid(columns["input_tokens"]),
        has_output=_valid(columns["output_tokens"]),
        has_total=_valid(totals),
        has_any=np.logical_or.reduce([_valid(columns[name]) for name in USAGE]),
    )


def _filled(column: Array) -> npt.NDArray[np.int64]:
    numbers: npt.NDArray[np.int64] = pc.fill_null(column, 0).to_numpy(zero_copy_only=False)
    return numbers


def _valid(column: Array) -> Flags:
    valid: Flags = column.is_valid().to_numpy(zero_copy_only=False)
    return valid


def _has_ruled_key(resolver: Resolver, winners: Mapping[str, Winners | None]) -> Flags:
    ruled = np.zeros(resolver.attributes.rows, bool)
    for name in ("cache_read_tokens", "cache_write_tokens"):
        ruled |= _is_from(winners.get(name), resolver, _RULED_KEYS)
    return ruled


def _is_from(winners: Winners | None, resolver: Resolver, keys: tuple[str, ...]) -> Flags:
    """Return which rows' field one of these keys gave."""
    if winners is None:
        return np.zeros(resolver.attributes.rows, bool)
    hit: Flags = pc.fill_null(pc.is_in(resolver.names(winners), array(keys)), False).to_numpy(
        zero_copy_only=False
    )
    return hit


def _declared(resolver: Resolver, winners: Mapping[str, Winners | None], providers: Array) -> _Declared:
    rows = resolver.attributes.rows
    declared = _Declared(np.zeros(rows, np.int8), np.zeros(rows, bool))
    for part in resolver.parts:
        inside = slice(None) if part.rows is None else part.rows
        declared.basis[inside] = _CODES[usage_basis(part.dialect)]
        declared.reasoning_beside[inside] = output_excludes_reasoning(part.dialect)
        for rule in reversed(usage_rules(part.dialect)):  # weakest first: a stronger one overwrites
            hit = _fits(rule, part, resolver, winners, providers)
            if rule.basis is not None:
                declared.basis[hit] = _CODES[rule.basis]
            if rule.output_excludes_reasoning is not None:
                declared.reasoning_beside[hit] = rule.output_excludes_reasoning
    return declared


def _fits(
    rule: UsageRule,
    part: Part,
    resolver: Resolver,
    winners: Mapping[str, Winners | None],
    providers: Array,
) -> Flags:
    """Return the rows of the part for which all that the rule names holds."""
    hit = np.ones(resolver.attributes.rows, bool) if part.rows is None else part.rows.copy()
    for key in rule.having:
        hit &= _carries(resolver, key)
    for key in rule.lacking:
        hit &= ~_carries(resolver, key)
    for key in rule.read_from:
        hit &= np.logical_or.reduce([_is_from(winners.get(name), resolver, (key,)) for name in USAGE])
    if rule.providers and hit.any():
        encoded = providers.dictionary_encode()
        known = [
            any(word in name.lower() for word in rule.providers) for name in encoded.dictionary.to_pylist()
        ]
        hit &= pc.fill_null(array(known, pa.bool_()).take(encoded.indices), False).to_numpy(
            zero_copy_only=False
        )
    return hit


def _carries(resolver: Resolver, key: str) -> Flags:
    """Return which rows have this attribute, or one below it where the name ends in a dot."""
    attributes = resolver.attributes
    carries = np.zeros(attributes.rows, bool)
    if not key.endswith("."):
        carries[attributes.find_filled(key).rows] = True
        return carries
    for code in attributes.codes_where(lambda name: name.startswith(key)):
        carries[attributes.find_code(code).rows] = True
    return carries
