"""Keeping the lake quick to read: small files become large ones, old versions of runs go.

Recorded rows are only moved, never changed; counts of sources are added up. Each step is one Delta
commit that takes the small files out and puts the large one in, so readers see either and never both.
"""

from __future__ import annotations

import datetime as dt
import logging
import time
from pathlib import Path
from typing import Final, NamedTuple

import duckdb
import pyarrow as pa
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError
from deltalake.transaction import AddAction, RemoveAction

from spotlight.lake.files import Part, write_part
from spotlight.lake.store import Lake
from spotlight.lake.texts import remove_stale, text_files
from spotlight.lake.widened import columns_sql, files_sql, is_widened
from spotlight.model import PARTITION, PAYLOADS, RUNS, TABLES, Column, Table

SMALL_BYTES: Final = 16 << 20
MIN_FILES: Final = 16
MIN_FILES_BUSY: Final = 256  # while batches wait, compaction takes their time: let more files come together
# What one step reads at most: Arrow needs several times this in memory.
MAX_STEP_BYTES: Final = 64 << 20
# What was said is read for searches for so long at a time: batches wait meanwhile.
TEXTS_S: Final = 0.5
# Readers that opened an older snapshot may still read its files for this long.
KEEP_REMOVED_HOURS: Final = 1

_ORDER: Final = {
    "runs": "started_ns, run_version",
    "steps": "run_version, step",  # runs one after the other, in the order of time
    "run_usage": "run_version",
    "costs": "run_version, span_id",
    "receipts": "received_ns",
    "replaced": "trace_id",
    "metrics": "name, time_ns",
    "logs": "time_ns",
    "scores": "score_id",
    "sources": "received_ns",
    "source_keys": "received_ns, key",
}
# Tables of counts: what a row is counted by within an hour of arrivals; the other numbers add up.
_COUNTED_BY: Final = {
    "sources": ("service_name", "scope_name", "signal", "dialect"),
    "source_keys": ("service_name", "scope_name", "signal", "dialect", "key", "mapped"),
}
_HOUR_NS: Final = 3_600_000_000_000
# Tables whose rows belong to a version of a run, and go when another version has replaced it.
_OF_VERSIONS: Final = ("runs", "run_usage", "steps", "costs")
# A version in the middle leaves its two numbers for as long as rows of the version before it are stored:
# nothing else would say that those were replaced.
_LINKS: Final = """
select run_version, replaces
from small
where replaces is not null
  and run_version in (select replaces from all_runs)
  and (
    replaces in (select run_version from other_runs where is_agent_run is not null)
    or replaces in (select run_version from all_steps)
    or replaces in (select run_version from all_run_usage)
    or replaces in (select run_version from all_costs)
  )
"""
_NO_ROWS: Final = (
    "create view {view} as select 0 as run_version, 0 as replaces, true as is_agent_run where false"
)
_log = logging.getLogger(__name__)


class _File(NamedTuple):
    path: str
    size: int
    tenant: str
    date: dt.date


def maintain(lake: Lake, min_files: int = MIN_FILES) -> int:
    """Compact every partition that has many small files; return how many files went away."""
    removed = 0
    for name in sorted(TABLES, key=lambda n: n == RUNS.name):  # runs last: what they hid is gone by then
        try:
            removed += _compact_table(lake, TABLES[name], min_files)
        except (DeltaError, duckdb.Error, OSError) as exc:
            _log.warning("table %s was not compacted, it stays readable as it is: %s", name, exc)
    _keep_texts(lake)
    return removed


def _keep_texts(lake: Lake) -> None:
    """Make the texts of payloads ready to be searched, as many as there is time for."""
    try:
        actions = pa.table(lake.handle(PAYLOADS.name).get_add_actions(flatten=True))
        root = lake.folder.absolute()
        files = [str(root / PAYLOADS.name / path) for path in actions.column("path").to_pylist()]
        remove_stale(root, files)
        text_files(root, files, budget_s=TEXTS_S)
    except (DeltaError, OSError, pa.ArrowException) as exc:
        _log.warning("payloads were not made ready for searches, the first search will: %s", exc)


def _compact_table(lake: Lake, table: Table, min_files: int) -> int:
    delta = lake.handle(table.name)
    removed = 0
    for group in _groups(delta, min_files):
        of_versions = _version_files(lake, group[0].tenant) if table.name in _OF_VERSIONS else {}
        _replace(lake.folder / table.name, delta, table, group, of_versions)
        removed += len(group)
    if removed:
        # full: also files that a writer wrote and was killed before it could commit them
        delta.vacuum(KEEP_REMOVED_HOURS, dry_run=False, enforce_retention_duration=False, full=True)
    return removed


