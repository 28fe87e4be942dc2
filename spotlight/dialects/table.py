"""The shape of a dialect: tables that say which attribute fills which column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Key:
    """One attribute, its value taken as it is; `scale` converts its unit to the column's."""

    name: str
    scale: float = 1.0


@dataclass(frozen=True)
class JsonPath:
    """One member of an attribute that holds a JSON object as text, or a nested map."""

    name: str
    path: tuple[str, ...]


@dataclass(frozen=True)
class Prefix:
    """All attributes below a prefix, gathered unchanged into one JSON object text."""

    prefix: str


Source = str | Key | JsonPath | Prefix


@dataclass(frozen=True)
class KindRule:
    """An attribute whose value says what kind of step a span is (values compared lowercase)."""

    key: str
    kinds: Mapping[str, str]


@dataclass(frozen=True)
class Dialect:
    """One vocabulary.

    `scopes` are prefixes of instrumentation scope names and are asked first; `keys` are
    attribute names, or prefixes where they end in a dot, and are asked where no dialect
    knows the scope. `fields` maps a column of `spans` or `payloads` to its sources in
    order of precedence. `extends` names the dialects whose tables stand behind this one's.
    """

    name: str
    scopes: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    fields: Mapping[str, tuple[Source, ...]] = field(default_factory=dict)
    kinds: tuple[KindRule, ...] = ()
    usage_basis: str | None = None
    extends: tuple[str, ...] = ()
