"""Sections about money that was spent for nothing."""

from __future__ import annotations

from spotlight.figures import money, percent
from spotlight.reports.export.figures import number
from spotlight.reports.export.section import Chart, Section
from spotlight.reports.export.subjects.asked import Asked, rows_table
from spotlight.reports.questions import Reports
from spotlight.reports.waste import WasteCause, cache_misses, waste
from spotlight.reports.waste_prefix import with_changes


def wasted(reports: Reports, asked: Asked) -> list[Section]:
    """Return the causes of waste, and the calls that missed a cache they could have read."""
    found = waste(reports, asked.filters, now_ns=asked.now_ns)
    causes = rows_table(found.causes, WasteCause._fields)
    notes = ["A dollar is in one cause at most.", found.content.said]
    if found.wasted_usd is not None and found.cost_usd:
        part = percent(found.wasted_usd / found.cost_usd)
        notes.insert(0, f"{money(found.wasted_usd)} of {money(found.cost_usd)} in all, {part}.")
    if found.unpriced:
        notes.append(f"{number(found.unpriced)} model calls without a price are in no figure.")
    missed = with_changes(reports, cache_misses(reports, asked.filters, asked.limit, asked.now_ns))
    return [
        Section(
            "waste", "Waste by cause", "What was paid for nothing, and why?", causes,
            Chart("bars", "title", ("cost_usd",), wide=True), tuple(note for note in notes if note),
            found.runs,
            shown=("title", "cost_usd", "share", "tokens", "found", "unit", "state", "runs", "run_ids",
            "explanation"),
        ),
        Section(
            "cache_misses", "Cache misses", "Which calls could have read the cache and did not?", missed,
            shown=("run_id", "agent_name", "model", "started_ns", "readable_tokens", "cache_read_tokens",
                   "missed_tokens", "cost_usd", "changed"),
        ),
    ]  # fmt: skip
