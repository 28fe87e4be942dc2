"""Parquet files as the lake writes them."""

from __future__ import annotations

import datetime as dt
import json
import os
import time
import uuid
from pathlib import Path
from typing import Final, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from deltalake.transaction import AddAction

from spotlight.model import PARTITION, Table

# Rows per row group: payload rows are large and read one trace at a time.
_ROW_GROUP = {"payloads": 8_192}
_DEFAULT_ROW_GROUP = 131_072
# Of compacted tables that are read one trace at a time; the others are read whole, column by column.
_COMPACTED_ROW_GROUP = {"spans": 20_480, "payloads": 8_192, "logs": 20_480}
# Bytes of content per row group of compacted payloads: a reader of one run unpacks whole row groups, and a
# call that carries the history of a long run has megabytes.
_COMPACTED_GROUP_BYTES: Final = 16 << 20
_LEAST_GROUP: Final = 64
# zstd levels. Content is packed well once, at compaction, when the calls of a run stand together: 26 to 47 %
# less on disk than level 1, at 70 MB/s and more (docs/adr/005). Everything else must be quick to write.
_LEVEL: Final = 1
_COMPACTED_LEVEL: Final = {"payloads": 6}
# Read whole by every question about cost: unpacking zstd took a third of its processor time (300 -> 260 ms).
_CODEC: Final = {"run_usage": "lz4"}
# Minimum and maximum are kept for the columns by which a reader can skip whole row groups: rows come, or
# are compacted, in the order of these. Of the rest they cost a seventh of the time to write and skip nothing.
_STATISTICS = frozenset(
    ["started_ns", "received_ns", "time_ns", "journal_position", "assembled_position", "trace_id", "span_id",
     "run_id", "run_version", "replaces", "session_id", "name", "key", "score_id", "first_ns", "last_ns"]
)  # fmt: skip


class Part(NamedTuple):
    """The rows of one partition."""

    tenant: str
    date: dt.date
    rows: pa.Table


def split_by_partition(rows: pa.Table) -> list[Part]:
    """Return the rows per (tenant, date), each part without its partition columns."""
    tenants, dates = rows.column("tenant"), rows.column("date")
    body = rows.drop_columns(list(PARTITION))
    parts = []
    for tenant in pc.unique(tenants).to_pylist():
        of_tenant = pc.equal(tenants, tenant)
        for date in pc.unique(dates.filter(of_tenant)).to_pylist():
            mask = pc.and_(of_tenant, pc.equal(dates, pa.scalar(date, pa.date32())))
            parts.append(Part(tenant, date, body if pc.all(mask).as_py() else body.filter(mask)))
    return parts


def write_part(root: Path, table: Table, part: Part, *, compacted: bool = False) -> AddAction:
    """Write one partition's rows as one durable Parquet file and return its Delta action.

    `compacted` rows were in the table before, and are sorted: of spans, small row groups then let a reader
    of one trace skip the rest.
    """
    folder = root / f"tenant={part.tenant}" / f"date={part.date.isoformat()}"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{uuid.uuid4().hex}.parquet"
    names = part.rows.column_names
    codec = _CODEC.get(table.name, "zstd")
    level = _COMPACTED_LEVEL.get(table.name, _LEVEL) if compacted else _LEVEL
    pq.write_table(
        part.rows,
        path,
        compression=codec,
        compression_level=level if codec == "zstd" else None,
        row_group_size=_group_rows(table.name, part.rows, compacted=compacted),
        use_dictionary=[n for n in names if n not in table.plain],
        write_statistics=[n for n in names if n in _STATISTICS],
        write_page_checksum=True,
        store_decimal_as_integer=True,  # 8 bytes instead of 16 that are read one by one
    )
    _sync(path)
    _sync(folder)
    return AddAction(
        path=path.relative_to(root).as_posix(),
        size=path.stat().st_size,
        partition_values={"tenant": part.tenant, "date": part.date.isoformat()},
        modification_time=time.time_ns() // 1_000_000,
        data_change=not compacted,
        stats=json.dumps(_statistics(part.rows)),
    )


def _group_rows(name: str, rows: pa.Table, *, compacted: bool) -> int:
    """Return how many rows a row group of the file takes."""
    if not compacted:
        return _ROW_GROUP.get(name, _DEFAULT_ROW_GROUP)
    most = _COMPACTED_ROW_GROUP.get(name, _DEFAULT_ROW_GROUP)
    if name != "payloads" or not rows.num_rows:
        return most
    by_size = int(_COMPACTED_GROUP_BYTES * rows.num_rows / max(1, rows.nbytes))
    return min(most, max(_LEAST_GROUP, by_size))


def _statistics(rows: pa.Table) -> dict[str, object]:
    """Delta's per-file statistics: the row count, and the time range where rows have a start."""
    stats: dict[str, object] = {"numRecords": rows.num_rows}
    for name in ("started_ns", "time_ns"):
        if name in rows.column_names:
            ends = pc.min_max(rows.column(name)).as_py()
            if ends["min"] is not None:
                stats |= {"minValues": {name: ends["min"]}, "maxValues": {name: ends["max"]}}
    return stats


def _sync(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
