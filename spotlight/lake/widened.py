"""Tables that an earlier version made: their files lack columns that came later, which are NULL there.

The writer adds such columns to the table's schema and marks the table: the schema no longer tells that some
files lack them. To read files of different columns takes a look into each, so only marked tables are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import duckdb
import pyarrow as pa
from deltalake import DeltaTable, Schema

from spotlight.model import Column, Table

_MARK: Final = "spotlight.widened"
_DUCKDB_TYPES: Final = {
    pa.string(): "varchar",
    pa.int32(): "integer",
    pa.int64(): "bigint",
    pa.float64(): "double",
    pa.bool_(): "boolean",
    pa.date32(): "date",
    pa.decimal128(18, 12): "decimal(18, 12)",
}


def widen(delta: DeltaTable, table: Table) -> None:
    """Add the later columns that a table lacks, and mark it; one that lacks others is left as it is."""
    missing = _missing(delta, table)
    if missing and missing <= table.later:
        fields = [field for field in Schema.from_arrow(table.schema).fields if field.name in missing]
        delta.alter.set_table_properties({_MARK: "true"}, raise_if_not_exists=False)
        delta.alter.add_columns(fields)
        delta.update_incremental()


def is_widened(delta: DeltaTable, table: Table) -> bool:
    """Return whether files of a table may lack later columns."""
    return delta.metadata().configuration.get(_MARK) == "true" or bool(_missing(delta, table) & table.later)


def _missing(delta: DeltaTable, table: Table) -> set[str]:
    return set(table.schema.names) - {field.name for field in delta.schema().fields}


def files_sql(files: Sequence[str], options: str, *, widened: bool) -> str:
    """Return the SQL that reads some files."""
    listed = ", ".join("'" + file.replace("'", "''") + "'" for file in files)
    return f"read_parquet([{listed}], {options}{', union_by_name = true' if widened else ''})"


def columns_sql(con: duckdb.DuckDBPyConnection, table: Table, columns: Iterable[Column], source: str) -> str:
    """Return the columns of a widened table as SQL over its files, of which none may have the later ones."""
    told = con.execute(f"describe select * from {source}").fetchall()  # noqa: S608
    absent = table.later - {name for name, *_ in told}
    return ", ".join(
        f"cast(null as {duckdb_type(c.type)}) as {c.name}" if c.name in absent else c.name for c in columns
    )


def duckdb_type(kind: pa.DataType) -> str:
    """Return the name that DuckDB has for the type of a column."""
    if pa.types.is_list(kind):
        return f"{duckdb_type(kind.value_type)}[]"
    return _DUCKDB_TYPES[kind]
