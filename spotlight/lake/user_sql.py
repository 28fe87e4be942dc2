"""The gate for SQL that a user typed: one plain select, nothing else."""

from __future__ import annotations

import duckdb

from spotlight.errors import QueryRefused

_HINT = (
    "write one select over the views spans, payloads, logs, metrics, receipts, runs, scores, sources, "
    "source_keys"
)


def check_select(sql: str) -> None:
    """Raise QueryRefused unless `sql` is exactly one select statement.

    The connection that runs it must be locked down besides: `Reader.user_query` forbids files,
    extensions and settings, because a select alone could still read a file.
    """
    try:
        statements = duckdb.extract_statements(sql)
    except duckdb.Error as exc:
        raise QueryRefused(f"this is not SQL that DuckDB reads: {exc}", hint=_HINT) from exc
    if len(statements) != 1:
        raise QueryRefused(f"expected one statement, got {len(statements)}", hint=_HINT)
    kind = statements[0].type
    if kind != duckdb.StatementType.SELECT:
        raise QueryRefused(f"only select is allowed here, this is {kind.name}", hint=_HINT)
