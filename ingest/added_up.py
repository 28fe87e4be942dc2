"""Adding up the steps of runs that an earlier version of Spotlight wrote, or a writer that was killed."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from typing import Final

import pyarrow as pa

from spotlight.assembly import usage_rows
from spotlight.lake import Lake, Reader, sql_text
from spotlight.model import RUN_USAGE

_log: Final = logging.getLogger(__name__)


def add_up(lake: Lake, readers: Iterable[Reader]) -> None:
    """Give every run with steps its rows of run_usage, day by day, in one commit.

    Readers take a table that has rows to be complete: all of it must come at once.
    """
    lake.append_parts(RUN_USAGE.name, (rows for reader in readers for rows in _missing(reader)))


def _missing(reader: Reader) -> Iterator[pa.Table]:
    for date in reader.query(sql_text("ingest", "days_to_add_up")).column("date").to_pylist():
        rows = usage_rows(reader.query(sql_text("ingest", "steps_to_add_up"), {"date": date}))
        _log.info("steps of %s added up: %d rows", date, rows.num_rows)
        yield rows
