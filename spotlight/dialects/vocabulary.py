"""Which attribute keys a dialect knows: those that its tables, or the tables behind them, read."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, lru_cache
from typing import NamedTuple

from spotlight.dialects import dialects, effective_fields, effective_kinds
from spotlight.dialects.table import Prefix, Source
from spotlight.semconv import EVENT_NAME


class _Vocabulary(NamedTuple):
    names: frozenset[str]
    prefixes: tuple[Prefix, ...]


@lru_cache(maxsize=65_536)  # keys come from outside: never keep them all
def knows(dialect: str, key: str) -> bool:
    """Return whether a dialect reads this attribute; an unknown dialect knows the baseline's."""
    found = _vocabulary(dialect)
    return key in found.names or any(prefix.covers(key) for prefix in found.prefixes)


@cache
def _vocabulary(dialect: str) -> _Vocabulary:
    sources = [source for table in effective_fields(dialect).values() for source in table]
    names = {rule.key for rule in effective_kinds(dialect)} | {EVENT_NAME}
    if dialect in dialects():
        for rule in dialects()[dialect].logs:
            names |= set(rule.where)
            sources += [*rule.duration_ms, *(s for table in rule.fields.values() for s in table)]
    return _Vocabulary(frozenset(names | _names(sources)), tuple(dict.fromkeys(_prefixes(sources))))


def _names(sources: Iterable[Source]) -> set[str]:
    named = (source if isinstance(source, str) else getattr(source, "name", None) for source in sources)
    return {name for name in named if name is not None}


def _prefixes(sources: Iterable[Source]) -> list[Prefix]:
    return [source for source in sources if isinstance(source, Prefix)]
