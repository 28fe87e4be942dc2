"""The journal against a list: any sequence of appends, faults, power cuts and restarts loses nothing.

The simulated disk keeps writes since the last sync apart, and on a power cut lets a
random subset of them survive, sector by sector (the model of SQLite's crash tests).
"""

from __future__ import annotations

import random
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from ingest.disk import Disk
from ingest.journal import Journal, read
from spotlight.errors import Unavailable

SECTOR = 32
Op = tuple[str, int, bytes]


class SimDisk(Disk):
    """Real files, whose unsynced changes can be lost."""

    def __init__(self) -> None:
        self.paths: dict[int, Path] = {}
        self.durable: dict[Path, bytes] = {}
        self.unsynced: dict[Path, list[Op]] = {}
        self.unnamed: set[Path] = set()
        self.room: int | None = None
        self.sync_fails = False
        self.dies_at_sync = False
        self.dead = False

    def create(self, path: Path) -> int:
        """Create a file whose name a power cut may lose."""
        fd = super().create(path)
        self.unnamed.add(path)
        self.durable[path], self.unsynced[path] = b"", []
        self.paths[fd] = path
        return fd

    def open(self, path: Path) -> int:
        """Open a file; what it holds at first is durable."""
        fd = super().open(path)
        self.durable.setdefault(path, path.read_bytes())
        self.unsynced.setdefault(path, [])
        self.paths[fd] = path
        return fd

    def write(self, fd: int, buffers: Sequence[bytes], offset: int) -> int:
        """Write, up to the room left."""
        data = b"".join(buffers)
        if self.paths[fd].name == "end":  # has its own test: readers wait, nothing is lost
            return super().write(fd, [data], offset)
        if self.dead or self.room == 0:
            raise OSError(28, "No space left on device")
        if self.room is not None:
            data = data[: self.room]
            self.room -= len(data)
        self.unsynced[self.paths[fd]].append(("write", offset, data))
        return super().write(fd, [data], offset)

    def sync(self, fd: int) -> None:
        """Make the file's content durable, or fail and leave it to chance."""
        if self.dies_at_sync:
            self.dead, self.dies_at_sync = True, False
        if self.dead or self.sync_fails:
            self.sync_fails = False
            raise OSError(5, "Input/output error")
        path = self.paths[fd]
        self.durable[path], self.unsynced[path] = path.read_bytes(), []

    def truncate(self, fd: int, size: int) -> None:
        """Cut the file; not durable before the next sync."""
        if self.dead:
            raise OSError(5, "Input/output error")
        self.unsynced[self.paths[fd]].append(("cut", size, b""))
        super().truncate(fd, size)

    def sync_folder(self, folder: Path) -> None:
        """Make names durable."""
        self.unnamed.clear()

    def cut_power(self, chance: random.Random) -> None:
        """Leave what a power cut would leave."""
        for path, durable in self.durable.items():
            if not path.exists():
                continue
            if path in self.unnamed and chance.random() < 0.5:
                path.unlink()
                continue
            content, luck = bytearray(durable), chance.choice([0.0, 0.5, 1.0])
            for kind, at, data in self.unsynced[path]:
                if kind == "cut":
                    if chance.random() < luck:
                        content[at:] = b""
                    continue
                for first in range(0, len(data), SECTOR):
                    if chance.random() < luck:
                        part = data[first : first + SECTOR]
                        content.extend(bytes(max(0, at + first + len(part) - len(content))))
                        content[at + first : at + first + len(part)] = part
            path.write_bytes(content)
            self.durable[path], self.unsynced[path] = bytes(content), []
        self.unnamed.clear()


def is_subsequence(few: Sequence[bytes], many: Sequence[bytes]) -> bool:
    """Whether `few` stands within `many` in order."""
    rest = iter(many)
    return all(item in rest for item in few)


class JournalModel(RuleBasedStateMachine):
    """Appends with and without faults, restarts, power cuts, and a reader that follows."""

    @initialize()
    def begin(self) -> None:
        """An empty journal, a reader at its start."""
        self.folder = Path(tempfile.mkdtemp(prefix="journal-model-"))
        self.acknowledged: list[bytes] = []
        self.sent: list[bytes] = []
        self.seen: list[bytes] = []
        self.position = 0
        self.disk = SimDisk()
        self.start()

    def start(self) -> None:
        """Open the journal, with the disk in order."""
        self.disk.dead = self.disk.dies_at_sync = False
        self.journal = Journal.open(self.folder, start=0, segment_bytes=300, disk=self.disk)

    def send(self, count: int, size: int) -> None:
        """Append a few requests at once; note which are acknowledged."""
        bodies = [b"%d:" % (len(self.sent) + i) + b"x" * size for i in range(count)]
        self.sent += bodies
        futures = [(body, self.journal.append("traces", "t", 1, body)) for body in bodies]
        for body, future in futures:
            try:
                future.result(10)
                self.acknowledged.append(body)
            except Unavailable:
                assert self.journal.degraded is not None or self.disk.room is None

    @rule(count=st.integers(1, 5), size=st.integers(0, 90))
    def append(self, count: int, size: int) -> None:
        """Everything works: everything is acknowledged."""
        before = len(self.acknowledged)
        self.send(count, size)
        assert before + count == len(self.acknowledged)

    @rule(count=st.integers(1, 5), size=st.integers(0, 90), room=st.integers(0, 200))
    def append_on_a_full_disk(self, count: int, size: int, room: int) -> None:
        """The disk takes some bytes more, then none."""
        self.disk.room = room
        self.send(count, size)
        self.disk.room = None

    @rule(count=st.integers(1, 5), size=st.integers(0, 90))
    def append_with_a_failing_sync(self, count: int, size: int) -> None:
        """The next fdatasync fails."""
        self.disk.sync_fails = True
        self.send(count, size)
        self.disk.sync_fails = False

    @rule(limit=st.integers(1, 400))
    def follow(self, limit: int) -> None:
        """The reader reads on from where it was."""
        batch = read(self.folder, self.position, limit)
        self.seen += [record.body for record in batch.records]
        self.position = batch.next_position

    @rule()
    def restart(self) -> None:
        """A clean stop and start."""
        self.journal.close()
        self.start()

    @rule(count=st.integers(1, 5), size=st.integers(0, 90))
    def be_killed_before_the_sync(self, count: int, size: int) -> None:
        """The process dies between write and sync: the page cache has records that no disk has."""
        self.disk.dies_at_sync = True
        self.send(count, size)
        self.disk.dead = True
        self.journal.close()
        self.start()

    @rule(seed=st.integers(0, 1 << 32))
    def lose_power(self, seed: int) -> None:
        """The machine goes down without warning, and comes back."""
        self.disk.dead = True
        self.journal.close()
        self.disk.cut_power(random.Random(seed))
        self.start()

    @invariant()
    def nothing_acknowledged_is_lost(self) -> None:
        """What can be read holds all that was acknowledged, in order, and nothing that was not sent."""
        readable = [record.body for record in read(self.folder, 0, 1 << 30).records]
        assert is_subsequence(self.acknowledged, readable)
        assert is_subsequence(readable, self.sent)

    def teardown(self) -> None:
        """The following reader, too, has seen each acknowledged record once."""
        while hasattr(self, "journal"):
            before = self.position
            self.follow(1000)
            if before == self.position:
                break
        if hasattr(self, "journal"):
            assert is_subsequence(self.acknowledged, self.seen)
            assert len(set(self.seen)) == len(self.seen)
            self.journal.close()
            shutil.rmtree(self.folder)


TestJournalModel = JournalModel.TestCase
TestJournalModel.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
