"""What the test workers of one run share: folders that are filled once, by whoever needs them first."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


def common_folder(factory: pytest.TempPathFactory) -> Path:
    """Return the temporary folder of this run of the tests, the same one in every worker."""
    own = factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


def made_once(folder: Path, make: Callable[[Path], object]) -> Path:
    """Return the folder that `make` fills; only the first worker that asks runs it.

    Nobody may write into the folder afterwards: a test that must takes a copy.
    """
    done = folder.with_name(f"{folder.name}.made")
    with locked(folder):
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)
            make(folder)
            done.touch()
    return folder


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep the other workers away from a folder; a process that dies lets go."""
    with folder.with_name(f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
