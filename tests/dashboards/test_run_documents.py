"""Documents of runs are made ahead, once per state of the data."""

from __future__ import annotations

import orjson
import pytest

from dashboards.run_documents import KEPT, RunDocuments, documents_of
from spotlight.errors import NotFound
from tests.dashboards.invented import NOISY, InventedRuns


def test_a_document_is_made_once_per_state_of_the_data() -> None:
    """Who reads gets what was begun; new data make a new one; it is the source's document."""
    source = InventedRuns(3)
    documents = RunDocuments(source)
    begun = documents.expect(NOISY)
    assert begun.result() is documents.read(NOISY)
    assert source.run_document(NOISY) == orjson.loads(orjson.dumps(begun.result().body))
    source.version += 1
    assert begun.result() is not documents.read(NOISY)


def test_few_documents_are_kept() -> None:
    """The run opened first is made again after enough others."""
    source = InventedRuns(KEPT)
    documents = RunDocuments(source)
    first = documents.read(NOISY)
    for row in source.rows[:KEPT]:
        documents.read(row["run_id"])
    assert first is not documents.read(NOISY)


def test_a_run_that_is_not_there_is_an_error_each_time() -> None:
    """A failure is raised where it is read, and never kept; a process has one set of documents."""
    source = InventedRuns(1)
    documents = documents_of(source)
    assert documents is documents_of(source)
    for _ in range(2):
        with pytest.raises(NotFound):
            documents.read("none")
