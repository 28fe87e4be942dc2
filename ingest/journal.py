"""The journal: what is acknowledged stands here, checksummed and synced, before the answer leaves.

One thread does the writing. It takes everything queued, writes it, calls fdatasync
once and resolves all futures: clients that arrive together share one sync.

A failed or short write is cut back to the last good offset before the next append.
A failed fdatasync is never repeated on the same file, because the kernel may have
dropped the dirty pages and a second call would then succeed on nothing: the segment
is sealed and the next append opens a new one.

Reading (`read`, `end_position`, ...) lives in `ingest.segments` and needs no lock.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import logging
import os
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Final, NamedTuple

from ingest.disk import REAL_DISK, Disk
from ingest.segments import (
    END_FILE,
    HEADER_BYTES,
    MAX_BODY_BYTES,
    Batch,
    Record,
    encode_end,
    encode_header,
    encode_record,
    end_position,
    first_position,
    journal_id,
    list_segments,
    next_readable,
    published_end,
    read,
    remove_before,
    scan_to_end,
    segment_path,
)
from spotlight.errors import PartFailed, Unavailable

__all__ = [
    "Batch", "Journal", "Record", "end_position", "first_position", "journal_id", "next_readable", "read",
    "remove_before",
]  # fmt: skip

LOCK_FILE: Final = "collector.lock"
PROGRESS_FILE: Final = "progress.json"
_REPUBLISH_SECONDS: Final = 0.5
_MAX_BUFFERS: Final = 1000  # below IOV_MAX (1024)
_log = logging.getLogger(__name__)


class _Pending(NamedTuple):
    signal: str
    tenant: bytes
    received_ns: int
    body: bytes
    future: Future[int]


class Journal:
    """The one writer of a journal folder; made by `Journal.open`, ended by `close`."""

    def __init__(
        self,
        folder: Path,
        disk: Disk,
        lock_fd: int,
        start: int | None,
        segment_bytes: int,
        max_backlog: int,
        max_queue: int,
    ):
        self._folder = folder
        self._disk = disk
        self._lock_fd = lock_fd
        self._segment_bytes = segment_bytes
        self._max_backlog = max_backlog
        self._max_queue = max_queue
        self._end = _recover(folder, disk, start)
        self._end_fd = disk.open(folder / END_FILE)
        disk.write(self._end_fd, [encode_end(self._end)], 0)
        self._unpublished = False
        self._fd: int | None = None
        self._base = 0
        self._degraded: str | None = None
        self._committed = _committed(folder)
        self._committed_read_at = time.monotonic()
        self._queue: list[_Pending] = []
        self._queued_bytes = 0
        self._closing = False
        self._wake = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        segment_bytes: int = 128 << 20,
        disk: Disk = REAL_DISK,
        start: int | None = None,
        max_backlog_bytes: int = 8 << 30,
        max_queued_bytes: int = 256 << 20,
    ) -> Journal:
        """Return the journal of `folder`, repaired after a crash and locked against a second writer.

        `max_backlog_bytes` bounds what the writer process has not committed yet,
        `max_queued_bytes` what waits for the disk in memory. A journal that holds nothing yet
        starts at position `start`, by default the clock in ns.

        Raises: PartFailed where another process holds the lock or the folder cannot be used.
        """
        lock_fd: int | None = None
        try:
            folder.mkdir(parents=True, exist_ok=True)
            lock_fd = _lock(folder)
            journal_id(folder)
            journal = cls(folder, disk, lock_fd, start, segment_bytes, max_backlog_bytes, max_queued_bytes)
        except OSError as exc:
            if lock_fd is not None:
                os.close(lock_fd)
            raise PartFailed(
                f"the journal in {folder} cannot be opened: {exc.strerror or exc}",
                hint="check that the folder is writable and the disk has space",
            ) from exc
        journal._thread.start()
        return journal

    @property
    def degraded(self) -> str | None:
        """Why the last append failed; None once one has succeeded again."""
        return self._degraded

    @property
    def end(self) -> int:
        """Position up to which everything is durable."""
        return self._end

    def append(self, signal: str, tenant: str, received_ns: int, body: bytes) -> Future[int]:
        """Return a future of the record's end position, resolved after fdatasync.

        Raises: Unavailable when closed, when too much waits for the disk, or when the
        writer process is too far behind; the future raises it when the disk fails.
        """
        name = tenant.encode()
        if len(name) > 255 or len(body) > MAX_BODY_BYTES:
            raise ValueError("a tenant name is at most 255 bytes and a body at most 4 GiB")
        future: Future[int] = Future()
        future.set_running_or_notify_cancel()  # the record may reach the disk from here on: no cancelling
        with self._wake:
            if self._closing:
                raise Unavailable("the journal is closed", hint="send again to the next collector")
            if self._queue and self._queued_bytes + len(body) > self._max_queue:
                raise Unavailable("backlog: too much waits for the disk", hint="send again later")
            self._check_backlog(len(body))
            self._queue.append(_Pending(signal, name, received_ns, body, future))
            self._queued_bytes += len(body)
            self._wake.notify()
        return future

    def close(self) -> None:
        """Write what is queued, then give the files and the lock back. May be called twice."""
        with self._wake:
            if self._closing:
                return
            self._closing = True
            self._wake.notify()
        self._thread.join()
        self._seal(self._end - self._base)
        self._disk.close(self._end_fd)
        os.close(self._lock_fd)

    def _check_backlog(self, size: int) -> None:
        ahead = self._end + self._queued_bytes + size
        if ahead - self._committed <= self._max_backlog:
            return
        now = time.monotonic()
        if now - self._committed_read_at > 0.1:  # a full backlog must not mean a file read per request
            self._committed, self._committed_read_at = _committed(self._folder), now
        if ahead - self._committed > self._max_backlog:
            raise Unavailable(
                f"backlog: the writer is more than {self._max_backlog} bytes behind",
                hint="check that the writer process runs and that the lake has space",
            )

    def _run(self) -> None:
        while True:
            with self._wake:
                while not self._queue and not self._closing:
                    self._wake.wait(_REPUBLISH_SECONDS if self._unpublished else None)
                    if self._unpublished:
                        self._publish()
                if not self._queue:
                    return
                batch, self._queue, self._queued_bytes = self._queue, [], 0
            try:
                ends = self._commit(batch)
            except Exception as exc:  # the thread must outlive any failure, else nobody is ever answered
                self._degraded = f"{type(exc).__name__}: {getattr(exc, 'strerror', None) or exc}"
                _log.error("journal append of %d requests failed: %s", len(batch), self._degraded)
                for item in batch:
                    error = Unavailable(
                        f"the journal cannot be written: {self._degraded}", hint="send again later"
                    )
                    item.future.set_exception(error)
                continue
            self._degraded = None
            for item, end in zip(batch, ends, strict=True):
                item.future.set_result(end)

    def _commit(self, batch: Sequence[_Pending]) -> list[int]:
        """Return the end position of each record once all are durable."""
        fd = self._segment()
        at = self._end
        buffers: list[bytes] = []
        ends: list[int] = []
        for item in batch:
            head = encode_record(item.signal, item.tenant, item.received_ns, item.body)
            buffers += (head, item.body)
            at += len(head) + len(item.body)
            ends.append(at)
        try:
            _write_all(self._disk, fd, buffers, self._end - self._base)
        except BaseException:
            self._cut_back(fd)
            raise
        try:
            self._disk.sync(fd)
        except BaseException:
            self._seal(self._end - self._base)
            raise
        self._end = at
        self._publish()
        return ends

    def _segment(self) -> int:
        """Return the descriptor of the segment to append to, a new one where the last is full or sealed."""
        if self._fd is not None and self._end - self._base >= self._segment_bytes:
            self._seal(None)
        if self._fd is None:
            self._fd = _create_segment(self._folder, self._disk, self._end)
            self._base = self._end
            self._end += HEADER_BYTES
        return self._fd

    def _cut_back(self, fd: int) -> None:
        """Take a failed write out of the segment again, or stop using the segment."""
        try:
            self._disk.truncate(fd, self._end - self._base)
        except OSError:
            self._seal(None)

    def _seal(self, size: int | None) -> None:
        """Close the segment, cut to `size` bytes if given; what lies behind was never acknowledged."""
        fd, self._fd = self._fd, None
        if fd is None:
            return
        with contextlib.suppress(OSError):  # readers stop at the next segment's first position anyway
            if size is not None:
                self._disk.truncate(fd, size)
        with contextlib.suppress(OSError):
            self._disk.close(fd)

    def _publish(self) -> None:
        """Tell readers how far they may read. A failure only delays them: the records are durable."""
        try:
            self._disk.write(self._end_fd, [encode_end(self._end)], 0)
            self._unpublished = False
        except OSError as exc:
            self._unpublished = True
            _log.error("the journal's end cannot be published: %s", exc.strerror)


def _write_all(disk: Disk, fd: int, buffers: Sequence[bytes], offset: int) -> None:
    for first in range(0, len(buffers), _MAX_BUFFERS):
        left = list(buffers[first : first + _MAX_BUFFERS])
        while left:
            written = disk.write(fd, left, offset)
            if written <= 0:
                raise OSError("the disk took no bytes")
            offset += written
            while left and written >= len(left[0]):
                written -= len(left.pop(0))
            if written:
                left[0] = left[0][written:]


def _create_segment(folder: Path, disk: Disk, base: int) -> int:
    """Return the descriptor of a new segment whose header and name are durable."""
    path = segment_path(folder, base)
    try:
        fd = disk.create(path)
    except FileExistsError:  # left by a failed creation: `base` is the durable end, so it holds no record
        disk.remove(path)
        fd = disk.create(path)
    try:
        _write_all(disk, fd, [encode_header(base)], 0)
        disk.sync(fd)
        disk.sync_folder(folder)
    except BaseException:
        with contextlib.suppress(OSError):
            disk.close(fd)
        with contextlib.suppress(OSError):
            disk.remove(path)
        raise
    return fd


def _recover(folder: Path, disk: Disk, start: int | None) -> int:
    """Cut a torn tail off the last segment; return the position where the next segment starts.

    Damage before the published end is corruption, not a torn tail: the file is left
    as it is, for `read` to report, and the journal goes on behind it.
    """
    published = published_end(folder)
    segments = list_segments(folder)
    if not segments:
        if published is not None:
            return published
        # A lake may outlive its journal. Positions that start at the clock grow faster than bytes
        # can be written (one per ns), so a later journal's positions lie beyond an earlier one's.
        return time.time_ns() if start is None else start
    last = segments[-1]
    scan = scan_to_end(last)
    file_end = last.base + last.size
    headless = scan.position == last.base
    if headless and last.size <= HEADER_BYTES and (published or 0) <= last.base:
        disk.remove(last.path)  # the crash came while it was created
        return last.base
    if headless or (published is not None and scan.position < published):
        _log.error("%s is damaged at offset %d: %s", last.path.name, scan.position - last.base, scan.damage)
        return max(published or 0, file_end)
    fd = disk.open(last.path)
    try:
        if scan.position < file_end:
            _log.warning("%s: %d unacknowledged bytes cut off", last.path.name, file_end - scan.position)
            disk.truncate(fd, scan.position - last.base)
        disk.sync(fd)  # records that only the page cache held become durable before readers see them
    finally:
        disk.close(fd)
    return scan.position


def _lock(folder: Path) -> int:
    """Return a descriptor that holds the folder's exclusive lock and names this process."""
    fd = os.open(folder / LOCK_FILE, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as exc:
        holder = os.pread(fd, 20, 0).decode("ascii", "replace").strip() or "unknown"
        os.close(fd)
        raise PartFailed(
            f"the journal in {folder} is in use by process {holder}",
            hint="stop that collector, or give this one another data folder",
        ) from exc
    os.ftruncate(fd, 0)
    os.pwrite(fd, str(os.getpid()).encode(), 0)
    return fd


def _committed(folder: Path) -> int:
    """Return the position up to which the writer process has committed rows to the lake."""
    try:
        said = int(json.loads((folder / PROGRESS_FILE).read_bytes())["committed"])
        return max(said, first_position(folder))  # a writer that was there first could only say 0
    except (OSError, ValueError, KeyError, TypeError):
        return first_position(folder)
