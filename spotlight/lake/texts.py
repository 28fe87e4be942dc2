"""What was said, ready to be searched: of every file of payloads, each distinct text once, folded.

A call repeats the whole history before it; here a message is kept once per file, with the first step of
every trace that carried it. The files are no tables: each is made from one file of payloads, lies beside it
under the same name, can be made again at any time, and goes when that one goes. Whoever first needs one
makes it: the writer while there is nothing to do, else the reader that searches.
"""

from __future__ import annotations

import json
import os
import re
import time
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from spotlight.messages import Message, Reasoning, Text, ToolCall, ToolCallResponse, part_json, read_messages
from spotlight.model import PAYLOADS

FOLDER: Final = "payload_texts"
# A subfolder: texts made otherwise than now are made again, and the old ones go.
EDITION: Final = "2"
# Parts of content, as a search names them.
PARTS: Final = ("system", "user", "assistant", "tool", "args", "result", "input", "output")
PLACE: Final = pa.struct(
    [
        pa.field("trace_id", pa.string()),
        pa.field("span_id", pa.string()),
        pa.field("part", pa.string()),
        pa.field("started_ns", pa.int64()),
        pa.field("journal_position", pa.int64()),
    ]
)
SCHEMA: Final = pa.schema([pa.field("text", pa.string()), pa.field("places", pa.list_(PLACE))])
ROW_GROUP: Final = 16_384
BATCH_ROWS: Final = 2_048  # of payloads read at once
FLUSH_CHARS: Final = 64 << 20  # of text held in memory; what is said again after that is kept again
ABANDONED_S: Final = 3_600
_MESSAGES: Final = {"input_messages": "user", "output_messages": "assistant", "system_instructions": "system"}
_VALUES: Final = {
    "tool_arguments": "args", "tool_result": "result", "input_value": "input", "output_value": "output",
}  # fmt: skip
_KEPT: Final = ("trace_id", "span_id", "started_ns", "journal_position", *_MESSAGES, *_VALUES)
_ROLES: Final = frozenset(("system", "user", "assistant", "tool"))
_ESCAPES: Final = re.compile(r'(?:\\(?:u[0-9a-fA-F]{4}|["\\/bfnrt]))+')
_DEEPER: Final = re.compile(r"(?:\\+u[0-9a-fA-F]{4})+")  # of JSON within JSON


class Piece(NamedTuple):
    """A text and the part of content it is, as said."""

    part: str
    text: str


def folded(text: str) -> str:
    """Return a text as it is compared: small letters, every stretch of white space one space."""
    return " ".join(text.split()).lower()


def legible(text: str) -> str:
    """Return a text as people read it: where it is JSON, characters in the place of their escapes.

    Many clients escape every letter beyond ASCII, and line breaks are always escaped.
    """
    if "\\" not in text or text.lstrip()[:1] not in ("{", "[", '"'):
        return text
    return _DEEPER.sub(
        lambda found: _unescaped(re.sub(r"\\+", r"\\", found[0])),
        _ESCAPES.sub(lambda found: _unescaped(found[0]), text),
    )


def _unescaped(escapes: str) -> str:
    told = str(json.loads(f'"{escapes}"'))
    return told.encode("utf-16", "surrogatepass").decode("utf-16", "replace")  # half a pair is no text


def pieces(payload: dict[str, str | None]) -> Iterator[Piece]:
    """Return what the content columns of one payload row say, in the order of the columns."""
    for column, role in _MESSAGES.items():
        if said := payload.get(column):
            yield from _told(read_messages(said, role_hint=role))
    for column, part in _VALUES.items():
        if said := payload.get(column):
            yield Piece(part, legible(said))


def text_files(root: Path, payload_files: Iterable[str], budget_s: float | None = None) -> list[Path]:
    """Return the files of texts of some files of payloads, those missing made first.

    `root` is the lake's folder, the files are paths below it. With a budget, what takes longer in seconds
    is left to the next call; at least one is made.
    """
    found, began = [], time.monotonic()
    for name in payload_files:
        source = Path(name)
        target = _target(root, name)
        if not target.exists():
            if budget_s is not None and time.monotonic() - began > budget_s:
                continue
            _make(source, target)
        found.append(target)
    return found


