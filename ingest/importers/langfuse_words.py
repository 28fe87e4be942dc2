"""Langfuse's field names: camelCase in its API, snake_case in its exports."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from ingest.importers.values import is_nothing, structure

# Types of observations, and what they are as kinds of ours.
OBSERVATIONS: Final = {
    "GENERATION": "llm", "SPAN": "step", "EVENT": "other", "AGENT": "agent", "TOOL": "tool", "CHAIN": "step",
    "RETRIEVER": "retrieval", "EVALUATOR": "evaluator", "EMBEDDING": "embedding", "GUARDRAIL": "guardrail",
}  # fmt: skip
# The same thing by other names: what the event store calls it.
_OTHER_NAMES: Final = {
    "id": ("span_id",),
    "parent_observation_id": ("parent_span_id",),
    "model": ("provided_model_name",),
    "usage_details": ("provided_usage_details",),
    "cost_details": ("provided_cost_details",),
}
_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@lru_cache(maxsize=4096)  # keys come from outside: never keep them all
def snake_case(name: str) -> str:
    """Return a camelCase name in snake_case."""
    return _HUMP.sub("_", name).lower()


class Words:
    """One record, asked by snake_case names whatever way it spells them."""

    def __init__(self, record: Mapping[str, Any]) -> None:
        self._values = {snake_case(str(key)): value for key, value in record.items()}
        self._spelt = {snake_case(str(key)): str(key) for key in record}

    def has(self, *names: str) -> bool:
        """Return whether the record has all of these fields, empty ones too."""
        return all(any(n in self._values for n in (name, *_OTHER_NAMES.get(name, ()))) for name in names)

    def get(self, *names: str) -> Any:
        """Return the first of these fields that says something, None where none does."""
        for name in names:
            for known in (name, *_OTHER_NAMES.get(name, ())):
                if not is_nothing(value := self._values.get(known)):
                    return value
        return None

    def list(self, name: str) -> list[Any]:
        """Return a field that is a list, in text too; an empty one for anything else."""
        value = structure(self.get(name))
        return value if isinstance(value, list) else []

    def rest(self, known: frozenset[str], prefix: str = "import.") -> dict[str, Any]:
        """Return the fields that are not among the known ones, as they are spelt."""
        return {
            f"{prefix}{self._spelt[name]}": value
            for name, value in self._values.items()
            if name not in known and not is_nothing(value)
        }
