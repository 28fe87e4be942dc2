"""The writer process: tails the journal and turns it into tables, exactly once.

Two threads work hand in hand: one reads and pivots the next batch while the other commits the
last one and assembles its runs. The journal position travels in each commit, so a writer that was
killed goes on where the lake says it stopped.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import queue
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

import pyarrow as pa

from ingest.batches import Made, SeenRequests, make_batch
from ingest.commit import Committer
from ingest.memory import keep_freed_memory
from ingest.progress import Progress, publish_progress
from ingest.segments import Record, end_position, first_position, journal_id, read, remove_before
from spotlight.errors import PartFailed
from spotlight.lake import Lake, Stretch
from spotlight.lake.maintenance import MIN_FILES_BUSY, maintain
from spotlight.pricing import book_of

LOCK_FILE: Final = "writer.lock"
_POLL_S: Final = 0.01
_log = logging.getLogger(__name__)


class Pace(NamedTuple):
    """How the writer batches: larger batches cost less per span, smaller ones show sooner."""

    batch_bytes: int = 24 << 20
    wait_s: float = 0.3
    assemble_s: float = 1.0
    maintain_s: float = 60.0


DEFAULT_PACE: Final = Pace()


def run_writer(
    data: Path,
    stop: threading.Event,
    pace: Pace = DEFAULT_PACE,
    *,
    drain: bool = False,
    ready: Callable[[], None] = lambda: None,
) -> None:
    """Write the journal of a data folder into its lake until `stop` is set.

    With `drain`, stop by itself once everything the journal held is in the lake. `ready` is called
    when the folder is this writer's and its tables are open.

    Raises: PartFailed when another writer has the folder; LakeError, JournalCorrupt and whatever
    the disk says: the process should then end and be started again.
    """
    with _locked(data / "journal"):
        keep_freed_memory()
        pa.set_cpu_count(1)  # the two threads here are what two cores carry; more only wait for each other
        lake = Lake(data / "lake")
        ready()
        _Loop(data, lake, pace, stop, drain).run()


class _Loop:
    """One run of the writer over one journal."""

    def __init__(self, data: Path, lake: Lake, pace: Pace, stop: threading.Event, drain: bool) -> None:
        self._journal = data / "journal"
        self._dead = data / "dead"
        self._lake, self._pace, self._stop, self._drain = lake, pace, stop, drain
        self._id = journal_id(self._journal)
        self._committer = Committer(lake, book_of(data))
        self._seen = SeenRequests()
        self._queue: queue.Queue[Made | None] = queue.Queue(1)
        self._failure: BaseException | None = None
        self._maintained_at = time.monotonic()

    def run(self) -> None:
        position = self._recover()
        thread = threading.Thread(target=self._commit_all, args=(position,), name="committer")
        thread.start()
        try:
            for made in self._batches(position):
                self._hand_over(made)
        finally:
            self._hand_over(None)
            thread.join()
        if self._failure is not None:
            raise self._failure

    def _recover(self) -> int:
        """Finish the batch that an earlier writer may have left half committed; return where to go on."""
        first = first_position(self._journal)
        last = self._lake.last_batch(self._id)
        start = max(first, last.end) if last else first
        # A segment goes only when its batches are committed whole, so a start that is gone needs no repair.
        if last and last.start >= first and last.end > last.start:
            self._warm(first, last.start)
            records = self._records(last.start, last.end)
            self._committer.commit(make_batch(last, records, self._seen, self._dead))
        else:
            self._warm(first, start)
        self._committer.assemble()
        if start:  # 0: there is no journal yet, so nothing to be done with it
            publish_progress(self._journal, Progress(start, start))
        return start

    def _warm(self, first: int, until: int) -> None:
        """Remember the requests that are still in the journal, so that resent ones are found."""
        for record in self._records(first, until):
            if record.signal in ("logs", "metrics"):
                self._seen.is_new(record)

    def _records(self, start: int, until: int) -> list[Record]:
        records: list[Record] = []
        while start < until:
            found = read(self._journal, start, min(until - start, self._pace.batch_bytes))
            if found.next_position == start:
                break
            records.extend(r for r in found.records if r.end <= until)
            start = found.next_position
        return records

    def _batches(self, position: int) -> Iterator[Made]:
        """Yield made batches: when there is enough, or when the oldest record has waited long enough."""
        waiting_since: float | None = None
        while self._failure is None:
            behind = end_position(self._journal) - position
            stopping = self._stop.is_set() or self._drain
            if behind <= 0:
                if stopping:
                    return
                waiting_since = None
                self._stop.wait(_POLL_S)
                continue
            waiting_since = waiting_since or time.monotonic()
            may_fill = behind < self._pace.batch_bytes and not stopping
            if may_fill and time.monotonic() - waiting_since < self._pace.wait_s:
                self._stop.wait(_POLL_S)
                continue
            found = read(self._journal, position, self._pace.batch_bytes)
            if found.next_position <= position:
                if stopping:
                    return
                self._stop.wait(_POLL_S)
                continue
            waiting_since = None
            batch = Stretch(self._id, position, found.next_position)
            position = found.next_position
            yield make_batch(batch, found.records, self._seen, self._dead)

    def _hand_over(self, made: Made | None) -> None:
        while self._failure is None:
            with contextlib.suppress(queue.Full):
                self._queue.put(made, timeout=0.1)
                return

    def _commit_all(self, position: int) -> None:
        try:
            self._commit_until_end(position)
        except BaseException as exc:
            self._failure = exc

    def _commit_until_end(self, position: int) -> None:
        """Commit batches as they come; assemble in every pause, at the latest after `assemble_s`."""
        committed = assembled = position
        assembled_at = time.monotonic()
        while (made := self._next_made()) is not None:
            self._committer.commit(made)
            committed = made.batch.end
            if self._queue.empty() or time.monotonic() - assembled_at >= self._pace.assemble_s:
                self._committer.assemble()
                assembled, assembled_at = committed, time.monotonic()
            publish_progress(self._journal, Progress(committed, assembled))
            remove_before(self._journal, committed)
        self._committer.assemble()
        publish_progress(self._journal, Progress(committed, committed))

    def _next_made(self) -> Made | None:
        """Return the next batch, None at the end; the lake is tidied up while there is nothing to do."""
        if time.monotonic() - self._maintained_at >= self._pace.maintain_s:
            maintain(self._lake, min_files=MIN_FILES_BUSY)
            self._maintained_at = time.monotonic()
        while True:
            try:
                return self._queue.get(timeout=self._pace.maintain_s)
            except queue.Empty:
                maintain(self._lake)
                self._maintained_at = time.monotonic()


@contextlib.contextmanager
def _locked(journal: Path) -> Iterator[None]:
    """Hold the lock that makes this the only writer of the journal."""
    journal.mkdir(parents=True, exist_ok=True)
    fd = os.open(journal / LOCK_FILE, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as exc:
        os.close(fd)
        raise PartFailed(
            f"another writer works on {journal}",
            hint="one `spotlight up` per data folder; stop the other one",
        ) from exc
    try:
        yield
    finally:
        os.close(fd)