def remove_stale(root: Path, payload_files: Iterable[str]) -> int:
    """Remove the texts of payloads that are no longer there, and what was left half made; return how many."""
    live = {_target(root, name) for name in payload_files}
    removed = 0
    for path in (root / FOLDER).rglob("*.p*"):
        if path in live:
            continue
        try:  # a reader with an older snapshot may be looking into it
            if time.time() - path.stat().st_mtime > ABANDONED_S:
                path.unlink()
                removed += 1
        except FileNotFoundError:
            continue
    return removed


def _target(root: Path, payload_file: str) -> Path:
    return root / FOLDER / EDITION / Path(payload_file).relative_to(root / PAYLOADS.name)


def _make(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f"{uuid.uuid4().hex}.partial")
    try:
        with pq.ParquetWriter(
            partial, SCHEMA, compression="lz4", use_dictionary=_DICTIONARY,
            write_statistics=False,
        ) as writer:  # fmt: skip
            for table in _tables(source):
                writer.write_table(table, row_group_size=ROW_GROUP)
        with partial.open("rb") as written:
            os.fsync(written.fileno())
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


_DICTIONARY: Final = ["places.list.element.trace_id", "places.list.element.part"]


def _tables(source: Path) -> Iterator[pa.Table]:
    """Return the texts of a file of payloads, in one table unless they are many."""
    gathered = _Gathered()
    with pq.ParquetFile(source) as file:
        for batch in file.iter_batches(BATCH_ROWS, columns=list(_KEPT)):
            for row in batch.to_pylist():
                gathered.add(row)
            if gathered.chars > FLUSH_CHARS:
                yield gathered.table()
                gathered = _Gathered()
    yield gathered.table()


class _Gathered:
    """Texts and their places while rows of payloads are read."""

    def __init__(self) -> None:
        self.chars = 0
        self._texts: dict[str, dict[tuple[str, str], dict[str, Any]]] = {}
        self._read: dict[bytes, list[Piece]] = {}  # a message as sent -> what it says, folded

    def add(self, row: dict[str, Any]) -> None:
        """Take in one row of payloads."""
        place = {name: row[name] for name in ("trace_id", "span_id", "started_ns", "journal_position")}
        for column, role in _MESSAGES.items():
            if said := row[column]:
                for message in _split(said):
                    for piece in self._folded(message, role):
                        self._put(piece, place)
        for column, part in _VALUES.items():
            if said := row[column]:
                self._put(Piece(part, folded(legible(said))), place)

    def _folded(self, message: bytes, role: str) -> list[Piece]:
        key = role.encode() + message
        known = self._read.get(key)
        if known is None:
            told = _told(read_messages(message.decode("utf-8", "replace"), role_hint=role))
            known = [Piece(piece.part, folded(piece.text)) for piece in told]
            self._read[key] = known
            self.chars += len(key)
        return known

    def _put(self, piece: Piece, place: dict[str, Any]) -> None:
        if not piece.text:
            return
        places = self._texts.get(piece.text)
        if places is None:
            places = self._texts[piece.text] = {}
            self.chars += len(piece.text)
        key = (place["trace_id"], piece.part)
        earlier = places.get(key)
        if earlier is None or (place["started_ns"] or 0) < (earlier["started_ns"] or 0):
            places[key] = place | {"part": piece.part}

    def table(self) -> pa.Table:
        """Return the texts with their places."""
        places = [list(found.values()) for found in self._texts.values()]
        return pa.table([pa.array(list(self._texts), pa.string()), pa.array(places, pa.list_(PLACE))], SCHEMA)


def _split(said: str) -> list[bytes]:
    """Return the messages of a list one by one, each as JSON; anything else whole."""
    if said[:1] == "[":
        try:
            items = orjson.loads(said)
        except orjson.JSONDecodeError:
            items = []
        if items and all(isinstance(item, dict) and "role" in item for item in items):
            return [orjson.dumps(item) for item in items]
    return [said.encode("utf-8", "replace")]


def _told(messages: list[Message]) -> Iterator[Piece]:
    for message in messages:
        role = message.role if message.role in _ROLES else "user"
        for part in message.parts:
            match part:
                case Text() | Reasoning():
                    yield Piece(role, legible(part.content))
                case ToolCall():
                    yield Piece("args", f"{part.name} {_plain(part.arguments)}")
                case ToolCallResponse():
                    yield Piece("tool", _plain(part.response))
                case _:
                    said = {k: v for k, v in part_json(part).items() if k not in ("type", "content")}
                    yield Piece(role, _plain(said))


def _plain(value: Any) -> str:
    if value is None:
        return ""
    told = value if isinstance(value, str) else orjson.dumps(value, default=str).decode("utf-8", "replace")
    return legible(told)
