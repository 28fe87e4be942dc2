"""Case files of all samples, and what came back from them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa

from ingest.files import FileRequest, read_requests
from spotlight.cli.senders import into_pipeline
from spotlight.reports import Reports, open_lake
from spotlight.reports.case import CaseRows, write_case
from spotlight.reports.case.page import case_page

# What a folder decides by itself when rows come in, and what names a version of a run there.
OWN = ("tenant", "journal_position", "run_version", "replaces", "assembled_position")


def write(path: Path, rows: CaseRows) -> Path:
    """Write a case file with its page and return where it is."""
    write_case(path, rows, case_page(rows), None)
    return path


def load(path: Path, data: Path) -> Reports:
    """Load a file through the pipeline of this process and return the questions to the data folder."""
    return send(read_requests(path), data)


def send(requests: Iterable[FileRequest], data: Path) -> Reports:
    """Send requests through the pipeline of this process and return the questions to the data folder."""
    with into_pipeline(data) as sending:
        for request in requests:
            sending(request)
    return open_lake(data)


def plain(rows: pa.Table, *without: str) -> list[str]:
    """Return rows as texts that compare, sorted, without what a folder decides by itself."""
    kept = [name for name in rows.column_names if name not in (*OWN, *without)]
    return sorted(map(repr, rows.select(kept).to_pylist()))


def stored(reports: Reports, table: str) -> pa.Table:
    """Return everything stored in a table, every version of it."""
    everything: Any = reports._reader.query(f"select * from stored_{table}")
    return everything
