"""Files of other products brought into a lake of their own, and asked by SQL."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

from ingest.files import read_requests
from spotlight.cli.senders import into_pipeline
from spotlight.reports import Reports, open_lake
from tests.command import ROOT

FIXTURES = ROOT / "tests" / "captures" / "imports"


class Loaded(NamedTuple):
    """A lake that holds some files, and what was kept of them as log records."""

    reports: Reports
    kept: Counter[str]

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Return the rows of a select as tuples."""
        found = self.reports.answer(sql, {})
        return list(zip(*(column.to_pylist() for column in found.columns), strict=True))

    def one(self, sql: str) -> tuple[Any, ...]:
        """Return the only row of a select."""
        (row,) = self.rows(sql)
        return row

    def content(self, span: str, column: str) -> Any:
        """Return what the only span of a name carries, decoded."""
        joined = "payloads p join spans s using (trace_id, span_id)"
        sql = f"select p.{column} from {joined} where s.name = '{span}'"
        (text,) = self.one(sql)
        return json.loads(text)


def load(data: Path, *paths: Path) -> Loaded:
    """Load files into a data folder by the pipeline that the command uses."""
    kept: Counter[str] = Counter()
    with into_pipeline(data) as send:
        for path in paths:
            for request in read_requests(path, None, kept):
                send(request)
    return Loaded(open_lake(data), kept)
