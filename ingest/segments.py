"""Segment files of the journal: their format, and reading them back.

A segment is named by the global position of its first byte and holds

    file header    magic 8s | version u32 | position u64 | crc32 u32 of what stands before
    record ...     length u32 | crc32 u32 | received_ns u64 | signal u8 | tenant length u8 | tenant | body

Numbers are little endian. `length` counts the bytes after the crc, and the crc covers
exactly those. Positions count every byte, headers included.

The file `end` says up to where records are durable. It is written after the
fdatasync that made them so, hence a reader never sees a record that could still
vanish, and damage before it is corruption, whereas damage after it is a torn tail
that nobody was told about.
"""

from __future__ import annotations

import os
import struct
import uuid
from pathlib import Path
from typing import Final, NamedTuple

from isal import isal_zlib

from spotlight.errors import JournalCorrupt

SIGNALS: Final = ("traces", "logs", "metrics", "receipt", "rows")
SUFFIX: Final = ".journal"
END_FILE: Final = "end"
ID_FILE: Final = "id"
_MAGIC: Final = b"SPOTJRNL"
_VERSION: Final = 1
_HEADER: Final = struct.Struct("<8sIQI")
_PREFIX: Final = struct.Struct("<II")
_META: Final = struct.Struct("<QBB")
_RECORD: Final = struct.Struct("<IIQBB")
_END: Final = struct.Struct("<QQ")
HEADER_BYTES: Final = _HEADER.size
MAX_BODY_BYTES: Final = (1 << 32) - 1 - _META.size - 255
_SCAN_BYTES: Final = 8 << 20


class Record(NamedTuple):
    """One journaled request; `position` and `end` are global byte positions."""

    position: int
    end: int
    received_ns: int
    signal: str
    tenant: str
    body: bytes


class Batch(NamedTuple):
    """Records read, and the position to read on from."""

    records: list[Record]
    next_position: int


class Segment(NamedTuple):
    """One segment file; `next_base` is None for the last one."""

    path: Path
    base: int
    size: int
    next_base: int | None


class Scan(NamedTuple):
    """Records of one segment up to `position`; `damage` says why it stopped there, if not by choice."""

    records: list[Record]
    position: int
    damage: str | None


def encode_header(base: int) -> bytes:
    """Return the file header of the segment that starts at `base`."""
    head = struct.pack("<8sIQ", _MAGIC, _VERSION, base)
    return head + struct.pack("<I", isal_zlib.crc32(head))


def encode_record(signal: str, tenant: bytes, received_ns: int, body: bytes) -> bytes:
    """Return everything of a record that stands before its body."""
    meta = _META.pack(received_ns, SIGNALS.index(signal), len(tenant)) + tenant
    crc = isal_zlib.crc32(body, isal_zlib.crc32(meta))
    return _PREFIX.pack(len(meta) + len(body), crc) + meta


def segment_path(folder: Path, base: int) -> Path:
    """Return the file of the segment that starts at `base`."""
    return folder / f"{base:020d}{SUFFIX}"


def list_segments(folder: Path) -> list[Segment]:
    """Return the folder's segments in order of position."""
    found: list[tuple[int, Path, int]] = []
    if folder.is_dir():
        with os.scandir(folder) as entries:
            for entry in entries:
                stem = entry.name.removesuffix(SUFFIX)
                if stem != entry.name and stem.isdecimal():
                    try:
                        found.append((int(stem), Path(entry.path), entry.stat().st_size))
                    except FileNotFoundError:  # removed since the listing
                        continue
    found.sort()
    nexts: list[int | None] = [*[base for base, _, _ in found[1:]], None][: len(found)]
    return [Segment(path, base, size, after) for (base, path, size), after in zip(found, nexts, strict=True)]


def published_end(folder: Path) -> int | None:
    """Return the durable end position that the journal last published; None where it never did."""
    for _ in range(100):
        try:
            data = (folder / END_FILE).read_bytes()
        except FileNotFoundError:
            return None
        if len(data) == _END.size:
            first, second = _END.unpack(data)
            if first == second:
                return int(first)
    return None


def encode_end(position: int) -> bytes:
    """Return the content of the `end` file: the position twice, so that a torn write shows."""
    return _END.pack(position, position)


def journal_id(folder: Path) -> str:
    """Return the journal's id, 32 hex digits made once per folder."""
    path = folder / ID_FILE
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        own = folder / f"{ID_FILE}.{uuid.uuid4().hex}"
        own.write_text(uuid.uuid4().hex)
        try:
            os.link(own, path)  # fails where another process was first: its id counts
        except FileExistsError:
            pass
        finally:
            own.unlink()
    return path.read_text().strip()


def scan_segment(path: Path, base: int, start: int, stop: int, limit_bytes: int) -> Scan:
    """Return the records of one segment from `start`, at most `limit_bytes` of them but at least one."""
    with path.open("rb") as file:
        if start == base:
            if stop - base < HEADER_BYTES or file.read(HEADER_BYTES) != encode_header(base):
                return Scan([], start, "the file header is unreadable")
            start += HEADER_BYTES
        file.seek(start - base)
        wanted = min(stop - start, max(limit_bytes, _RECORD.size))
        data = file.read(wanted)
        if len(data) >= _RECORD.size:
            wanted = max(wanted, min(_PREFIX.size + _PREFIX.unpack_from(data)[0], stop - start))
            data += file.read(wanted - len(data))
        ends_early = len(data) < wanted
    records: list[Record] = []
    view = memoryview(data)
    at = 0
    while start + at < stop:
        left = stop - start - at
        damage = _damage(view, at, left)
        if damage == "more":
            return Scan(records, start + at, "the file ends early" if ends_early else None)
        if damage:
            return Scan(records, start + at, damage)
        length, _, received_ns, signal, tenant_length = _RECORD.unpack_from(view, at)
        end = at + _PREFIX.size + length
        body_at = at + _RECORD.size + tenant_length
        tenant = str(view[at + _RECORD.size : body_at], "utf-8", "replace")
        # bytes, never a memoryview: pyarrow keeps the buffer of one for ever
        records.append(
            Record(start + at, start + end, received_ns, SIGNALS[signal], tenant, bytes(view[body_at:end]))
        )
        at = end
    return Scan(records, start + at, None)


