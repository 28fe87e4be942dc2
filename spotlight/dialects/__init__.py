"""Dialects: the vocabularies in which agents report what they do, as tables.

Every module of this package that defines `DIALECT` is a dialect; there is no list to keep.
To support a new framework: write one module with its table, record one sample.

    table       the shape of a dialect: sources of a column, rules for the kind of a span
    baseline    keys any span may carry, and the spotlight.* keys that win over all others
    spotlight   our own spans (replays)
    otel_genai  OpenTelemetry GenAI semantic conventions, every generation of them
    ...         one module per further vocabulary

A span's dialect is decided by its instrumentation scope; where no dialect knows that, by the
service's name; then by its keys. A span nobody knows is "unknown": stored whole, read with `baseline`.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from functools import cache, lru_cache
from typing import Final

from spotlight.dialects.baseline import OVERRIDES, OVERRIDING_KINDS
from spotlight.dialects.table import Dialect, InName, KindRule, NameRule, Source, UsageRule

UNKNOWN: Final = "unknown"
_BASELINE: Final = "baseline"
_OWN: Final = "spotlight"


@cache
def dialects() -> dict[str, Dialect]:
    """Return all dialects by name: our own first, then those that extend most, then by name."""
    found = [
        module.DIALECT
        for info in pkgutil.iter_modules(__path__)
        if hasattr(module := importlib.import_module(f"{__name__}.{info.name}"), "DIALECT")
    ]
    by_name = {dialect.name: dialect for dialect in found}
    ordered = sorted(found, key=lambda d: (d.name != _OWN, -_depth(d, by_name), d.name))
    return {dialect.name: dialect for dialect in ordered}


def _depth(dialect: Dialect, by_name: dict[str, Dialect]) -> int:
    """Return how many tables stand behind this one's: the more, the more specific it is."""
    return max((1 + _depth(by_name[name], by_name) for name in dialect.extends), default=0)


@lru_cache(maxsize=4096)  # scope names come from outside: never keep them all
def recognise_scope(scope_name: str) -> str | None:
    """Return the dialect that knows this instrumentation scope best (longest match), else None."""
    matches = [
        (len(scope), dialect.name)
        for dialect in dialects().values()
        for scope in dialect.scopes
        if _begins_with(scope_name, scope)
    ]
    return max(matches, key=lambda match: match[0])[1] if matches else None


@lru_cache(maxsize=4096)
def recognise_service(service_name: str) -> str | None:
    """Return the dialect of the client that calls itself so (longest match), else None."""
    matches = [
        (len(service), dialect.name)
        for dialect in dialects().values()
        for service in dialect.services
        if service_name == service or (not service[-1].isalnum() and service_name.startswith(service))
    ]
    return max(matches, key=lambda match: match[0])[1] if matches else None


def _begins_with(name: str, scope: str) -> bool:
    """Return whether `scope` is `name`, or ends where a word of `name` ends ("=name": is it alone)."""
    if scope.startswith("="):
        return name == scope[1:]
    if not name.startswith(scope):
        return False
    rest = name[len(scope) :]
    return not rest or not scope[-1].isalnum() or re.match(r"\w", rest) is None


@cache
def _lineage(name: str) -> tuple[Dialect, ...]:
    """Return the dialect, then what it extends in order, then the baseline; each once."""
    known = dialects()
    line: dict[str, Dialect] = {}

    def add(dialect: Dialect) -> None:
        line.setdefault(dialect.name, dialect)
        for other in dialect.extends:
            add(known[other])

    if name in known and name != _BASELINE:
        add(known[name])
    line[_BASELINE] = known[_BASELINE]
    return tuple(line.values())


@cache
def effective_fields(name: str) -> dict[str, tuple[Source, ...]]:
    """Return every field with its sources in order of precedence; an unknown name has the baseline's.

    Order: spotlight.* keys, the dialect's own, those of the dialects it extends, the baseline's;
    last of all what span names say.
    """
    merged: dict[str, dict[Source, None]] = {}
    for table in (OVERRIDES, *(dialect.fields for dialect in _lineage(name))):
        for column, sources in table.items():
            merged.setdefault(column, {}).update(dict.fromkeys(sources))
    return {
        column: tuple(sorted(sources, key=lambda source: isinstance(source, InName)))
        for column, sources in merged.items()
    }


@cache
def effective_kinds(name: str) -> tuple[KindRule, ...]:
    """Return the rules that decide a span's kind, first hit wins."""
    rules = [*OVERRIDING_KINDS, *(rule for dialect in _lineage(name) for rule in dialect.kinds)]
    return tuple(rule for i, rule in enumerate(rules) if rule not in rules[:i])


@cache
def effective_names(name: str) -> tuple[NameRule, ...]:
    """Return the rules on span names, first hit wins."""
    return tuple(rule for dialect in _lineage(name) for rule in dialect.names)


@cache
def effective_failed_results(name: str) -> tuple[str, ...]:
    """Return the patterns that, found in a tool's result, say that the tool failed."""
    return tuple(dict.fromkeys(found for dialect in _lineage(name) for found in dialect.failed_results))


@cache
def effective_pseudo(name: str) -> tuple[str, ...]:
    """Return the names (or beginnings, ending in "*") of spans that are no steps of their own."""
    return tuple(dict.fromkeys(found for dialect in _lineage(name) for found in dialect.pseudo))


@cache
def content_events(name: str) -> dict[str, tuple[tuple[str, str], ...]]:
    """Return the content columns that span events fill, each with its (event, attribute) in order."""
    merged: dict[str, tuple[tuple[str, str], ...]] = {}
    for dialect in _lineage(name):
        for column, sources in dialect.events.items():
            merged[column] = (*merged.get(column, ()), *sources)
    return merged


@cache
def joins_by_links(name: str) -> bool:
    """Return whether traces of this dialect that span links tie together are one run."""
    known = dialects()
    runs = known[name].runs if name in known else None
    return runs is not None and runs.by_links


@cache
def usage_rules(name: str) -> tuple[UsageRule, ...]:
    """Return the rules on reports that mean something else than the dialect's others, first hit wins."""
    known = dialects()
    return known[name].usage_rules if name in known else ()


@cache
def output_excludes_reasoning(name: str) -> bool:
    """Return whether the dialect reports reasoning beside the output, not within."""
    known = dialects()
    return name in known and known[name].output_excludes_reasoning


@cache
def usage_basis(name: str) -> str | None:
    """Return whether the dialect's input tokens contain the cache; None where it does not say."""
    known = dialects()
    return known[name].usage_basis if name in known else None
