"""Reading the lake: DuckDB views over the files of one snapshot, for one tenant."""

from __future__ import annotations

import threading
import time
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import duckdb
import pyarrow as pa
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from spotlight.errors import LakeError, QueryRefused
from spotlight.lake.definitions import (
    EVERYTHING,
    KEPT,
    STORED_TEXTS,
    Needed,
    needed,
    needed_by_user,
    sql_text,
)
from spotlight.lake.texts import text_files
from spotlight.lake.user_sql import check_select
from spotlight.lake.widened import columns_sql, duckdb_type, files_sql, is_widened
from spotlight.model import COSTS, DEFAULT_TENANT, PAYLOADS, REPLACED, TABLES, Table

# A connection to DuckDB, for those who may not import it.
Connection = duckdb.DuckDBPyConnection
# What views are while a table is empty (nothing was priced again; no span came a second time): a join with
# nothing still reads the columns it joins by, and took 120 ms of 300 over 3 million steps.
_WITHOUT: Final = {
    COSTS.name: {"assembled_runs": "from current_runs", "steps": "from current_steps"},
    REPLACED.name: {"spans": "from stored_spans", "payloads": "from stored_payloads"},
}
# Two commits within one clock tick of the file system give a folder one modification time; a folder
# changed this recently is looked into again.
_TICK_NS = 50_000_000
# `con.sql` would copy the rows once less, but binds a question twice: 22 ms of the 73 ms of processor time
# that a page of 20 runs took.
warnings.filterwarnings("ignore", "Arrow output on a DB-API result makes an extra copy", UserWarning)


class Scope(NamedTuple):
    """Whose rows may be read."""

    tenant: str = DEFAULT_TENANT


class TableSize(NamedTuple):
    """How large a tenant's part of a table is."""

    rows: int
    files: int
    bytes: int
    missing_files: int


