"""Searches written by us: what a link or another report asks for, in the language that people type."""

from __future__ import annotations


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
