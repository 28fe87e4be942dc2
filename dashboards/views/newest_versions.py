"""The versions that charts have room for: the newest ones, those of a pack together and the oldest first."""

from __future__ import annotations

from typing import Final, NamedTuple

from dashboards.views.filters import Scope
from dashboards.views.interval_chart import Key
from spotlight.reports.versions import versions

MOST_DRAWN: Final = 12


class Newest(NamedTuple):
    """Packs and versions to draw, in their order, and how many there are."""

    drawn: list[Key]
    total: int


def newest_versions(scope: Scope, most: int = MOST_DRAWN) -> Newest:
    """Return the newest versions that the filters leave."""
    keys: list[Key] = [
        (row["pack_name"], row["pack_version"]) for row in scope.lake.ask(versions, scope.filters).to_pylist()
    ]
    newest = keys[:most][::-1]
    return Newest(sorted(newest, key=lambda key: key[0] or ""), len(keys))


def newest_note(found: Newest) -> str:
    """Return what is said beside a chart that leaves versions out."""
    return f"the newest {len(found.drawn)} of {found.total:,}" if found.total > len(found.drawn) else ""