class Reader:
    """A tenant's view of the lake: `query` always sees the newest committed snapshot.

    Only the tenant's own files are named in the views, so no SQL can reach another tenant's rows.
    One reader serves many threads; each query runs on a cursor of its own.
    """

    def __init__(self, folder: Path, scope: Scope, macros: tuple[str, ...] = ()) -> None:
        self.folder = folder
        self.scope = scope
        self._macros = macros
        self._lock = threading.Lock()
        self._con = duckdb.connect(":memory:")
        self._seen: dict[str, tuple[DeltaTable, int]] = {}
        self._defined: set[str] = set()  # names of views, texts of macros
        self._empty: set[str] = set()  # tables that are not there yet
        self._kept: dict[str, list[int | None]] = {}  # what was kept -> of which versions of its tables
        self._filled: set[str] = set()  # tables with rows
        self._texts_lock = threading.Lock()
        self._texts: list[Path] | None = None  # files that `stored_texts` is defined over

    def query(
        self,
        sql: str,
        params: Mapping[str, object] | None = None,
        given: Mapping[str, pa.Table] | None = None,
        around: tuple[str, ...] = (),
    ) -> pa.Table:
        """Run one of our own SQL texts with named parameters and return its rows as Arrow.

        For this query alone, the tables `given` can be named in it, and the definitions `around` stand.
        """
        try:
            self._define("\n".join((sql, *around)))
            with self._con.cursor() as cursor:
                for name, table in (given or {}).items():
                    cursor.register(name, table)
                for definition in around:
                    cursor.execute(definition)
                return cursor.execute(sql, dict(params or {})).to_arrow_table()
        except duckdb.Error as exc:
            raise LakeError(f"the lake cannot answer: {exc}", hint="run `spotlight doctor`") from exc

    def version(self) -> int:
        """Return a number that grows with every commit to any table."""
        self.refresh()
        return sum(delta.version() + 1 for delta, _ in self._seen.values())

    def sizes(self) -> dict[str, TableSize]:
        """Return the size of every table's newest snapshot; files are looked up, not read."""
        self.refresh()
        sizes = {}
        with self._lock:
            for name, (delta, _) in self._seen.items():
                own = [f for f in _actions(delta) if f["partition.tenant"] == self.scope.tenant]
                missing = sum(not (self.folder / name / f["path"]).exists() for f in own)
                rows, size = (sum(f[c] or 0 for f in own) for c in ("num_records", "size_bytes"))
                sizes[name] = TableSize(rows, len(own), size, missing)
        return sizes

    def rows(self, name: str) -> int:
        """Return how many rows a table has, replaced versions included."""
        with self._lock:
            self._refresh_table(TABLES[name])
            known = self._seen.get(name)
            own = (
                [f for f in _actions(known[0]) if f["partition.tenant"] == self.scope.tenant] if known else []
            )
            return sum(f["num_records"] or 0 for f in own)

    def refresh(self) -> None:
        """Take up commits made since the last look; costs some microseconds when there are none."""
        with self._lock:
            for table in TABLES.values():
                self._refresh_table(table)

    def _define(self, sql: str) -> None:
        """Make what a text is built on stand for the newest commits."""
        wanted = needed(sql, self._macros)
        if wanted.texts:
            self._define_texts()
        with self._lock:
            for name in wanted.tables:
                self._refresh_table(TABLES[name])
            for name in wanted.views:
                if name in KEPT:
                    self._keep(name)
                elif name not in self._defined:
                    _define_views(self._con, [name], self._filled)
            for macro in wanted.macros:
                if macro not in self._defined:
                    self._con.execute(macro)
            self._defined.update(wanted.views, wanted.macros)

    def _define_texts(self) -> None:
        """Point `stored_texts` at the texts of the newest payloads; those missing are made first."""
        with self._texts_lock:
            with self._lock:
                self._refresh_table(PAYLOADS)
                known = self._seen.get(PAYLOADS.name)
                payloads = self._files(PAYLOADS.name, known[0]) if known else []
            files = text_files(self.folder.absolute(), payloads)
            if files != self._texts:
                _define_texts(self._con, files)
                self._texts = files

    def _keep(self, name: str) -> None:
        """Make the rows of a view a table in memory, unless they are and nothing has changed since."""
        sql = sql_text("spotlight.lake", name)
        seen = [self._seen.get(table) for table in needed(sql, ()).tables]
        versions = [known and known[0].version() for known in seen]
        if self._kept.get(name) != versions:
            self._con.execute(f"create or replace table {name} as {sql}")
            self._kept[name] = versions

    def _refresh_table(self, table: Table) -> None:
        path = self.folder / table.name
        changed_ns = _modified_ns(path / "_delta_log")
        if changed_ns is None:
            if table.name not in self._empty:
                _define_empty(self._con, table)
                self._empty.add(table.name)
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
            files = self._files(table.name, delta)
        except DeltaError as exc:
            raise LakeError(f"cannot read table {table.name!r} in {self.folder}: {exc}",
                            hint="run `spotlight doctor`") from exc  # fmt: skip
        try:
            _define_stored(self._con, table, files, widened=is_widened(delta, table))
            if (table.name in self._filled) != bool(files):
                self._filled ^= {table.name}
                self._defined -= set(_WITHOUT.get(table.name, ()))
        except duckdb.BinderException as exc:
            raise LakeError(
                f"table {table.name!r} in {self.folder} was made by another version of Spotlight: {exc}",
                hint="load the telemetry into a new data folder with `spotlight load`",
            ) from exc
        self._seen[table.name] = (delta, changed_ns)

    def _files(self, name: str, delta: DeltaTable) -> list[str]:
        """Paths of the snapshot's files that belong to this reader's tenant."""
        root = (self.folder / name).absolute()  # its own address is percent-encoded
        return [str(root / f["path"]) for f in _actions(delta) if f["partition.tenant"] == self.scope.tenant]

    def user_query(self, sql: str, *, limit: int, memory_limit: str = "2GB") -> pa.Table:
        """Return at most `limit` rows of one select that a user typed.

        It runs on a connection of its own that may read this snapshot's files and nothing else:
        no settings, extensions, other files or writes.
        Raises: QueryRefused for anything but one select, and for a select DuckDB cannot run.
        """
        check_select(sql)
        try:
            return self._user_rows(sql, limit, memory_limit, needed_by_user(sql))
        except QueryRefused:  # the hint for a name that does not exist names those that do
            return self._user_rows(sql, limit, memory_limit, EVERYTHING)

    def _user_rows(self, sql: str, limit: int, memory_limit: str, wanted: Needed) -> pa.Table:
        with self.snapshot(memory_limit, wanted) as con:
            try:
                return con.sql(sql).limit(limit).to_arrow_table()
            except duckdb.Error as exc:
                raise QueryRefused(
                    f"DuckDB cannot run this: {exc}",
                    hint='`spotlight query "describe runs"` lists the columns',
                ) from exc

    def snapshot(self, memory_limit: str = "2GB", wanted: Needed = EVERYTHING) -> Connection:
        """Return a connection of its own with views over the newest snapshot; the caller closes it.

        It may read this snapshot's files and nothing else: no settings, extensions, other files or writes.
        """
        with self._lock:
            for name in wanted.tables:
                self._refresh_table(TABLES[name])
            seen = {name: self._seen[name] for name in wanted.tables if name in self._seen}
            files = {name: self._files(name, delta) for name, (delta, _) in seen.items()}
            widened = {name for name, (delta, _) in seen.items() if is_widened(delta, TABLES[name])}
        con = duckdb.connect(":memory:")
        for name in wanted.tables:
            _define_stored(con, TABLES[name], files.get(name, []), widened=name in widened)
        _define_views(con, wanted.views, {name for name in files if files[name]})
        con.execute(f"set memory_limit = '{memory_limit}'")
        con.execute("set allowed_paths = $paths", {"paths": [p for paths in files.values() for p in paths]})
        con.execute("set enable_external_access = false")
        con.execute("set lock_configuration = true")
        return con


