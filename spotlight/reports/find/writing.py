"""Searches written by us: what a link or another report asks for, in the language that people type."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Final

from spotlight.reports.filters import RunFilters


def quoted(value: str) -> str:
    """Return a value in quotes: exactly its characters, without wildcards, units or ranges."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def term(field: str, value: str | None) -> str:
    """Return the search for runs in which a field is exactly a value; None: in which it is not reported."""
    return f"missing:{field}" if value is None else f"{field}={quoted(value)}"


def all_of(*searches: str | None) -> str | None:
    """Return the search for what every one of some searches finds; None where none is given."""
    given = [search for search in searches if search]
    return " and ".join(f"({search})" for search in given) if len(given) > 1 else given[0] if given else None


def none_of(search: str) -> str:
    """Return the search for what a search does not find."""
    return f"not ({search})"


# Field of RunFilters -> field of searches, for those that hold one word.
_FIELDS: Final = {
    "pack_name": "pack", "pack_version": "version", "session_id": "session", "user_id": "user",
    "tenant_claimed": "tenant", "environment": "environment", "feature": "feature", "surface": "surface",
    "replay_of": "replay_of", "variant": "variant", "experiment_id": "experiment", "agent_name": "agent",
    "model": "model",
}  # fmt: skip


def search_of(filters: RunFilters) -> str | None:
    """Return the search that says what filters say, the window left out; None for everything."""
    told = [
        term(field, value) for name, field in _FIELDS.items() if (value := getattr(filters, name)) is not None
    ]
    if filters.status:
        told.append(f"status:{','.join(filters.status)}")
    told += _durations(filters)
    return all_of(filters.query, " ".join(told) or None)


def bounds_of(filters: RunFilters) -> str | None:
    """Return the search that says the bounds of filters, of start and of duration; None without any."""
    told = [
        f"started{operator}{_moment(ns)}"
        for operator, ns in ((">=", filters.since_ns), ("<", filters.until_ns))
        if ns is not None
    ]
    return " ".join([*told, *_durations(filters)]) or None


def _durations(filters: RunFilters) -> list[str]:
    return [
        f"duration{operator}{_plain(ms)}ms"
        for operator, ms in ((">=", filters.min_ms), ("<", filters.max_ms))
        if ms is not None
    ]


def _plain(number: float) -> str:
    """Return a number exactly, to twenty decimals, without an exponent."""
    digits = format(Decimal(repr(number)), ".20f")
    return digits.rstrip("0").rstrip(".")


def _moment(ns: int) -> str:
    seconds, rest = divmod(ns, 1_000_000_000)
    return f"{dt.datetime.fromtimestamp(seconds, dt.UTC):%Y-%m-%dT%H:%M:%S}.{rest:09d}Z"
