"""The runs that a search finds, kept while the data stands: a page asks for them many times."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Final

import pyarrow as pa

from spotlight.errors import SpotlightError
from spotlight.lake import Reader
from spotlight.reports.find.checking import read
from spotlight.reports.find.sql import runs_statement

KEPT: Final = 64  # searches
MINUTE_NS: Final = 60_000_000_000


class FoundRuns:
    """The runs found by searches in one lake. Serves many threads."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, int, int], pa.Table] = OrderedDict()

    def of(self, query: str) -> pa.Table:
        """Return `run_version` of the runs found; times such as -2h count from the minute that has begun.

        Raises: UnreadableSearch.
        """
        minute = time.time_ns() // MINUTE_NS
        key = query, self._reader.version(), minute
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        statement = runs_statement(read(query, minute * MINUTE_NS))
        found = self._reader.query(statement.sql, statement.params)
        with self._lock:
            self._kept[key] = found
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return found


def search_of(params: Mapping[str, object]) -> tuple[str | None, dict[str, Any]]:
    """Return the search that the filters among some parameters hold, and the parameters without it.

    Raises: SpotlightError where two sides of a comparison have different searches.
    """
    left: dict[str, Any] = {}
    searches: set[str | None] = set()
    for name, value in params.items():
        if isinstance(value, dict) and "query" in value:
            searches.add(value["query"])
            value = {k: v for k, v in value.items() if k != "query"}
        left[name] = value
    if len(searches) > 1:
        raise SpotlightError(
            "the two sides of a comparison have different searches", hint="use the same one for both"
        )
    return (searches.pop() if searches else None), left
