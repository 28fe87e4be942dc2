"""What is known of every source: what it sent, what its spans and runs say, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from spotlight.reports.source_hints import source_hints


class Source(NamedTuple):
    """Who sent something; what it did not name is None."""

    service_name: str | None
    scope_name: str | None
    signal: str


SESSION_WORDS: Final = {
    "traces_session_on_all": "on every span",
    "traces_session_on_root_only": "on the root",
    "traces_session_on_some": "on some spans",
    "traces_session_elsewhere": "from other sources",
    "traces_session_on_none": "none",
}


def described_sources(
    sent: Iterable[dict[str, Any]], more: Iterable[Iterable[Mapping[str, Any]]]
) -> list[dict[str, Any]]:
    """Return the sources with all that is known of them, in the order of `sent`.

    `more` are further tables with one row per source. Each document gains `session`, a word for where
    the session id stands, and `hints`.
    """
    known: dict[Source, dict[str, Any]] = {_source(row): dict(row) for row in sent}
    for rows in more:
        for row in rows:
            if _source(row) in known:
                known[_source(row)] |= row
    for facts in known.values():
        facts["session"] = _session(facts)
        facts["hints"] = source_hints(facts)
    return list(known.values())


def _source(row: Mapping[str, Any]) -> Source:
    return Source(*(row[name] for name in Source._fields))


def _session(facts: Mapping[str, Any]) -> str | None:
    """Return where most traces have the session; None for a source without traces."""
    if not facts.get("traces"):
        return None
    if facts["traces_session_on_none"] == facts["traces"] and facts.get("sessions_on_resource"):
        return "on the resource"
    return SESSION_WORDS[max(SESSION_WORDS, key=lambda name: facts[name])]