def empty_connection(sql: str, macros: tuple[str, ...]) -> duckdb.DuckDBPyConnection:
    """Return a connection with what a reader would define for a text, over empty tables: to check SQL."""
    con = duckdb.connect(":memory:")
    wanted = needed(sql, macros)
    for name in wanted.tables:
        _define_empty(con, TABLES[name])
    _define_views(con, wanted.views, set(TABLES))
    if wanted.texts:
        _define_texts(con, [])
    for macro in wanted.macros:
        con.execute(macro)
    return con


def _define_views(con: duckdb.DuckDBPyConnection, names: Iterable[str], filled: set[str]) -> None:
    plain = {view: text for table in _WITHOUT.keys() - filled for view, text in _WITHOUT[table].items()}
    for name in names:
        con.execute(f"create or replace view {name} as {plain.get(name) or sql_text('spotlight.lake', name)}")


def _define_stored(
    con: duckdb.DuckDBPyConnection, table: Table, files: list[str], *, widened: bool = False
) -> None:
    """Point `stored_<table>` at exactly these files."""
    if not files:
        _define_empty(con, table)
        return
    options = "hive_partitioning = true, hive_types = {'tenant': varchar, 'date': date}"
    source = files_sql(files, options, widened=widened)
    columns = ", ".join(c.name for c in table.columns)
    if widened:
        columns = columns_sql(con, table, table.columns, source)
    con.execute(f"create or replace view stored_{table.name} as select {columns} from {source}")  # noqa: S608


def _define_texts(con: duckdb.DuckDBPyConnection, files: list[Path]) -> None:
    place = "trace_id varchar, span_id varchar, part varchar, started_ns bigint, journal_position bigint"
    source = f"(select cast(null as varchar) as text, cast(null as struct({place})[]) as places where false)"
    if files:
        listed = ", ".join("'" + str(file).replace("'", "''") + "'" for file in files)
        source = f"read_parquet([{listed}], hive_partitioning = false)"
    con.execute(f"create or replace view {STORED_TEXTS} as select text, places from {source}")  # noqa: S608


def _define_empty(con: duckdb.DuckDBPyConnection, table: Table) -> None:
    columns = ", ".join(f"cast(null as {duckdb_type(c.type)}) as {c.name}" for c in table.columns)
    con.execute(f"create or replace view stored_{table.name} as select {columns} where false")


def _actions(delta: DeltaTable) -> list[dict[str, Any]]:
    """The files of a snapshot: path, size, rows and partition of each."""
    actions = pa.table(delta.get_add_actions(flatten=True))
    if actions.num_rows == 0:
        return []
    wanted = actions.select(["path", "partition.tenant", "num_records", "size_bytes"])
    files: list[dict[str, Any]] = wanted.to_pylist()
    return files


def _modified_ns(folder: Path) -> int | None:
    try:
        return folder.stat().st_mtime_ns
    except FileNotFoundError:
        return None
