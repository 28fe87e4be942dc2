"""What the content of spans and log records holds for a replay, told from its texts almost unread.

Most rows are settled by which columns they fill and by the first and last byte of their texts; only where
that leaves it open is a text searched. To search every text took a fifth of the time of ingest.
The words are those of `spotlight.messages.completeness`, which reads the same from a conversation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ingest.anyvalue import Flags
from ingest.arrow import Array, array, nulls
from ingest.arrow import compute as pc
from ingest.attributes import Attributes
from spotlight.messages.completeness import SILENT_ON_PARAMS, Held, names

Bits = npt.NDArray[np.int64]
# Model calls; agents above them, which tell of tools; and wrappers, which tell what one call inside was sent.
_KINDS: Final = ("llm", "agent", "step", "workflow", "other")
_IN: Final = ("input_messages", "input_value")
_TEXTS: Final = (*_IN, "output_messages", "system_instructions", "tool_definitions")
_MESSAGE_KEYS: Final = (
    "gen_ai.input.messages", "gen_ai.prompt", "ai.prompt", "ai.prompt.messages", "pydantic_ai.all_messages",
    "events", "all_messages_events", "input.value",
)  # fmt: skip
_TOOL_KEYS: Final = ("gen_ai.tool.definitions", "ai.prompt.tools", "mlflow.chat.tools")
_MESSAGE_EVENT: Final = (
    r'"gen_ai\.(?:user|system|assistant|tool)\.message"|"gen_ai\.content\.prompt"|"gen_ai\.input\.messages"'
)
_TOOL_LIST: Final = r'"(?:tools|functions)":\s*\[\s*\{|\\"tools\\":\s*\[\s*\{|"ai\.prompt\.tools":\s*\['
_TOOL_EVENT: Final = r'"gen_ai\.tool\.definitions":'
_MODEL: Final = r'[{,]\s*"model":\s*"'
_MESSAGE_LIST: Final = r'[{,]\s*"(?:messages|input|contents|prompt)":\s*(?:\[\s*\{|"[^"])'
_CALL: Final = r'tool_call|tool_use|function_call|functionCall|toolCall|tool-call|"role":\s*"tool"'
_CHAINS: Final = (b"previous_response_id", b"conversation", b"cachedContent", b"cached_content")
_CHAIN: Final = rf'[{{,]\s*"(?:gen_ai\.request\.)?(?:{b"|".join(_CHAINS).decode()})":\s*["{{]'
_THOUGHT: Final = r'type":\s*"(?:thinking|reasoning)"'
_SIGNER: Final = r"(?i)anthropic|claude|bedrock|aws"
_TRUNCATED: Final = r"(?i)\.{3}\s?\[TRUNCATED"
_REDACTED: Final = r'(?:^|")\s*(?:[<\[]REDACTED[>\]]|__REDACTED__|\[Scrubbed due to [^"]{0,80}\])\s*(?:$|")'
_EMPTY: Final = ("", "[]", "{}", "null")
_LONGEST_EMPTY: Final = 4
# A client that redacts does so from the first message on, one that cuts marks the end of the text.
_LOOK: Final = 160
_MARKS: Final = (
    (Held.REDACTED, (0, _LOOK), (b"REDACTED", b"Scrubbed"), _REDACTED),
    (Held.CUT, (-64, None), (b"TRUNCATED", b"runcated"), _TRUNCATED),
)
_OPEN_LIST, _OPEN_OBJECT = ord("["), ord("{")


def held_by_spans(columns: Mapping[str, Array], attributes: Attributes) -> Array:
    """Return what the content of each span holds, as words; NULL for spans no model call is told by."""
    rows = len(columns["kind"])
    spoken = pc.is_in(columns["kind"], value_set=array(_KINDS)).to_numpy(zero_copy_only=False)
    told = np.logical_or.reduce([_valid(columns[name]) for name in (*_TEXTS, "output_value")])
    is_llm = pc.equal(columns["kind"], "llm").to_numpy(zero_copy_only=False)
    chosen = (spoken & told) | is_llm
    if not chosen.any():
        return nulls(rows, pa.string())
    found = _Bits(columns, attributes, chosen, is_llm).found()
    at = np.flatnonzero(chosen)
    return _words(found[at], at, rows)


def held_by_logs(columns: Mapping[str, Array]) -> Array:
    """Return what each log record tells of the messages of a model call, as words; NULL for nothing."""
    rows = len(columns["event_name"])
    starts = pc.fill_null(pc.starts_with(columns["event_name"], "gen_ai."), False)
    chosen = np.flatnonzero(starts.to_numpy(zero_copy_only=False))
    if not len(chosen):
        return nulls(rows, pa.string())
    names_, bodies, attributes = (
        columns[name].take(array(chosen)) for name in ("event_name", "body", "attributes")
    )
    found = np.zeros(len(chosen), np.int64)
    spoken = _matches(names_, r"^gen_ai\.(?:user|system|assistant|tool)\.message$")
    for text in (bodies, attributes):
        spoken |= _matches(text, r'"gen_ai\.input\.messages":|"gen_ai\.prompt":')
        found |= np.where(_matches(text, _TOOL_EVENT), int(Held.TOOLS), 0)
        found |= np.where(_matches(text, _CALL), int(Held.CALLS), 0)
    return _words(found | np.where(spoken, int(Held.MESSAGES), 0), chosen, rows)


class _Text(NamedTuple):
    """The first and last byte of every text of a column, and its length; 0 for none."""

    first: npt.NDArray[np.uint8]
    last: npt.NDArray[np.uint8]
    length: npt.NDArray[np.int64]


def _ends_of(column: Array) -> _Text:
    rows = len(column)
    _, offsets, data = column.buffers()
    edges = np.frombuffer(offsets, np.int32, rows + 1, column.offset * 4) if rows else np.zeros(1, np.int32)
    length = np.where(_valid(column), np.diff(edges), 0).astype(np.int64)
    held = np.flatnonzero(length)
    first, last = np.zeros(rows, np.uint8), np.zeros(rows, np.uint8)
    if len(held):
        text = np.frombuffer(data, np.uint8)
        first[held], last[held] = text[edges[held]], text[edges[held + 1] - 1]
    return _Text(first, last, length)


class _Bits:
    """The flags of the rows of a batch while they are found."""

    def __init__(
        self, columns: Mapping[str, Array], attributes: Attributes, chosen: Flags, is_llm: Flags
    ) -> None:
        self._columns = columns
        self._attributes = attributes
        self._chosen = chosen
        self._is_llm = is_llm
        self._ends = {name: _ends_of(columns[name]) for name in _TEXTS}
        self._found = np.zeros(len(chosen), np.int64)

    def found(self) -> Bits:
        """Return the flags of all rows; those of rows that were not chosen mean nothing."""
        self._add_messages()
        self._add_body()
        self._add_tools()
        self._add_params()
        self._add_calls()
        self._add_flaws()
        return self._found

    def _lacks(self, flag: Held) -> Flags:
        lacking: Flags = (self._found & int(flag)) == 0
        return lacking

    def _add(self, flag: Held, rows: Flags) -> None:
        self._found |= np.where(rows, int(flag), 0)

    def _search(self, name: str, pattern: str, among: Flags) -> Flags:
        """Return which of some rows have a text in a column that the pattern is found in."""
        return _search(self._columns[name], pattern, among)

    def _named(self, keys: Iterable[str]) -> Flags:
        """Return which rows have any of these attributes."""
        rows = np.zeros(len(self._chosen), bool)
        for key in keys:
            if key in self._attributes.code_of:
                rows[self._attributes.find(key).rows] = True
        return rows

    def _is_told(self, name: str) -> Flags:
        """Return which rows have a text in a column that says something."""
        length = self._ends[name].length
        told: Flags = self._chosen & (length > 0)
        short = np.flatnonzero(told & (length <= _LONGEST_EMPTY))
        if len(short):
            told[short] &= ~_is(self._columns[name].take(array(short)), _EMPTY)
        return told

    def _is_object(self, name: str) -> Flags:
        """Return which rows have an object in a column, of anything but flat keys."""
        ends = self._ends[name]
        is_object: Flags = self._chosen & (ends.first == _OPEN_OBJECT)
        return is_object & ~self._search(name, r'^\{"(?:llm|gen_ai)\.', is_object)

    def _add_messages(self) -> None:
        for name in _IN:
            self._add(Held.MESSAGES, self._is_told(name))
        open_ = self._is_llm & self._lacks(Held.MESSAGES)
        self._add(Held.MESSAGES, open_ & self._named(_MESSAGE_KEYS))
        self._add(Held.MESSAGES, self._search("events", _MESSAGE_EVENT, open_ & self._lacks(Held.MESSAGES)))

    def _add_body(self) -> None:
        for name in _IN:
            closed = self._ends[name].last == ord("}")
            rows = self._search(name, _MODEL, self._is_object(name) & closed & self._lacks(Held.BODY))
            self._add(Held.BODY, self._search(name, _MESSAGE_LIST, rows))

    def _add_tools(self) -> None:
        self._add(Held.TOOLS, self._is_told("tool_definitions"))
        self._add(Held.TOOLS, self._named(_TOOL_KEYS))
        if _has(self._columns["model_params"], b"tools"):
            rows = self._is_llm & self._lacks(Held.TOOLS)
            self._add(Held.TOOLS, self._search("model_params", _TOOL_LIST, rows))
        for name in (*_IN, "output_messages"):
            rows = self._is_llm & self._lacks(Held.TOOLS) & self._is_object(name)
            self._add(Held.TOOLS, self._search(name, _TOOL_LIST, rows))
        silent = self._is_llm & self._lacks(Held.TOOLS) & (self._ends["input_messages"].length == 0)
        self._add(Held.TOOLS, self._search("events", _TOOL_EVENT, silent))

    def _add_params(self) -> None:
        silent = _is(self._columns["dialect"], tuple(sorted(SILENT_ON_PARAMS)))
        self._add(Held.PARAMS, _valid(self._columns["model_params"]) | ~silent)

    def _add_calls(self) -> None:
        """Find calls in what was said, where neither tools nor a tool's own span tell of them."""
        open_ = self._is_llm & self._lacks(Held.TOOLS | Held.BODY)
        self._add(Held.CALLS, self._search("finish_reasons", r"(?i)tool|function", open_))
        traces = self._columns["trace_id"]
        ran = traces.filter(pc.equal(self._columns["kind"], "tool"))
        open_ &= ~pc.is_in(traces, value_set=ran).to_numpy(zero_copy_only=False)
        for name in ("output_messages", "output_value", *_IN, "events"):
            self._add(Held.CALLS, self._search(name, _CALL, open_ & self._lacks(Held.CALLS)))

    def _add_flaws(self) -> None:
        for name, ends in self._ends.items():
            opened = self._chosen & ((ends.first == _OPEN_LIST) | (ends.first == _OPEN_OBJECT))
            ended = (ends.last == ord("]")) | (ends.last == ord("}"))
            spaced = opened & (ends.last > 0) & (ends.last <= ord(" "))
            ended |= self._search(name, r"[\]}]\s*$", spaced)
            self._add(Held.CUT, opened & ~ended)
            self._add_marks(name)
        if _has(self._columns["model_params"], *_CHAINS):
            self._add(Held.CHAINED, self._search("model_params", _CHAIN, self._is_llm))
        for name in _IN:
            self._add(Held.CHAINED, self._search(name, _CHAIN, self._is_llm & self._is_object(name)))
        providers = pc.drop_null(pc.unique(self._columns["provider"]))
        signers = providers.filter(array(_matches(providers, _SIGNER)))
        signing = self._is_llm & _is(self._columns["provider"], signers)
        if signing.any() and self._thinks_first(signing):
            for name in _IN:
                thinks = self._search(name, _THOUGHT, signing)
                self._add(Held.UNSIGNED, thinks & ~self._search(name, "signature", thinks))

    def _thinks_first(self, rows: Flags) -> bool:
        """Return whether any of these answers begins with thoughts: they stand before all else."""
        column = self._columns["output_messages"].view(pa.binary())
        return bool(_search(pc.binary_slice(column, 0, _LOOK), _THOUGHT, rows).any())

    def _add_marks(self, name: str) -> None:
        if not self._ends[name].length.any():
            return
        column = self._columns[name].view(pa.binary())
        for flag, (begin, end), words, pattern in _MARKS:
            ends = pc.binary_slice(column, begin, end)
            text = ends.buffers()[2].to_pybytes()
            if any(word in text for word in words):
                self._add(flag, self._chosen & _matches(ends, pattern))


