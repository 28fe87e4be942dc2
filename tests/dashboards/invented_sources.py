"""Sources no client is: markup in every name."""

from __future__ import annotations

from typing import Any

from spotlight.model import SOURCES
from spotlight.reports.sources import described_sources
from tests.dashboards.invented_span import MARKUP


def invented_sources() -> list[dict[str, Any]]:
    """Return a hostile source, and one that names nothing."""
    counts = {c.name: 3 for c in SOURCES.columns} | {"signal": "traces", "mapped_keys": 1, "unmapped_keys": 1}
    nameless = counts | {"service_name": None, "scope_name": None, "dialects": None, "last_received_ns": 3}
    hostile = nameless | {"service_name": MARKUP, "scope_name": MARKUP, "dialects": MARKUP}
    return described_sources([hostile, nameless], [])


def invented_keys() -> list[dict[str, Any]]:
    """Return the keys of a source: a hostile one, a known one, and those that were too many."""
    return [
        {"key": MARKUP, "mapped": False, "count": 2, "type": "string", "dialects": MARKUP},
        {"key": None, "mapped": False, "count": 9, "type": None, "dialects": None},
        {"key": "session.id", "mapped": True, "count": 3, "type": "string", "dialects": "otel_genai"},
    ]
