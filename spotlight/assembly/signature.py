"""What many failures have in common: an error's text without what differs from one to the next."""

from __future__ import annotations

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

_LONGEST: Final = 200
# In order: addresses before paths, ids before the numbers within them. RE2 syntax.
_VARYING: Final = (
    (r"[a-zA-Z][a-zA-Z0-9+.-]*://\S+", "<url>"),
    (r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}", "<id>"),
    (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?", "<time>"),
    (r"'[^'\n]{0,500}'|\"[^\"\n]{0,500}\"|`[^`\n]{0,500}`", "<text>"),
    (r"(^|[\s(=:,\[])(~|\.{1,2})?/[^\s:,)\]]+", "${1}<path>"),
    (r"\b(0x)?[0-9a-fA-F]*[0-9][0-9a-fA-F]{7,}\b", "<id>"),
    (r"\b[A-Za-z]+[_-][A-Za-z0-9]*[0-9][A-Za-z0-9_-]{5,}\b", "<id>"),
    (r"\d+([.,]\d+)*", "<n>"),
    (r"\s+", " "),
)


def error_signatures(kind: pa.ChunkedArray, message: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return one text per failure that failures of the same sort share; NULL where nothing is said.

    `kind` is the type of the error, `message` its text. Addresses, ids, times, quoted text, paths
    and numbers give way to a word for what they are; the first 200 characters count.
    """
    failures = pc.or_(pc.is_valid(kind), pc.is_valid(message))
    if not pc.all(failures, min_count=0).as_py():  # most runs end well
        place = pc.if_else(failures, pc.subtract(pc.cumulative_sum(failures.cast(pa.int64())), 1), None)
        return error_signatures(kind.filter(failures), message.filter(failures)).take(place)
    text = pc.utf8_slice_codeunits(message, 0, 4 * _LONGEST)
    for pattern, word in _VARYING:
        text = pc.replace_substring_regex(text, pattern=pattern, replacement=word.replace("${1}", r"\1"))
    text = pc.utf8_trim_whitespace(pc.utf8_slice_codeunits(text, 0, _LONGEST))
    text = pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)
    both = pc.binary_join_element_wise(kind, text, ": ")
    return pc.coalesce(both, text, kind)