def _groups(delta: DeltaTable, min_files: int) -> list[list[_File]]:
    """Return the small files to be made one, a group per partition that has many of them."""
    actions = pa.table(delta.get_add_actions(flatten=True))
    if not actions.num_rows:
        return []
    wanted = actions.select(["path", "size_bytes", "partition.tenant", "partition.date"]).to_pylist()
    partitions: dict[tuple[str, dt.date], list[_File]] = {}
    for row in wanted:
        file = _File(row["path"], row["size_bytes"], row["partition.tenant"], row["partition.date"])
        if file.size < SMALL_BYTES:
            partitions.setdefault((file.tenant, file.date), []).append(file)
    return [_up_to_limit(files) for files in partitions.values() if len(files) >= min_files]


def _up_to_limit(files: list[_File]) -> list[_File]:
    """Return the smallest files that one step can take."""
    taken: list[_File] = []
    total = 0
    for file in sorted(files, key=lambda f: f.size):
        total += file.size
        if total > MAX_STEP_BYTES and len(taken) >= MIN_FILES:
            break
        taken.append(file)
    return taken


def _version_files(lake: Lake, tenant: str) -> dict[str, list[str]]:
    """Return all files of a tenant that hold rows of versions of runs, by table."""
    found = {}
    for name in _OF_VERSIONS:
        delta = lake.handle(name)
        actions = pa.table(delta.get_add_actions(flatten=True))
        rows = actions.select(["path", "partition.tenant"]).to_pylist() if actions.num_rows else []
        root = lake.folder / name
        found[name] = [str(root / row["path"]) for row in rows if row["partition.tenant"] == tenant]
    return found


def _replace(
    root: Path, delta: DeltaTable, table: Table, group: list[_File], of_versions: dict[str, list[str]]
) -> None:
    rows = _read_sorted(root, table, group, of_versions, widened=is_widened(delta, table))
    part = Part(group[0].tenant, group[0].date, rows)
    actions: list[AddAction | RemoveAction] = [_remove(file) for file in group]
    if rows.num_rows:
        actions.append(write_part(root, table, part, compacted=True))
    delta.create_write_transaction(
        actions, mode="append", schema=delta.schema(), partition_by=list(PARTITION)
    )
    delta.update_incremental()
    _log.info("table %s: %d small files became one of %d rows", table.name, len(group), rows.num_rows)


def _remove(file: _File) -> RemoveAction:
    return RemoveAction(
        path=file.path,
        data_change=False,
        deletion_timestamp=time.time_ns() // 1_000_000,
        size=file.size,
        partition_values={"tenant": file.tenant, "date": file.date.isoformat()},
    )


def _read_sorted(
    root: Path, table: Table, group: list[_File], of_versions: dict[str, list[str]], *, widened: bool
) -> pa.Table:
    body = [c for c in table.columns if c.name not in PARTITION]
    order = _ORDER.get(table.name, "trace_id, started_ns")
    with duckdb.connect(":memory:") as con:
        con.execute("set threads = 1")  # beside ingest, not instead of it
        small = [str(root / f.path) for f in group]
        con.execute(_read("found", small, widened=widened))
        columns = columns_sql(con, table, body, "found") if widened else "*"
        con.execute(f"create view small as select {columns} from found")  # noqa: S608
        con.execute(
            _read("other_runs", sorted(set(of_versions.get("runs", [])) - set(small)), widened=widened)
        )
        for name, files in of_versions.items():
            con.execute(_read(f"all_{name}", files, widened=widened))
        rows = con.sql(f"{_kept(table, body)} order by {order}").to_arrow_table()
    return rows.cast(pa.schema([pa.field(c.name, c.type) for c in body]))


def _read(view: str, files: list[str], *, widened: bool = False) -> str:
    if not files:
        return _NO_ROWS.format(view=view)
    source = files_sql(files, "hive_partitioning = false", widened=widened)
    return f"create view {view} as select * from {source}"  # noqa: S608


def _kept(table: Table, body: list[Column]) -> str:
    """Return what is kept of the small files: rows, what counts add up to, or the versions that count."""
    by = _COUNTED_BY.get(table.name)
    if by is not None:
        added = ", ".join(c.name if c.name in by else f"{_added_up(c)} as {c.name}" for c in body)
        return f"select {added} from small group by {', '.join(by)}, received_ns // {_HOUR_NS}"  # noqa: S608
    every = ", ".join(c.name for c in body)
    if table.name not in _OF_VERSIONS:
        return f"select {every} from small"  # noqa: S608
    current = f"select {every} from small anti join all_runs as n on n.replaces = small.run_version"  # noqa: S608
    return f"{current} union all by name {_LINKS}" if table.name == RUNS.name else current


def _added_up(column: Column) -> str:
    how = {"received_ns": "max", "journal_position": "max", "type": "any_value"}.get(column.name, "sum")
    return f"cast({how}({column.name}) as {'varchar' if column.type == pa.string() else 'bigint'})"