def _search(column: Array, pattern: str, among: Flags) -> Flags:
    result = np.zeros(len(among), bool)
    at = np.flatnonzero(among & _valid(column))
    if len(at):
        result[at] = _matches(column.take(array(at)), pattern)
    return result


def _words(found: Bits, chosen: npt.NDArray[np.int64], rows: int) -> Array:
    """Return the words of some rows among all; each distinct set of flags is written once."""
    kinds, codes = np.unique(found, return_inverse=True)
    texts = array([names(Held(flags)) for flags in kinds.tolist()], pa.string())
    place = np.full(rows, -1, np.int64)
    place[chosen] = codes
    return texts.take(array(place, mask=place < 0))


def _valid(column: Array) -> Flags:
    if not column.null_count:
        return np.ones(len(column), bool)
    valid: Flags = column.is_valid().to_numpy(zero_copy_only=False)
    return valid


def _has(column: Array, *words: bytes) -> bool:
    """Return whether some text of a column may hold one of some words."""
    data = column.buffers()[2]
    return data is not None and any(word in data.to_pybytes() for word in words)


def _is(column: Array, words: tuple[str, ...] | Array) -> Flags:
    values = array(words, pa.string()) if isinstance(words, tuple) else words
    found: Flags = pc.is_in(column, value_set=values).to_numpy(zero_copy_only=False)
    return found


def _matches(column: Array, pattern: str) -> Flags:
    found = pc.fill_null(pc.match_substring_regex(column, pattern), False)
    flags: Flags = found.to_numpy(zero_copy_only=False)
    return flags
