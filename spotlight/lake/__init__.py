"""The lake: Delta tables of Parquet files, and the only place that speaks DuckDB, Delta and Parquet.

`Lake` writes (one Delta commit per batch, the journal position inside it), `Reader` reads one
tenant's rows of one snapshot through DuckDB views. No reader opens a file that the snapshot does
not name, and none can ask for rows outside its `Scope`.
"""

from spotlight.lake.definitions import VIEWS, sql_text
from spotlight.lake.reader import Connection, Reader, Scope, TableSize, empty_connection
from spotlight.lake.store import Lake, Stretch
from spotlight.lake.texts import folded, pieces

__all__ = [
    "VIEWS",
    "Connection",
    "Lake",
    "Reader",
    "Scope",
    "Stretch",
    "TableSize",
    "empty_connection",
    "folded",
    "pieces",
    "sql_text",
]
