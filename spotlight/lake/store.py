"""Writing the lake: Delta tables whose commits carry the journal position they stand for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, NamedTuple

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, Schema, Transaction
from deltalake.exceptions import DeltaError
from deltalake.transaction import AddAction, RemoveAction

from spotlight.errors import LakeError
from spotlight.lake.files import split_by_partition, write_part
from spotlight.lake.widened import widen
from spotlight.model import PARTITION, TABLES, Table

# A commit takes longer the more log entries are kept: 9 ms with 10, 38 ms with 3,000, 136 ms with
# 12,000, and a busy writer makes three a second. Entries older than the last checkpoint and ten
# minutes go; a reader that was away longer starts again from a checkpoint.
_CONFIGURATION: Final = {
    "delta.logRetentionDuration": "interval 10 minutes",
    "delta.checkpointInterval": "100",
}


class Stretch(NamedTuple):
    """The stretch of a journal that a batch was made from: bytes [start, end) of journal `journal`."""

    journal: str
    start: int
    end: int


class Lake:
    """The tables of one lake, open for writing by one process per journal.

    A batch is committed table by table in a fixed order. Each commit names the stretch of the
    journal it came from as Delta application transactions, so that after a crash `last_batch`
    tells which stretch must be made again and `is_committed` which tables already hold it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._tables = {name: _open_or_create(folder / name, table) for name, table in TABLES.items()}

    def append(self, name: str, rows: pa.Table, batch: Stretch | None = None) -> int:
        """Commit `rows` to a table and return the table's new version; no rows, no commit.

        Raises: LakeError when the table cannot be written or another process committed this batch.
        """
        return self.append_parts(name, [rows], batch)

    def append_parts(self, name: str, parts: Iterable[pa.Table], batch: Stretch | None = None) -> int:
        """Commit rows that need not be held in memory together: all of them at once, as `append` does."""
        delta, table = self._tables[name], TABLES[name]
        actions: list[AddAction | RemoveAction] = []
        count = 0
        try:
            for rows in parts:
                count += rows.num_rows
                if rows.num_rows:
                    actions += [
                        write_part(self.folder / name, table, part) for part in split_by_partition(rows)
                    ]
            if not actions:
                return delta.version()
            delta.create_write_transaction(
                actions,
                mode="append",
                schema=delta.schema(),
                partition_by=list(PARTITION),
                commit_properties=CommitProperties(app_transactions=_transactions(batch)),
            )
            # A handle that is behind would let a second commit of the same batch pass.
            delta.update_incremental()
        except (DeltaError, OSError) as exc:
            raise LakeError(
                f"cannot commit {count} rows to table {name!r} in {self.folder}: {exc}",
                hint="check free space and permissions of the lake folder",
            ) from exc
        return delta.version()

    def last_batch(self, journal: str) -> Stretch | None:
        """Return the newest batch of a journal that at least one table holds, None before the first."""
        ends = {n: t.transaction_version(_end_key(journal)) for n, t in self._tables.items()}
        newest = max(((end, name) for name, end in ends.items() if end is not None), default=None)
        if newest is None:
            return None
        end, name = newest
        start = self._tables[name].transaction_version(_start_key(journal))
        return Stretch(journal, start or 0, end)

    def is_committed(self, name: str, batch: Stretch) -> bool:
        """True where the table already holds its rows of this batch."""
        end = self._tables[name].transaction_version(_end_key(batch.journal))
        return end is not None and end >= batch.end

    def tenants(self) -> list[str]:
        """Return the tenants that have spans."""
        return sorted({str(p["tenant"]) for p in self._tables["spans"].partitions()})

    def handle(self, name: str) -> DeltaTable:
        """Return the open Delta table, for maintenance."""
        return self._tables[name]


def _open_or_create(path: Path, table: Table) -> DeltaTable:
    """Open a Delta table; create it, empty, where there is none."""
    try:
        if DeltaTable.is_deltatable(str(path)):
            delta = _configured(DeltaTable(str(path)))
            widen(delta, table)
            return delta
        path.mkdir(parents=True, exist_ok=True)
        return DeltaTable.create(
            str(path),
            schema=Schema.from_arrow(table.schema),
            mode="ignore",
            partition_by=list(PARTITION),
            name=table.name,
            description=table.grain,
            configuration=_CONFIGURATION,
        )
    except (DeltaError, OSError) as exc:
        raise LakeError(
            f"cannot open table {table.name!r} at {path}: {exc}",
            hint="is this a Spotlight data folder, and may you write to it?",
        ) from exc


def _configured(delta: DeltaTable) -> DeltaTable:
    """Return the table with our configuration, which one made by an earlier version may lack."""
    if any(delta.metadata().configuration.get(key) != value for key, value in _CONFIGURATION.items()):
        delta.alter.set_table_properties(_CONFIGURATION)
        delta.update_incremental()
    return delta


def _end_key(journal: str) -> str:
    return f"journal:{journal}"


def _start_key(journal: str) -> str:
    return f"journal:{journal}:start"


def _transactions(batch: Stretch | None) -> list[Transaction]:
    if batch is None:
        return []
    versions: Mapping[str, int] = {_end_key(batch.journal): batch.end, _start_key(batch.journal): batch.start}
    return [Transaction(app_id=key, version=version) for key, version in versions.items()]