def _damage(view: memoryview, at: int, left: int) -> str | None:
    """Return why no record can be read at `at`: "more" where the data read so far ends too early."""
    if left < _RECORD.size:
        return "a record header is cut off"
    if len(view) - at < _RECORD.size:
        return "more"
    length, crc, _, signal, tenant_length = _RECORD.unpack_from(view, at)
    size = _PREFIX.size + length
    if length < _META.size + tenant_length or size > left:
        return "a record's length is impossible"
    if len(view) - at < size:
        return "more"
    if isal_zlib.crc32(view[at + _PREFIX.size : at + size]) != crc:
        return "a record's checksum does not match"
    if signal >= len(SIGNALS):
        return "a record's signal is unknown"
    return None


def scan_to_end(segment: Segment) -> Scan:
    """Return where the valid records of a segment end (no records), and the damage found there."""
    position, stop = segment.base, segment.base + segment.size
    if not segment.size:
        return Scan([], position, "the file header is unreadable")
    while position < stop:
        scan = scan_segment(segment.path, segment.base, position, stop, _SCAN_BYTES)
        if scan.damage or scan.position == position:
            return Scan([], scan.position, scan.damage)
        position = scan.position
    return Scan([], position, None)


def read(folder: Path, start: int, limit_bytes: int) -> Batch:
    """Return acknowledged records from `start` on, about `limit_bytes` of them, at least one if there is any.

    A start of 0 stands for the first position there is.
    May be called while another process appends. A torn tail, which was never
    acknowledged, ends the batch. Damage before acknowledged records ends the batch
    before it, and raises JournalCorrupt once `start` has reached it.
    """
    published = published_end(folder)  # before the listing: every position it covers is then listed
    segments = list_segments(folder)
    start = start or (segments[0].base if segments else published or 0)
    if segments and start < segments[0].base:
        raise JournalCorrupt(
            f"journal position {start} is gone, the first one kept is {segments[0].base}",
            hint=f"read on from {segments[0].base}; what lay before it was removed after a commit",
        )
    records: list[Record] = []
    position, left = start, limit_bytes
    for segment in segments:
        if segment.next_base is not None and segment.next_base <= position:
            continue
        stop, strict = _extent(segment, published)
        if stop <= position:
            break
        try:
            scan = scan_segment(segment.path, segment.base, position, stop, left)
        except FileNotFoundError as exc:
            raise JournalCorrupt(f"segment {segment.path.name} was removed while read") from exc
        if scan.damage and strict and not records and not scan.records:
            raise JournalCorrupt(
                f"{segment.path.name} at offset {scan.position - segment.base}: {scan.damage}",
                hint="acknowledged records from here on cannot be read; keep the file and skip past it",
            )
        records += scan.records
        left -= scan.position - position
        position = scan.position
        if left <= 0 or position < stop:
            break
    return Batch(records, position)


def _extent(segment: Segment, published: int | None) -> tuple[int, bool]:
    """Return where a segment's records end, and whether all up to there were acknowledged."""
    if segment.next_base is not None:
        return (segment.next_base if published is None else min(segment.next_base, published)), True
    if published is not None:
        return published, True
    return segment.base + segment.size, False


def next_readable(folder: Path, position: int) -> int:
    """Return where reading can go on after JournalCorrupt at `position`.

    That is the following record where the damaged one's length still leads to a
    sound one, else the next segment, else the end of the journal.
    """
    for segment in list_segments(folder):
        if segment.base <= position and (segment.next_base is None or position < segment.next_base):
            after = _following_record(segment, position)
            return after or segment.next_base or end_position(folder)
    return max(position, first_position(folder))


def _following_record(segment: Segment, position: int) -> int | None:
    """Return the end of a damaged record if a sound record starts there."""
    if position == segment.base:
        after = position + HEADER_BYTES
    else:
        with segment.path.open("rb") as file:
            file.seek(position - segment.base)
            prefix = file.read(_PREFIX.size)
        if len(prefix) < _PREFIX.size:
            return None
        after = position + _PREFIX.size + int(_PREFIX.unpack(prefix)[0])
    stop = segment.base + segment.size
    if after >= stop:
        return None
    return after if scan_segment(segment.path, segment.base, after, stop, 1).records else None


def first_position(folder: Path) -> int:
    """Return the first position that can still be read; 0 for a journal that holds nothing."""
    segments = list_segments(folder)
    return segments[0].base if segments else (published_end(folder) or 0)


def end_position(folder: Path) -> int:
    """Return the position up to which records are durable."""
    published = published_end(folder)
    if published is not None:
        return published
    segments = list_segments(folder)
    return scan_to_end(segments[-1]).position if segments else 0


def remove_before(folder: Path, position: int) -> int:
    """Unlink whole segments that end at or before `position`; return how many.

    The last segment stays: it may be the one being written.
    """
    removed = 0
    for segment in list_segments(folder):
        if segment.next_base is None or segment.next_base > position:
            break
        segment.path.unlink(missing_ok=True)
        removed += 1
    return removed
