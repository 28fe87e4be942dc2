"""Reading from and writing to the agent's memory."""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import Literal

from spotlight_sdk import keys
from spotlight_sdk.steps import Step

MemoryState = Literal["proposed", "accepted", "corrected"]
MemoryChange = Literal["create", "update", "upsert", "delete"]


class MemoryRead(Step):
    """A question to a memory store; as a decorator, it takes the records from the function's result."""

    kind = "memory_read"
    operation = "search_memory"

    def records(self, records: object) -> None:
        """Record what was found; of a list, its length too, which is recorded without content as well."""
        if isinstance(records, Sequence | Set) and not isinstance(records, str | bytes):
            self._fact(keys.MEMORY_COUNT, len(records))
        self._content(keys.MEMORY_RECORDS, records)

    def _returned(self, value: object) -> None:
        self.records(value)


class MemoryWrite(Step):
    """A change of a memory store."""

    kind = "memory_write"
    operation = "upsert_memory"

    def state(self, state: MemoryState, *, record_id: str | None = None) -> None:
        """Say what became of what was to be written."""
        self._fact(keys.MEMORY_STATE, state)
        self._fact(keys.MEMORY_RECORD, record_id)


def memory_read(store: str, query: object = None, *, capture: bool | None = None) -> MemoryRead:
    """Return a question to the memory store of this name or id."""
    made = MemoryRead(store, capture=capture)
    made._fact(keys.MEMORY_STORE, store)
    made._content(keys.MEMORY_QUERY, query)
    return made


def memory_write(
    store: str,
    content: object = None,
    *,
    state: MemoryState | None = None,
    record_id: str | None = None,
    change: MemoryChange = "upsert",
    capture: bool | None = None,
) -> MemoryWrite:
    """Return a change of a memory store: proposed (somebody has to agree), accepted, or corrected."""
    made = MemoryWrite(store, capture=capture)
    made._fact(keys.OPERATION, f"{change}_memory")
    made._fact(keys.MEMORY_STORE, store)
    made._fact(keys.MEMORY_STATE, state)
    made._fact(keys.MEMORY_RECORD, record_id)
    made._content(keys.MEMORY_RECORDS, content)
    return made
