"""The journal: what is acknowledged can be read, whatever the disk does; nothing corrupt is ever returned."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from ingest.disk import Disk
from ingest.journal import (
    Journal,
    end_position,
    first_position,
    journal_id,
    next_readable,
    read,
    remove_before,
)
from ingest.segments import HEADER_BYTES, encode_header, encode_record, list_segments, segment_path
from spotlight.errors import JournalCorrupt, PartFailed, Unavailable

ALL = 1 << 30
BODIES = [b"first", b"", b"third " * 5]


def put(journal: Journal, *bodies: bytes) -> list[int]:
    """Append each body as a request of its own; return their end positions."""
    return [journal.append("traces", "default", 7, body).result(60) for body in bodies]


def held(folder: Path, start: int = 0) -> list[bytes]:
    """Bodies that can be read from `start` on."""
    return [record.body for record in read(folder, start, ALL).records]


def everything(folder: Path) -> tuple[list[bytes], bool]:
    """All bodies that can be read, and whether reading then ends in JournalCorrupt."""
    bodies: list[bytes] = []
    position = first_position(folder)
    while True:
        try:
            batch = read(folder, position, ALL)
        except JournalCorrupt:
            return bodies, True
        if not batch.records:
            return bodies, False
        bodies += [record.body for record in batch.records]
        position = batch.next_position


def segment_bytes(bodies: list[bytes]) -> bytes:
    """A segment as the journal writes it, starting at position 0."""
    return encode_header(0) + b"".join(encode_record("traces", b"default", 7, body) + body for body in bodies)


def test_records_come_back_as_sent(tmp_path: Path) -> None:
    """A record carries its signal, tenant, arrival time and body, and adjoins the next."""
    journal = Journal.open(tmp_path, start=0)
    ends = [
        journal.append(s, "acme", 99, s.encode()).result(60) for s in ("traces", "logs", "metrics", "receipt")
    ]
    batch = read(tmp_path, 0, ALL)
    journal.close()
    assert [("traces", "acme", 99, b"traces"), ("logs", "acme", 99, b"logs")] == [
        (r.signal, r.tenant, r.received_ns, r.body) for r in batch.records[:2]
    ]
    assert ends == [record.end for record in batch.records]
    assert [HEADER_BYTES, *ends[:-1]] == [record.position for record in batch.records]
    assert ends[-1] == batch.next_position == end_position(tmp_path) == journal.end


def test_a_large_record_is_returned_even_over_the_limit(tmp_path: Path) -> None:
    """A batch holds at least one record, and no more than about its limit."""
    journal = Journal.open(tmp_path, start=0)
    put(journal, b"a" * 5000, b"b" * 50, b"c" * 50)
    first = read(tmp_path, 0, 100)
    rest = read(tmp_path, first.next_position, ALL)
    journal.close()
    assert ([5000], [50, 50]) == ([len(r.body) for r in first.records], [len(r.body) for r in rest.records])


def test_waiting_requests_share_one_sync(tmp_path: Path, faults: Any) -> None:
    """All that queued up during a sync is written with the next one."""
    journal = Journal.open(tmp_path, start=0, disk=faults)
    put(journal, b"opens the segment")
    faults.syncs.clear()
    faults.gate.clear()
    futures = [journal.append("traces", "default", 1, b"%d" % i) for i in range(3000)]
    faults.gate.set()
    ends = [future.result(60) for future in futures]
    journal.close()
    assert sorted(ends) == ends
    assert len(faults.syncs) <= 3
    assert 3001 == len(held(tmp_path))


@pytest.mark.parametrize("published", [False, True], ids=["end-unknown", "end-known"])
@pytest.mark.parametrize("damage", ["cut", "flip"])
def test_any_damage_leaves_a_valid_prefix(tmp_path: Path, faults: Disk, damage: str, published: bool) -> None:
    """Cut or flipped at any byte, a segment yields a prefix of its records, and new ones are readable behind.

    Where the end was published, everything lost before it is reported and not passed over.
    """
    whole = segment_bytes(BODIES)
    for at in range(len(whole)):
        folder = tmp_path / str(at)
        folder.mkdir()
        changed = whole[:at] if damage == "cut" else whole[:at] + bytes([whole[at] ^ 0x41]) + whole[at + 1 :]
        segment_path(folder, 0).write_bytes(changed)
        if published:
            (folder / "end").write_bytes(len(whole).to_bytes(8, "little") * 2)
        journal = Journal.open(folder, start=0, disk=faults)
        new_start = journal.end
        put(journal, b"new")
        journal.close()
        bodies, corrupt = everything(folder)
        survivors = [body for body in bodies if body != b"new"]
        assert BODIES[: len(survivors)] == survivors
        assert len(survivors) < len(BODIES), "damage went unnoticed"
        assert [b"new"] == held(folder, new_start)
        if published:
            assert corrupt
        elif not corrupt:
            assert [*survivors, b"new"] == bodies


def test_corruption_is_named_and_can_be_passed(tmp_path: Path) -> None:
    """JournalCorrupt names file and offset; reading can go on at the next sound record."""
    journal = Journal.open(tmp_path, start=0)
    ends = put(journal, b"one", b"two", b"three")
    journal.close()
    with segment_path(tmp_path, 0).open("r+b") as file:
        file.seek(ends[1] - 1)
        file.write(b"X")
    assert [b"one"] == held(tmp_path)
    with pytest.raises(JournalCorrupt, match=rf"^0+\.journal at offset {ends[0]}: .*checksum"):
        read(tmp_path, ends[0], ALL)
    assert ends[1] == next_readable(tmp_path, ends[0])
    assert [b"three"] == held(tmp_path, ends[1])


def test_a_short_write_is_continued(tmp_path: Path) -> None:
    """Where the system takes fewer bytes than given, the rest follows."""

    class Sip(Disk):
        sips = True

        def write(self, fd: int, buffers: Any, offset: int) -> int:
            data = b"".join(buffers)
            return super().write(fd, [data[:5] if self.sips and len(data) != 16 else data], offset)

    disk = Sip()
    disk.sips = False
    journal = Journal.open(tmp_path, start=0, disk=disk)
    put(journal, b"opens the segment")
    disk.sips = True
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda body: put(journal, body), [b"x" * 100] * 5))
    disk.sips = False
    journal.close()
    assert [b"opens the segment", *[b"x" * 100] * 5] == everything_unpublished(tmp_path)


def everything_unpublished(folder: Path) -> list[bytes]:
    """All bodies, found without the published end."""
    (folder / "end").unlink()
    return everything(folder)[0]


@pytest.mark.parametrize("room", [0, 1, 17, 30, 60, 90])
def test_a_full_disk_loses_nothing_acknowledged(tmp_path: Path, faults: Any, room: int) -> None:
    """A fragment left by ENOSPC is cut off again: what is acknowledged after it survives the next start."""
    journal = Journal.open(tmp_path, start=0, disk=faults)
    put(journal, b"before")
    faults.write_left = room
    futures = [journal.append("traces", "default", 1, b"refused" * 9) for _ in range(3)]
    for future in futures:
        with pytest.raises(Unavailable, match="No space left"):
            future.result(60)
    assert "No space left" in str(journal.degraded)
    faults.write_left = None
    put(journal, b"after")
    assert journal.degraded is None
    journal.close()
    Journal.open(tmp_path, start=0).close()
    assert [b"before", b"after"] == held(tmp_path)
    assert [b"before", b"after"] == everything_unpublished(tmp_path)


def test_a_failed_sync_is_never_repeated(tmp_path: Path, faults: Any) -> None:
    """After a failed fdatasync the segment is sealed, and the next append goes to a new one."""
    journal = Journal.open(tmp_path, start=0, disk=faults)
    (kept,) = put(journal, b"kept")
    faults.sync_fails = 1
    with pytest.raises(Unavailable, match="Input/output error"):
        put(journal, b"not acknowledged")
    assert "Input/output error" in str(journal.degraded)
    put(journal, b"next")
    assert journal.degraded is None
    journal.close()
    assert [0, kept] == [segment.base for segment in list_segments(tmp_path)]
    assert [b"kept", b"next"] == held(tmp_path)


def test_a_segment_that_cannot_be_cut_is_left_behind(tmp_path: Path, faults: Any) -> None:
    """Where the fragment cannot be cut off, the next segment starts before it and hides it."""
    journal = Journal.open(tmp_path, start=0, disk=faults)
    put(journal, b"kept")
    faults.write_left, faults.truncate_fails = 20, 1
    with pytest.raises(Unavailable):
        put(journal, b"refused")
    faults.write_left = None
    put(journal, b"next")
    journal.close()
    assert 2 == len(list_segments(tmp_path))
    assert [b"kept", b"next"] == held(tmp_path)


@pytest.mark.parametrize("fault", ["write", "sync"])
def test_a_segment_that_cannot_be_created_is_tried_again(tmp_path: Path, faults: Any, fault: str) -> None:
    """A failure while a segment is created leaves nothing in the way of the next attempt."""
    journal = Journal.open(tmp_path, start=0, disk=faults)
    faults.write_left, faults.sync_fails = (10, 0) if fault == "write" else (None, 1)
    with pytest.raises(Unavailable):
        put(journal, b"refused")
    faults.write_left = None
    put(journal, b"taken")
    journal.close()
    assert [b"taken"] == held(tmp_path)


def test_reading_while_writing_sees_every_record_once(tmp_path: Path, faults: Disk) -> None:
    """A reader that follows an appending journal over many segments gets all records in order."""
    expected = [b"%06d" % i * (i % 50) for i in range(2000)]
    journal = Journal.open(tmp_path, start=0, segment_bytes=4096, disk=faults)
    seen: list[bytes] = []

    def follow() -> None:
        position = 0
        while len(seen) < len(expected):
            batch = read(tmp_path, position, 1000)
            seen.extend(record.body for record in batch.records)
            position = batch.next_position

    reader = threading.Thread(target=follow)
    reader.start()
    futures = [journal.append("traces", "default", 1, body) for body in expected]
    futures[-1].result(60)
    reader.join(180)
    journal.close()
    assert expected == seen


def test_whole_segments_are_removed_but_never_the_last(tmp_path: Path, faults: Disk) -> None:
    """Only segments that end at or before the position go; reading before the rest is an error."""
    journal = Journal.open(tmp_path, start=0, segment_bytes=100, disk=faults)
    ends = put(journal, *[b"x" * 90] * 4)
    assert 0 == remove_before(tmp_path, ends[0] - 1)
    assert 2 == remove_before(tmp_path, ends[2] - 1)
    assert ends[1] == first_position(tmp_path)
    assert 2 == len(held(tmp_path, ends[1]))
    with pytest.raises(JournalCorrupt, match=f"position 1 is gone, the first one kept is {ends[1]}"):
        read(tmp_path, 1, ALL)
    assert 1 == remove_before(tmp_path, ends[3])
    assert 1 == len(list_segments(tmp_path))
    journal.close()


def test_an_empty_journal_has_nothing_to_read(tmp_path: Path) -> None:
    """Where nothing was ever written, reading gives nothing and positions are 0."""
    assert ([], 0) == tuple(read(tmp_path / "none", 0, ALL))
    Journal.open(tmp_path, start=0).close()
    assert ([], 0) == tuple(read(tmp_path, 0, ALL))
    assert (0, 0) == (first_position(tmp_path), end_position(tmp_path))


def test_each_start_continues_in_a_new_segment(tmp_path: Path, faults: Disk) -> None:
    """Positions go on where the last start ended."""
    for body in BODIES:
        journal = Journal.open(tmp_path, start=0, disk=faults)
        put(journal, body)
        journal.close()
    assert BODIES == held(tmp_path)
    assert 3 == len(list_segments(tmp_path))


def test_one_writer_at_a_time(tmp_path: Path) -> None:
    """A second collector on the same folder is told who holds it; a closed one can be followed."""
    journal = Journal.open(tmp_path, start=0)
    with pytest.raises(PartFailed, match=f"in use by process {os.getpid()}"):
        Journal.open(tmp_path, start=0)
    journal.close()
    Journal.open(tmp_path, start=0).close()
    assert "collector.lock" in {path.name for path in tmp_path.iterdir()}


def test_a_folder_that_cannot_be_used_is_said_so(tmp_path: Path) -> None:
    """A file where the folder should be stops the start with a hint."""
    (tmp_path / "file").write_text("")
    with pytest.raises(PartFailed, match="cannot be opened"):
        Journal.open(tmp_path / "file", start=0)


def test_the_id_is_made_once(tmp_path: Path) -> None:
    """A journal keeps its id over starts, and two journals differ."""
    first = journal_id(tmp_path / "a")
    assert first == journal_id(tmp_path / "a")
    assert 32 == len(first)
    assert first != journal_id(tmp_path / "b")


def test_a_writer_far_behind_stops_the_intake(tmp_path: Path, faults: Disk) -> None:
    """Beyond the backlog limit requests are refused until the writer process has committed."""
    journal = Journal.open(tmp_path, start=0, disk=faults, max_backlog_bytes=1000)
    (end,) = put(journal, b"x" * 900)
    with pytest.raises(Unavailable, match="backlog"):
        journal.append("traces", "default", 1, b"x" * 100)
    (tmp_path / "progress.json").write_text(json.dumps({"committed": end, "assembled": 0}))
    journal._committed_read_at = 0.0  # the file is not read at every refusal: let the pause be over
    assert end < journal.append("traces", "default", 1, b"x" * 100).result(60)
    journal.close()


def test_what_waits_for_the_disk_is_bounded(tmp_path: Path, faults: Any) -> None:
    """With the disk stuck, requests are refused once the queue is full, and kept ones arrive."""
    journal = Journal.open(tmp_path, start=0, disk=faults, max_queued_bytes=1000)
    faults.gate.clear()
    waiting: list[Future[int]] = []

    def fill() -> None:
        for _ in range(100):
            waiting.append(journal.append("traces", "default", 1, b"x" * 300))

    with pytest.raises(Unavailable, match="backlog"):
        fill()
    faults.gate.set()
    for future in waiting:
        future.result(60)
    journal.close()
    assert 3 <= len(waiting) == len(held(tmp_path)) < 100


def test_readers_wait_where_the_end_cannot_be_published(tmp_path: Path) -> None:
    """What is durable but not published is acknowledged, and readable once publishing works again."""

    class NoEnd(Disk):
        broken = threading.Event()
        repaired = threading.Event()

        def write(self, fd: int, buffers: Any, offset: int) -> int:
            if len(b"".join(buffers)) == 16 and self.broken.is_set():
                raise OSError(28, "No space left on device")
            self.repaired.set()
            return super().write(fd, buffers, offset)

    disk = NoEnd()
    journal = Journal.open(tmp_path, start=0, disk=disk)
    disk.broken.set()
    put(journal, b"durable")
    assert [] == held(tmp_path)
    disk.repaired.clear()
    disk.broken.clear()
    assert disk.repaired.wait(60)
    journal.close()
    assert [b"durable"] == held(tmp_path)


def test_closing_writes_what_is_queued(tmp_path: Path, faults: Disk) -> None:
    """Close waits for pending appends, later ones are refused, and closing twice is harmless."""
    journal = Journal.open(tmp_path, start=0, disk=faults)
    futures = [journal.append("traces", "default", 1, b"x") for _ in range(50)]
    journal.close()
    journal.close()
    assert all(future.done() for future in futures)
    assert 50 == len(held(tmp_path))
    with pytest.raises(Unavailable, match="closed"):
        journal.append("traces", "default", 1, b"x")


def test_a_tenant_name_too_long_for_the_format_is_refused(tmp_path: Path) -> None:
    """The header has one byte for the length of the tenant's name."""
    journal = Journal.open(tmp_path, start=0)
    append: Callable[..., Any] = journal.append
    with pytest.raises(ValueError, match="255"):
        append("traces", "t" * 256, 1, b"")
    journal.close()
    assert [] == held(tmp_path)
