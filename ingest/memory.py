"""Keeping freed memory: batches of one size follow each other."""

from __future__ import annotations

import contextlib
import ctypes
from typing import Final

import pyarrow as pa

# <malloc.h> of glibc
_M_TRIM_THRESHOLD: Final = -1
_M_TOP_PAD: Final = -2
_M_MMAP_THRESHOLD: Final = -3


_LARGEST_BLOCK: Final = 32 << 20  # glibc refuses more: HEAP_MAX_SIZE / 2
_KEPT_BYTES: Final = 128 << 20


def keep_freed_memory() -> None:
    """Have one allocator serve everything, and reuse freed blocks instead of giving them back.

    Each batch needs the buffers that the one before gave back, and the kernel would clear them
    page by page: that took half the time of the first batches. Arrow's own allocator keeps a
    second store of freed blocks (130 MB at the peak) and is not faster here. `mallopt` is glibc's;
    other C libraries do as they always do.
    """
    pa.set_memory_pool(pa.system_memory_pool())
    with contextlib.suppress(OSError, AttributeError):
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_M_MMAP_THRESHOLD, _LARGEST_BLOCK)
        mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)
        mallopt(_M_TOP_PAD, _LARGEST_BLOCK)
