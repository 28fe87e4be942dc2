"""What kind of step each span is, and which sign said so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ingest.anyvalue import STRING, Flags
from ingest.arrow import Array, array
from ingest.arrow import compute as pc
from ingest.attributes import Attributes
from ingest.columns import Part, Resolver
from spotlight.dialects import effective_fields, effective_kinds, effective_names, effective_pseudo
from spotlight.dialects.table import ANY, InName, KindRule, Source
from spotlight.model import KINDS
from spotlight.semconv import SPOTLIGHT_KIND

INFERRED: Final = "inferred"
PSEUDO: Final = "pseudo"
_CODES: Final = {kind: code for code, kind in enumerate(KINDS)}
_OTHER: Final = _CODES["other"]
_UNDECIDED: Final = -1
_BY_NAME: Final = 1
_PSEUDO: Final = 2
_KIND_TEXTS: Final = array(KINDS, pa.string())


class Kinds(NamedTuple):
    """Per span: a code into model.KINDS, and the key that decided it (NULL where nothing did)."""

    codes: npt.NDArray[np.int8]
    source: Array

    def texts(self) -> Array:
        """Return the kinds as words."""
        return _KIND_TEXTS.take(array(self.codes))


def decide_kinds(attributes: Attributes, parts: Sequence[Part], names: Array) -> Kinds:
    """Return every span's kind: attribute rules first, then signs of use, then the span's name.

    A pseudo span is no step of any kind, unless the user himself says which it is.

    Source of the order: the kind table of the dialect reference, first hit wins.
    """
    codes = np.full(attributes.rows, _UNDECIDED, np.int8)
    sources = np.full(attributes.rows, _UNDECIDED, np.int16)
    source_names = [INFERRED, "name", PSEUDO]
    for part in parts:
        for rule in reversed(effective_kinds(part.dialect)):  # weakest first: a stronger one overwrites
            if rule.key in attributes.code_of:
                _apply(rule, attributes, part, codes, sources, len(source_names))
                source_names.append(rule.key)
    if (codes == _UNDECIDED).any():
        _infer(Resolver(attributes, parts), codes, sources)
    codes[codes == _UNDECIDED] = _OTHER
    for part in parts:
        _apply_names(part, names, codes, sources)
        if effective_pseudo(part.dialect):
            own = [code for code, key in enumerate(source_names) if key == SPOTLIGHT_KIND]
            hit = _is_pseudo(part, names) & ~np.isin(sources, own)
            codes[hit] = _OTHER
            sources[hit] = _PSEUDO
    texts = array(source_names, pa.string()).take(array(sources, mask=sources < 0))
    return Kinds(codes, texts)


def _apply(
    rule: KindRule,
    attributes: Attributes,
    part: Part,
    codes: npt.NDArray[np.int8],
    sources: npt.NDArray[np.int16],
    source: int,
) -> None:
    positions, rows = attributes.find_filled(rule.key)
    for key in rule.lacking:
        keep = ~np.isin(rows, attributes.find_filled(key).rows)
        positions, rows = positions[keep], rows[keep]
    if ANY in rule.kinds:
        hit = rows if part.rows is None else rows[part.rows[rows]]
        codes[hit] = _CODES[rule.kinds[ANY]]
        sources[hit] = source
    keep = attributes.values.tags[positions] == STRING
    if part.rows is not None:
        keep &= part.rows[rows]
    words = attributes.values.strings(positions[keep]).dictionary_encode()
    meanings = [rule.kinds.get(word.strip().strip('"').lower()) for word in words.dictionary.to_pylist()]
    found = np.array([_CODES.get(kind or "", _UNDECIDED) for kind in meanings], np.int8)
    if not len(found):
        return
    code_of = found[words.indices.to_numpy()]
    hit = rows[keep][code_of != _UNDECIDED]
    codes[hit] = code_of[code_of != _UNDECIDED]
    sources[hit] = source


def _infer(resolver: Resolver, codes: npt.NDArray[np.int8], sources: npt.NDArray[np.int16]) -> None:
    """Decide open rows by what they carry: a tool's name or call id; a model with tokens or messages."""
    is_open = codes == _UNDECIDED
    is_tool = is_open & _carries(resolver, ("tool_name", "tool_call_id"))
    used = _carries(resolver, ("input_tokens", "output_tokens", "input_messages", "output_messages"))
    is_llm = is_open & ~is_tool & used & _carries(resolver, ("request_model", "response_model"))
    codes[is_tool] = _CODES["tool"]
    codes[is_llm] = _CODES["llm"]
    sources[is_tool | is_llm] = 0


def _carries(resolver: Resolver, fields: Sequence[str]) -> Flags:
    """Return which rows have a source of one of these fields, whatever their kind."""
    tables: list[list[Source]] = []
    for part in resolver.parts:
        known = effective_fields(part.dialect)
        sources = [source for field in fields for source in known.get(field, ())]
        tables.append([s for s in sources if not getattr(s, "kinds", ()) and not isinstance(s, InName)])
    winners = resolver.resolve(tables)
    if winners is None:
        return np.zeros(resolver.attributes.rows, bool)
    return winners.source >= 0


def _apply_names(
    part: Part, names: Array, codes: npt.NDArray[np.int8], sources: npt.NDArray[np.int16]
) -> None:
    before = codes.copy()  # a weaker rule must not hide a span from a stronger one
    for rule in reversed(effective_names(part.dialect)):
        hit = np.isin(before, [_CODES[kind] for kind in rule.instead_of])
        if part.rows is not None:
            hit &= part.rows
        hit &= pc.starts_with(names, rule.beginning).to_numpy(zero_copy_only=False)
        codes[hit] = _CODES[rule.kind]
        sources[hit] = _BY_NAME


def _is_pseudo(part: Part, names: Array) -> Flags:
    """Return which rows of the part are called like one of its dialect's pseudo spans."""
    exact = {name for name in effective_pseudo(part.dialect) if not name.endswith("*")}
    beginnings = tuple(name[:-1] for name in effective_pseudo(part.dialect) if name.endswith("*"))
    encoded = names.dictionary_encode()
    known = [name in exact or name.startswith(beginnings) for name in encoded.dictionary.to_pylist()]
    hit: Flags = np.array(known, bool)[encoded.indices.to_numpy()]
    return hit if part.rows is None else hit & part.rows
