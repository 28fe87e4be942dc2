"""Reading the lake: DuckDB views over the files of one snapshot, for one tenant."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib import resources
from pathlib import Path
from typing import NamedTuple

import duckdb
import pyarrow as pa
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from spotlight.errors import LakeError
from spotlight.model import DEFAULT_TENANT, TABLES, Table

VIEWS = ("spans", "payloads", "logs", "metrics", "receipts", "runs")
# Two commits within one clock tick of the file system give a folder one modification time; a folder
# changed this recently is looked into again.
_TICK_NS = 50_000_000


class Scope(NamedTuple):
    """Whose rows may be read."""

    tenant: str = DEFAULT_TENANT


@cache
def view_sql(name: str) -> str:
    """Return the SQL text of one of the lake's views."""
    return resources.files("spotlight.lake").joinpath(f"sql/{name}.sql").read_text(encoding="utf-8")


class Reader:
    """A tenant's view of the lake: `query` always sees the newest committed snapshot.

    Only the tenant's own files are named in the views, so no SQL can reach another tenant's rows.
    One reader serves many threads; each query runs on a cursor of its own.
    """

    def __init__(self, folder: Path, scope: Scope, macros: tuple[str, ...] = ()) -> None:
        self.folder = folder
        self.scope = scope
        self._lock = threading.Lock()
        self._con = duckdb.connect(":memory:")
        self._seen: dict[str, tuple[DeltaTable, int]] = {}
        for name in TABLES:
            _define_empty(self._con, TABLES[name])
        _define_views(self._con)
        for macro in macros:
            self._con.execute(macro)
        self.refresh()

    def query(self, sql: str, params: Mapping[str, object] | None = None) -> pa.Table:
        """Run one of our own SQL texts with named parameters and return its rows as Arrow."""
        self.refresh()
        with self._con.cursor() as cursor:
            try:
                return cursor.sql(sql, params=dict(params or {})).to_arrow_table()
            except duckdb.Error as exc:
                raise LakeError(f"the lake cannot answer: {exc}", hint="run `spotlight doctor`") from exc

    def version(self) -> int:
        """Return a number that grows with every commit to any table."""
        self.refresh()
        return sum(delta.version() + 1 for delta, _ in self._seen.values())

    def refresh(self) -> None:
        """Take up commits made since the last look; costs some microseconds when there are none."""
        with self._lock:
            for table in TABLES.values():
                self._refresh_table(table)

    def _refresh_table(self, table: Table) -> None:
        path = self.folder / table.name
        changed_ns = _modified_ns(path / "_delta_log")
        if changed_ns is None:
            return
        known = self._seen.get(table.name)
        if known is not None and known[1] == changed_ns and time.time_ns() - changed_ns > _TICK_NS:
            return
        try:
            if known is None:
                delta = DeltaTable(str(path))
            else:
                delta, before = known[0], known[0].version()
                delta.update_incremental()
                if delta.version() == before:
                    self._seen[table.name] = (delta, changed_ns)
                    return
            files = self._files(delta)
        except DeltaError as exc:
            raise LakeError(f"cannot read table {table.name!r} in {self.folder}: {exc}",
                            hint="run `spotlight doctor`") from exc  # fmt: skip
        _define_stored(self._con, table, files)
        self._seen[table.name] = (delta, changed_ns)

    def _files(self, delta: DeltaTable) -> list[str]:
        """Paths of the snapshot's files that belong to this reader's tenant."""
        actions = pa.table(delta.get_add_actions(flatten=True))
        if actions.num_rows == 0:
            return []
        rows = actions.select(["path", "partition.tenant"]).to_pylist()
        root = Path(delta.table_uri.removeprefix("file://"))
        return [str(root / r["path"]) for r in rows if r["partition.tenant"] == self.scope.tenant]

    @contextmanager
    def user_connection(self, *, memory_limit: str = "2GB") -> Iterator[duckdb.DuckDBPyConnection]:
        """Yield a connection for SQL a user typed: the views of this snapshot and nothing else.

        It may read the snapshot's own files only, and neither settings, extensions, other files
        nor writes are open to it.
        """
        self.refresh()
        con = duckdb.connect(":memory:")
        try:
            with self._lock:
                files = {n: self._files(delta) for n, (delta, _) in self._seen.items()}
            for name, table in TABLES.items():
                _define_stored(con, table, files.get(name, []))
            _define_views(con)
            con.execute(f"set memory_limit = '{memory_limit}'")
            con.execute("set allowed_paths = $paths", {"paths": [p for paths in files.values() for p in paths]})
            con.execute("set enable_external_access = false")
            con.execute("set lock_configuration = true")
            yield con
        finally:
            con.close()


def empty_connection() -> duckdb.DuckDBPyConnection:
    """Return a connection with every view of the lake over empty tables, for checking SQL."""
    con = duckdb.connect(":memory:")
    for table in TABLES.values():
        _define_empty(con, table)
    _define_views(con)
    return con


def _define_views(con: duckdb.DuckDBPyConnection) -> None:
    for name in VIEWS:
        con.execute(f"create or replace view {name} as {view_sql(name)}")


def _define_stored(con: duckdb.DuckDBPyConnection, table: Table, files: list[str]) -> None:
    """Point `stored_<table>` at exactly these files."""
    if not files:
        _define_empty(con, table)
        return
    listed = ", ".join("'" + f.replace("'", "''") + "'" for f in files)
    columns = ", ".join(c.name for c in table.columns)
    con.execute(
        f"create or replace view stored_{table.name} as select {columns} from read_parquet([{listed}], "  # noqa: S608
        "hive_partitioning = true, hive_types = {'tenant': varchar, 'date': date})"
    )


def _define_empty(con: duckdb.DuckDBPyConnection, table: Table) -> None:
    columns = ", ".join(f"cast(null as {_duckdb_type(c.type)}) as {c.name}" for c in table.columns)
    con.execute(f"create or replace view stored_{table.name} as select {columns} where false")


def _duckdb_type(kind: pa.DataType) -> str:
    if pa.types.is_list(kind):
        return f"{_duckdb_type(kind.value_type)}[]"
    return _DUCKDB_TYPES[kind]


_DUCKDB_TYPES = {
    pa.string(): "varchar",
    pa.int32(): "integer",
    pa.int64(): "bigint",
    pa.float64(): "double",
    pa.bool_(): "boolean",
    pa.date32(): "date",
}


def _modified_ns(folder: Path) -> int | None:
    try:
        return folder.stat().st_mtime_ns
    except FileNotFoundError:
        return None
