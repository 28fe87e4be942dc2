"""The documents of runs opened last, and of the one about to be asked for: made while the browser gets ready.

A page's script knows which run it shows some tenths of a second before the browser asks for its document;
that of 50,000 spans takes as long to make.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final, NamedTuple

import orjson

from dashboards.json_answers import encode_json
from dashboards.source import RunSource

KEPT: Final = 4


class RunDocument(NamedTuple):
    """A run's document as JSON, and up to where the run was assembled in it."""

    position: int
    body: orjson.Fragment


class RunDocuments:
    """The documents of one source, each made once per state of the data. Serves many threads."""

    def __init__(self, source: RunSource) -> None:
        self.source = source
        self._lock = threading.Lock()
        self._makers = ThreadPoolExecutor(2, "run-document")
        self._made: OrderedDict[tuple[str, int], Future[RunDocument]] = OrderedDict()

    def expect(self, run_id: str) -> Future[RunDocument]:
        """Begin to make the document of a run, unless it is there or on its way."""
        key = (run_id, self.source.data_version())
        with self._lock:
            found = self._made.get(key)
            if found is None or (found.done() and found.exception() is not None):
                found = self._made[key] = self._makers.submit(self._make, run_id)
            self._made.move_to_end(key)
            while len(self._made) > KEPT:
                self._made.popitem(last=False)
        return found

    def read(self, run_id: str) -> RunDocument:
        """Return the document of a run. Raises: NotFound, and what else making it raises."""
        return self.expect(run_id).result()

    def _make(self, run_id: str) -> RunDocument:
        document = self.source.run_document(run_id)
        position = int(document["run"].get("assembled_position") or 0)
        return RunDocument(position, orjson.Fragment(encode_json(document)))


_KEPT: list[RunDocuments] = []


def documents_of(source: RunSource) -> RunDocuments:
    """Return the documents of the source that this process serves."""
    if not _KEPT or _KEPT[0].source is not source:
        _KEPT[:] = [RunDocuments(source)]
    return _KEPT[0]
