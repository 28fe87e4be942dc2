"""Which questions make up which report, and the one place that asks them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from spotlight.errors import SpotlightError
from spotlight.reports.export.section import Report, Section
from spotlight.reports.export.subjects.asked import Asked, against
from spotlight.reports.export.subjects.judgements import memories, qualities, reliabilities, safeties
from spotlight.reports.export.subjects.money import cost, month_end, top_spenders, why_it_changed
from spotlight.reports.export.subjects.releases import conversations, releases
from spotlight.reports.export.subjects.times import latencies
from spotlight.reports.export.subjects.wasted import wasted
from spotlight.reports.filters import RunFilters
from spotlight.reports.questions import Reports

__all__ = ["SUBJECTS", "Subject", "all_reports", "report"]

_BY: Final = "by"
_AGAINST: Final = "against"


class Subject(NamedTuple):
    """One report: its words, who answers it, and what it can be asked besides filters."""

    title: str
    question: str
    sections: Callable[[Reports, Asked], list[Section]]
    takes: frozenset[str] = frozenset()


SUBJECTS: Final = {
    "cost": Subject("Cost", "Who spends the money, on what?", cost, frozenset([_BY])),
    "bridge": Subject("Why the cost changed", "What moved it, and how much?", why_it_changed,
    frozenset([_AGAINST])),
    "forecast": Subject("Forecast", "What will the month have cost when it ends?", month_end),
    "top": Subject("Largest spenders", "Which runs, sessions and users cost most?", top_spenders,
    frozenset([_BY])),
    "waste": Subject("Waste", "What was paid for nothing, and why?", wasted),
    "latency": Subject("Latency", "Where does the time go?", latencies, frozenset([_BY])),
    "quality": Subject("Quality", "Is it right, and since which version?", qualities, frozenset([_BY])),
    "reliability": Subject(
        "Reliability", "What fails, how often, and is it new?", reliabilities, frozenset([_BY, _AGAINST])
    ),
    "memory": Subject("Memory", "What do agents do with their memory?", memories),
    "safety": Subject("Safety", "What was asked, denied, blocked and found?", safeties),
    "sessions": Subject("Sessions", "What did users live through?", conversations),
    "versions": Subject("Packs and versions", "What ran, and is it better than before?", releases,
    frozenset([_AGAINST])),
}  # fmt: skip


def report(
    reports: Reports,
    subject: str,
    filters: RunFilters,
    *,
    now_ns: int,
    by: Sequence[str] = (),
    held_against: str | None = None,
    limit: int = 20,
) -> Report:
    """Return one report of the runs that match.

    `by` are the dimensions to divide by, `held_against` names the other side of a comparison: `previous`,
    `SINCE..UNTIL`, or a version. `limit` bounds lists such as the slowest steps.

    Raises: SpotlightError for a subject that does not exist, or that cannot be asked so.
    """
    made = SUBJECTS.get(subject)
    if made is None:
        raise SpotlightError(f"no report {subject!r}", hint=f"one of {', '.join(SUBJECTS)}")
    for name, value in ((_BY, by), (_AGAINST, held_against)):
        if value and name not in made.takes:
            able = [other for other, one in SUBJECTS.items() if name in one.takes]
            raise SpotlightError(
                f"the report {subject!r} takes no --{name}", hint=f"these do: {', '.join(able)}"
            )
    frame = reports.ask("report_frame", filters.params()).to_pylist()[0]
    other = None if held_against is None else against(held_against, filters, now_ns)
    asked = Asked(filters, tuple(by), other, limit, now_ns, frame["first_ns"], frame["last_ns"])
    return Report(
        subject, made.title, made.question, filters, tuple(by), frame["runs"], frame["first_ns"],
        frame["last_ns"],
        tuple(frame["price_books"]), now_ns, tuple(made.sections(reports, asked)),
    )  # fmt: skip


def all_reports(reports: Reports, filters: RunFilters, *, now_ns: int, limit: int = 20) -> list[Report]:
    """Return every report of the runs that match, each divided as it is by itself."""
    return [report(reports, subject, filters, now_ns=now_ns, limit=limit) for subject in SUBJECTS]
