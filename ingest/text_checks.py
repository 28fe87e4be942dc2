"""Texts that did not arrive whole: cut by the client, or JSON that does not parse.

A text counts as cut where it ends with a client's mark, where it begins like JSON and stops in the
middle, or where the client's limit shows: several different texts of one round length, none longer.
"""

from __future__ import annotations

import json
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa

from ingest import anyvalue
from ingest.anyvalue import Flags, Positions, Values
from ingest.arrow import Array, array
from ingest.arrow import compute as pc
from ingest.attributes import Attributes

# Shorter texts are ids and names: cutting them is not what limits are for.
_SHORTEST: Final = 32
# A mark ends the text, or the JSON strings that hold it: gemini-cli `...[TRUNCATED: ...`, `[truncated]`, ...
_TAIL: Final = 56
_SHORTEST_MARKED: Final = 512
_MARK: Final = r"(?i)(\.\.\.|…|\[|\(|<)\s*(output |content |text )?truncated"
_MARK_WORDS: Final = (b"runcated", b"RUNCATED")
_MAY_END_A_MARK: Final = np.isin(np.arange(256), np.frombuffer(b"])>}Dd\xa6", np.uint8))  # 0xa6 ends "…"
_CLOSER: Final = np.zeros(256, np.uint8)
_CLOSER[[ord("{"), ord("[")]] = [ord("}"), ord("]")]
_BEGINS_JSON: Final = r'^(\{\s*["}]|\[\s*[\[{"\]])'
# Bytes of JSON parsed in one batch to find broken writers: 0.1 ms each 64 KiB.
_PARSED_BYTES: Final = 256 << 10
_BYTES_A_CHARACTER: Final = 4
_PROBED: Final = 16
_MOST_ROUND: Final = 1 << 20
_IS_ROUND: Final = np.zeros(_MOST_ROUND + 2, bool)
for _power in (2, 3, 4, 5):
    _IS_ROUND[[digits * 10**_power // 2 for digits in range(2, 21) if digits % 2 == 0 or digits < 10]] = True
_IS_ROUND[[1 << power for power in range(7, 21)]] = True
_IS_ROUND[[size * kilo for size in (1000, 1024) for kilo in range(1, 65)]] = True


class Checked(NamedTuple):
    """Positions of attributes whose text was cut, and of those that are bad JSON; ascending."""

    truncated: Positions
    bad_json: Positions


def check_texts(attributes: Attributes, group_of_row: npt.NDArray[np.int64]) -> Checked:
    """Return which attribute values did not arrive whole.

    `group_of_row` numbers the sources: a limit is one client's. JSON that is cut is always found; JSON
    that is broken inside, where the first text of its key is.
    """
    values = attributes.values
    at = np.flatnonzero((values.tags == anyvalue.STRING) & (values.lengths > _SHORTEST + 1))
    if not len(at):
        return Checked(at, at)
    closer = _CLOSER[values.first_bytes(at)]
    ends = values.last_bytes(at)
    unfinished = _unfinished(values, at[(closer != 0) & (closer != ends)])
    broken = _broken_inside(attributes, at, closer == ends)
    limit = _at_limit(values, at, group_of_row[attributes.row_of[at]])
    return Checked(_united(unfinished, _marked(values, at, ends), limit), _united(unfinished, broken))


def _unfinished(values: Values, at: Positions) -> Positions:
    """Return which of these texts begin like JSON and stop before its end; text may stand behind an end."""
    if not len(at):
        return at
    at = _where(at, pc.match_substring_regex(values.contents(at), _BEGINS_JSON))
    read = at[np.cumsum(values.ends[at] - values.begins[at], dtype=np.int64) <= _PARSED_BYTES]
    has_end = [_ends(text) for text in values.contents(read).to_pylist()]
    return np.setdiff1d(at, read[np.array(has_end, bool)])


def _broken_inside(attributes: Attributes, at: Positions, ends_well: Flags) -> Positions:
    """Return JSON that does not parse although it ends: of keys whose first text in the batch is such."""
    codes, whole = attributes.codes, at[ends_well]
    is_whole = np.zeros(len(codes), bool)
    is_whole[whole] = True
    firsts = attributes.first_positions()
    broken = _broken(attributes.values, firsts[is_whole[firsts]])
    if not len(broken):
        return broken
    return _broken(attributes.values, whole[np.isin(codes[whole], codes[broken])])


def _broken(values: Values, at: Positions) -> Positions:
    """Return which of these texts begin like JSON and do not parse; those beyond the budget are not read."""
    sizes = values.ends[at] - values.begins[at]
    read = at[np.cumsum(sizes, dtype=np.int64) <= _PARSED_BYTES]
    if not len(read):
        return read
    texts = values.contents(read)
    begins = pc.match_substring_regex(texts, _BEGINS_JSON).to_pylist()
    bad = [begin and not _parses(text) for begin, text in zip(begins, texts.to_pylist(), strict=True)]
    return _where(read, array(bad, pa.bool_()))


def _ends(text: bytes) -> bool:
    """Return whether JSON comes to its end; what is nested too deep to be read counts as if it did."""
    try:
        json.JSONDecoder().raw_decode(text.decode("utf-8", "replace"))
    except ValueError:
        return False
    except RecursionError:
        return True
    return True


def _parses(text: bytes) -> bool:
    try:
        orjson.loads(text)
    except ValueError:
        return False
    return True


def _marked(values: Values, at: Positions, ends: npt.NDArray[np.uint8]) -> Positions:
    """Return which of these texts end with a client's mark of having cut them."""
    candidates: Positions = at[_MAY_END_A_MARK[ends] & (values.lengths[at] > _SHORTEST_MARKED)]
    plain = values.last_bytes(candidates) == ord("d")
    plain &= values.last_bytes(candidates, 2) != ord("e")
    candidates = candidates[~plain]
    if not len(candidates):
        return candidates
    tails = values.tails(candidates, _TAIL)
    together = tails.buffers()[2].to_pybytes()
    if not any(word in together for word in _MARK_WORDS):  # 30 times as fast as the expression
        return candidates[:0]
    return _where(candidates, pc.match_substring_regex(tails, _MARK))


def _at_limit(values: Values, at: Positions, groups: npt.NDArray[np.int64]) -> Positions:
    """Return the texts that a client cut to its limit: different ones of one round length, none longer."""
    sizes = values.ends[at] - values.begins[at]
    is_round = _IS_ROUND[np.minimum(sizes, _MOST_ROUND + 1)]
    limit_of = np.zeros(int(groups.max()) + 1, np.int32)
    np.maximum.at(limit_of, groups[is_round], sizes[is_round])
    # The limit counts characters: a text of many more bytes says that there is none.
    limit_of[groups[sizes > _BYTES_A_CHARACTER * limit_of[groups]]] = 0
    found = [at[:0]]
    for group in np.flatnonzero(limit_of).tolist():
        limit = int(limit_of[group])
        own = groups == group
        longest = at[[np.argmax(sizes * own)]]
        if pc.utf8_length(values.strings(longest))[0].as_py() > limit:
            continue
        longer = at[own & (sizes > limit)]
        # Mostly the longest few already say that there is no limit; measuring all takes a fifth of the pivot.
        few = longer[np.argsort(values.lengths[longer], kind="stable")[-_PROBED:]]
        if len(few) and pc.utf8_length(values.strings(few)).to_numpy().max() > limit:
            continue
        lengths = pc.utf8_length(values.strings(longer)).to_numpy()
        if len(longer) and lengths.max() > limit:
            continue
        cut = np.sort(np.concatenate([at[own & (sizes == limit)], longer[lengths == limit]]))
        if len(set(values.tails(cut, _SHORTEST).to_pylist())) > 1:
            found.append(cut)
    return _united(*found)


def _united(*found: Positions) -> Positions:
    some = [positions for positions in found if len(positions)]
    united: Positions = np.unique(np.concatenate(some)) if some else found[0][:0]
    return united


def _where(at: Positions, holds: Array) -> Positions:
    picked: Positions = at[holds.to_numpy(zero_copy_only=False)]
    return picked
