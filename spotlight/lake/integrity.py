"""Is every file of the lake what was written? DuckDB does not verify page checksums; pyarrow does."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from spotlight.model import TABLES


def damaged_files(lake: Path) -> dict[str, str]:
    """Return the files of the newest snapshot that are missing or damaged, with what is wrong.

    Reads every byte of the lake.
    """
    damaged: dict[str, str] = {}
    for name in TABLES:
        if not (lake / name).is_dir():
            continue
        try:
            files = DeltaTable(str(lake / name)).file_uris()
        except DeltaError as exc:
            damaged[name] = str(exc)
            continue
        for uri in files:
            path = Path(uri.removeprefix("file://"))
            try:
                with pq.ParquetFile(path, page_checksum_verification=True) as file:
                    for _ in file.iter_batches():
                        pass
            except (OSError, pa.ArrowException) as exc:
                damaged[str(path.relative_to(lake))] = str(exc)
    return damaged
