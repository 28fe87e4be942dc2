"""`spotlight status --sources`: who sent what, what is odd about it, and what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from rich.text import Text

from spotlight.cli.output import count, one_line, out, print_json, say, table

# Keys of each source in the JSON output; the page shows as many.
MOST_KEYS: Final = 500
_HEADINGS: Final = (
    "service", "scope", "signal", "requests", "items", "mapped keys", "unmapped", "dropped", "cut",
    "bad JSON", "again", "session", "dialect",
)  # fmt: skip
_NUMBERS: Final = (
    "requests", "items", "mapped keys", "unmapped", "dropped", "cut", "bad JSON", "again",
)  # fmt: skip


def print_sources(folder: Path, *, as_json: bool) -> None:
    """Print every source of a data folder with its counts and hints; as JSON with its keys too."""
    from spotlight.reports import Source, open_lake

    reports = open_lake(folder)
    found = reports.sources()
    if as_json:
        for facts in found:
            source = Source(facts["service_name"], facts["scope_name"], facts["signal"])
            facts["keys"] = reports.source_keys(source, limit=MOST_KEYS)
        print_json(found)
        return
    if not found:
        say("nothing has come in yet")
        return
    most = {"service": 28, "scope": 44} if out.is_terminal else None
    out.print(table(_HEADINGS, map(_cells, found), numbers=_NUMBERS, most=most))
    for facts in found:
        if facts["hints"]:
            _print_hints(facts)


def _cells(facts: dict[str, Any]) -> list[object]:
    keyed = facts["signal"] != "metrics"  # the attributes of metrics are not looked into
    return [
        facts["service_name"] or "-",
        facts["scope_name"] or "-",
        facts["signal"],
        count(facts["requests"]),
        count(facts["items"]),
        count(facts["mapped_keys"]) if keyed else "-",
        count(facts["unmapped_keys"]) if keyed else "-",
        count(facts["dropped_attributes"]),
        count(facts["truncated_values"]),
        count(facts["bad_json"]),
        count(facts["resent"] + facts["replaced"]),
        facts["session"] or "-",
        facts["dialects"] or "-",
    ]


def _print_hints(facts: dict[str, Any]) -> None:
    from spotlight.reports.source_hints import PROBLEM

    name = " · ".join(filter(None, (facts["service_name"], facts["scope_name"], facts["signal"])))
    out.print()
    out.print(Text(one_line(name), style="bold"))
    for hint in facts["hints"]:
        is_problem = hint["level"] == PROBLEM
        text = f"  {'!' if is_problem else '-'} {hint['text']}"
        out.print(Text(text, style="yellow" if is_problem else ""), soft_wrap=True)
        if not hint["advice"].startswith("Nothing to do."):
            out.print(Text(f"    {hint['advice']}", style="dim"), soft_wrap=True)
