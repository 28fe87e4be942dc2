"""One failure: the runs that failed alike, since when, in which versions, at what cost, with examples."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from spotlight.reports.filters import RunFilters
from spotlight.reports.find.writing import all_of, term
from spotlight.reports.questions import Reports, RunsSummary
from spotlight.reports.reliability import failure_rates, failure_signatures
from spotlight.reports.statistics import Estimate, share

SIMILAR: Final = 5
LIKE: Final = 0.4  # of the words of both, from which on two signatures are called similar


class Failure(NamedTuple):
    """What names a failure; None is what no error said. Texts are hostile."""

    signature: str | None
    step: str | None  # kind and name of the step that failed first
    error_type: str | None


class OfVersion(NamedTuple):
    """A failure in one version: how many of its runs that ended had it, with the interval."""

    pack: str | None
    version: str | None
    runs: int
    share: Estimate


class Example(NamedTuple):
    """A run to look at, and what it is an example of."""

    why: str
    row: dict[str, Any]


class FailurePage(NamedTuple):
    """All about one failure within the filters; `first_ns` and `last_ns` are of all time."""

    search: str
    summary: RunsSummary
    failed: int  # runs that failed, however
    first_ns: int | None
    last_ns: int | None
    trend: str | None
    before_runs: int | None
    by_day: tuple[dict[str, Any], ...]  # day, version, runs
    versions: tuple[OfVersion, ...]
    examples: tuple[Example, ...]
    similar: tuple[tuple[Failure, int], ...]  # with how many runs


def search_of(failure: Failure) -> str:
    """Return the search that finds exactly the runs with a failure."""
    parts = {"signature": failure.signature, "failed_step": failure.step, "error_type": failure.error_type}
    return " ".join(["status:error", *(term(field, value) for field, value in parts.items())])


def failure(
    reports: Reports, filters: RunFilters, of: Failure, before: RunFilters | None = None
) -> FailurePage:
    """Return what is known of a failure among the runs that the filters leave."""
    search = search_of(of)
    those = filters._replace(query=all_of(filters.query, search))
    always = those._replace(since_ns=None, until_ns=None)
    earlier = None if before is None else before._replace(query=those.query)
    ever = failure_signatures(reports, always, limit=1).to_pylist()
    rows = failure_signatures(reports, filters, before, limit=1_000).to_pylist()
    own = next((row for row in rows if named(row) == of), None)
    summary = reports.runs_summary(those)
    return FailurePage(
        search,
        summary,
        sum(row["runs"] for row in rows),
        ever[0]["first_ns"] if ever else None,
        ever[0]["last_ns"] if ever else None,
        own["trend"] if own else None,
        None if earlier is None else reports.runs_summary(earlier).runs,
        tuple(failure_rates(reports, those, ("day", "version")).to_pylist()),
        _versions(reports, filters, those),
        _examples(reports, those),
        _similar(of, rows),
    )


def named(row: dict[str, Any]) -> Failure:
    """Return the failure that a row of `failure_signatures` is of."""
    return Failure(row["error_signature"], row["error_step"], row["error_type"])


def _versions(reports: Reports, filters: RunFilters, those: RunFilters) -> tuple[OfVersion, ...]:
    """Return every version with the failure, the largest share first."""
    by = ("pack", "version")
    ended = {
        (row["pack"], row["version"]): row["runs"] - row["incomplete"]
        for row in failure_rates(reports, filters._replace(status=()), by).to_pylist()
    }
    found = [
        OfVersion(
            row["pack"],
            row["version"],
            row["runs"],
            share(row["runs"], ended.get((row["pack"], row["version"]), 0)),
        )
        for row in failure_rates(reports, those, by).to_pylist()
    ]
    return tuple(
        sorted(found, key=lambda v: (-(v.share.value or 0.0), -v.runs, v.pack or "", v.version or ""))
    )


def _examples(reports: Reports, those: RunFilters) -> tuple[Example, ...]:
    """Return the newest run, the first, the dearest, the cheapest and one that took as long as most."""
    count = reports.run_count(those)
    if not count:
        return ()
    dearest = those._replace(order="most_expensive")
    slowest = those._replace(order="slowest")
    asked = (
        ("newest", those, 0),
        ("typical duration", slowest, count // 2),
        ("most expensive", dearest, 0),
        ("cheapest", dearest, count - 1),
        ("first in the window", those, count - 1),
    )
    return tuple(_once((why, reports.runs(filters, 1, offset).to_pylist()) for why, filters, offset in asked))


def _once(found: Iterable[tuple[str, list[dict[str, Any]]]]) -> list[Example]:
    """Return each run once, with everything that it is an example of."""
    told: dict[str, Example] = {}
    for why, rows in found:
        for row in rows:
            known = told.get(row["run_id"])
            told[row["run_id"]] = Example(why if known is None else f"{known.why}, {why}", row)
    return list(told.values())


def _similar(of: Failure, rows: list[dict[str, Any]]) -> tuple[tuple[Failure, int], ...]:
    """Return the failures whose words are most alike; exact normalisation keeps them apart."""
    own = _words(of)
    alike = [
        (len(own & words) / len(own | words), row["runs"], named(row))
        for row in rows
        if row["runs"] and named(row) != of and (words := _words(named(row))) and own
    ]
    alike = sorted((found for found in alike if found[0] >= LIKE), key=lambda found: (-found[0], -found[1]))
    return tuple((failure, runs) for _, runs, failure in alike[:SIMILAR])


def _words(failure: Failure) -> frozenset[str]:
    return frozenset(" ".join(part for part in failure if part).lower().split())
