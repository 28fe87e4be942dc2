"""The file operations of the journal, behind one class so that tests can make them fail."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final


class Disk:
    """The real disk; every method raises OSError as the system call does.

    Offsets are explicit, so a write after a failed one lands where the journal
    says, whatever the file position has become.
    """

    def create(self, path: Path) -> int:
        """Return a descriptor of a new file; FileExistsError where there is one already."""
        return os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)

    def open(self, path: Path) -> int:
        """Return a descriptor for writing to a file, created where it is missing."""
        return os.open(path, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o600)

    def write(self, fd: int, buffers: Sequence[bytes], offset: int) -> int:
        """Return how many bytes of `buffers` were written at `offset`; may be fewer than given."""
        return os.pwritev(fd, buffers, offset)

    def sync(self, fd: int) -> None:
        """Return once the file's data is on stable storage."""
        os.fdatasync(fd)

    def truncate(self, fd: int, size: int) -> None:
        """Cut the file to `size` bytes."""
        os.ftruncate(fd, size)

    def close(self, fd: int) -> None:
        """Give the descriptor back."""
        os.close(fd)

    def remove(self, path: Path) -> None:
        """Unlink the file."""
        path.unlink()

    def sync_folder(self, folder: Path) -> None:
        """Return once the names in `folder` are on stable storage."""
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)


REAL_DISK: Final = Disk()
