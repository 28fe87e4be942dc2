"""The runs behind a figure: a dialog that the address names, so that a mark of a chart is a link, too.

`behind` in the address holds [[dimension, value or null], ...]; `since` and `until`, ns UTC, may stand for
a dimension, and `runs` with a list of ids for all of them. `whole` says that the figure is of runs and not
of their steps: times are then those of the run's start. `score` names a score: those with the lowest first.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import streamlit as st

from dashboards.addresses import RUNS_PATH, address
from dashboards.answers import run, run_count, runs
from dashboards.components.trace.component import table_of_links
from dashboards.text import NOTHING, duration, escape, moment, money, one_line, short_id
from dashboards.views.filters import Scope, carried, runs_behind
from dashboards.views.run_table import STATUS_WORDS, Column
from spotlight.errors import NotFound, SpotlightError
from spotlight.reports import RunFilters
from spotlight.reports.cost import cost_runs
from spotlight.reports.quality import worst_runs

KEY: Final = "behind"
LABEL: Final = "Runs behind the figure"
SHOWN: Final = 50
MOST_ROWS: Final = 16  # before the table scrolls
LONGEST: Final = 4000  # characters of the address
# Dimensions that a list of runs can be narrowed by to exactly the same runs.
FIELDS: Final = {
    "tenant": "tenant_claimed",
    "user": "user_id",
    "session": "session_id",
    "feature": "feature",
    "surface": "surface",
    "environment": "environment",
    "experiment": "experiment_id",
    "variant": "variant",
    "pack": "pack_name",
    "version": "pack_version",
    "status": "status",
}
BOUNDS: Final = ("since", "until")
RUNS: Final = "runs"
WHOLE: Final = "whole"
SCORE: Final = "score"
COLUMNS: Final = (
    Column("run", "run", 90),
    Column("status", "status", 110),
    Column("started", "started", 190),
    Column("calls", "model calls", 100, "Those behind the figure", "right"),
    Column("cost", "cost", 100, "Of the steps behind the figure; –: none has a price", "right"),
)
TOOK: Final = Column("took", "took", 90, "–: not known", "right")
SCORE_COLUMNS: Final = (
    *COLUMNS[:3],
    Column("value", "judged", 80, "The lowest where there are several", "right"),
    Column("label", "label", 110),
    Column("why", "explanation", 260),
)
Named = Sequence[tuple[str, Any]]


class Behind(NamedTuple):
    """Which runs: the filters with any bounds, and the values of dimensions; or the ids of runs.

    `whole`: the runs that these are true of, not those with a step that they are true of. `score`: of them
    those that have this score.
    """

    filters: RunFilters
    by: tuple[str, ...]
    key: tuple[str | None, ...]
    ids: tuple[str, ...] = ()
    whole: bool = False
    score: str | None = None


def written(named: Named) -> str:
    """Return what the address says for values of dimensions."""
    return json.dumps([list(pair) for pair in named], ensure_ascii=False, separators=(",", ":"))


def href(named: Named) -> str:
    """Return the address of this page with the runs behind a figure opened."""
    query = {key: st.query_params.get_all(key) for key in st.query_params}
    return "?" + address("", query | {KEY: [written(named)]}).removeprefix("?")


def show_behind(named: Named) -> None:
    """Open the runs behind a figure; for the callback of a chart."""
    st.query_params[KEY] = written(named)


def said(scope: Scope) -> Behind | None:
    """Return what the address asks for; None where it asks for nothing. Raises: SpotlightError if garbled."""
    text = st.query_params.get(KEY)
    if not text:
        return None
    try:
        pairs = [(str(name), value) for name, value in json.loads(text[:LONGEST])]
        bounds = {f"{name}_ns": int(value) for name, value in pairs if name in BOUNDS}
    except (ValueError, TypeError) as exc:
        raise SpotlightError("the address names no runs", hint="take `behind` out of it") from exc
    for name, value in pairs:
        if name == RUNS and isinstance(value, list):
            return Behind(scope.filters, (), (), tuple(map(str, value[:SHOWN])))
    how = {name: value for name, value in pairs if name in (WHOLE, SCORE)}
    pairs = [(name, value) for name, value in pairs if name not in (*BOUNDS, *how)]
    named = [(name, value if value is None else str(value)) for name, value in pairs]
    filters = scope.filters
    since, until = bounds.get("since_ns"), bounds.get("until_ns")
    if since is not None:
        filters = filters._replace(since_ns=max(since, filters.since_ns or since))
    if until is not None:
        filters = filters._replace(until_ns=min(until, filters.until_ns or until))
    by, key = tuple(name for name, _ in named), tuple(value for _, value in named)
    score = how.get(SCORE)
    return Behind(filters, by, key, (), bool(how.get(WHOLE)), score if score is None else str(score))


def narrowed(behind: Behind) -> RunFilters | None:
    """Return the filters of the list that holds the same runs; None where filters cannot say it."""
    if any(name not in FIELDS or value is None for name, value in zip(behind.by, behind.key, strict=True)):
        return None
    fields: dict[str, Any] = {FIELDS[name]: value for name, value in zip(behind.by, behind.key, strict=True)}
    if "status" in fields:
        fields["status"] = (fields["status"],)
    return behind.filters._replace(**fields)


def _forget() -> None:
    if KEY in st.query_params:
        del st.query_params[KEY]


def runs_dialog(scope: Scope) -> None:
    """Draw the dialog where the address asks for one."""
    behind = said(scope)
    if behind is None:
        return

    @st.dialog("The runs behind it", width="large", on_dismiss=_forget)
    def show() -> None:
        _contents(scope, behind)

    show()


def _contents(scope: Scope, behind: Behind) -> None:
    if behind.ids:
        rows = [row for run_id in behind.ids if (row := _run(scope, run_id))]
        st.caption(f"{_counted(len(rows))}. Of many, those that weigh most or are newest are named.")
        _table(scope, rows)
        return
    named = [
        f"{escape(name)}: {'unknown' if value is None else escape(value, 80)}"
        for name, value in zip(behind.by, behind.key, strict=True)
    ]
    for word, ns in (("since", behind.filters.since_ns), ("until", behind.filters.until_ns)):
        if ns is not None and ns != getattr(scope.filters, f"{word}_ns"):
            named.append(escape(f"{word} {moment(ns, scope.zone)}"))
    exactly = narrowed(behind)
    if exactly is not None and behind.score is not None:
        _judged(scope, exactly, behind.score, named)
    elif exactly is not None and behind.whole:
        count = scope.lake.ask(run_count, exactly)
        st.caption(" · ".join([*named, f"{_counted(count)}, the newest first"]))
        _table(scope, scope.lake.ask(runs, exactly, SHOWN).to_pylist())
    else:
        rows = scope.lake.ask(cost_runs, behind.filters, behind.by, behind.key, limit=SHOWN).to_pylist()
        count = rows[0]["runs"] if rows else 0
        st.caption(" · ".join([*named, f"{_counted(count)}, the dearest first"]))
        _table(scope, rows)
    if exactly is not None:
        order = "newest" if behind.whole else "most_expensive"
        list_link("Open in the list of runs", exactly._replace(order=order))


def _counted(count: int) -> str:
    return f"{count:,} {'run' if count == 1 else 'runs'}"


def _judged(scope: Scope, filters: RunFilters, score: str, named: list[str]) -> None:
    """Draw the runs that have a score, the lowest first."""
    rows = scope.lake.ask(worst_runs, filters, (score,), SHOWN).to_pylist()
    found = f"{_counted(len(rows))} judged by {escape(score, 60)}, the lowest first"
    st.caption(" · ".join([*named, found if len(rows) < SHOWN else f"at least {found}"]))
    listed = [
        {
            "href": _address(row["run_id"]),
            "status": row["status"] if row["status"] in STATUS_WORDS else "unknown",
            "cells": [
                *_first_cells(row, scope),
                f"{row['value']:.4g}",
                one_line(row["label"] or "", 80),
                one_line(row["explanation"] or "", 300),
            ],
        }
        for row in rows
    ]
    table_of_links(LABEL, [column._asdict() for column in SCORE_COLUMNS], listed, MOST_ROWS)


def _run(scope: Scope, run_id: str) -> dict[str, Any] | None:
    """Return a run's row; None where the data no longer holds it."""
    try:
        return scope.lake.ask(run, run_id)
    except NotFound:
        return None


def _table(scope: Scope, rows: list[dict[str, Any]]) -> None:
    """Draw runs, each with the figures of the steps behind it, or with its duration where that is told."""
    timed = any("duration_ms" in row for row in rows)
    table_of_links(
        LABEL,
        [column._asdict() for column in (*COLUMNS, *([TOOK] if timed else []))],
        [
            {
                "href": _address(row["run_id"]),
                "status": row["status"] if row["status"] in STATUS_WORDS else "unknown",
                "cells": [
                    *_first_cells(row, scope),
                    f"{row['generations'] or 0:,}",
                    money(row["cost_usd"]),
                    *([_took(row["duration_ms"])] if timed else []),
                ],
            }
            for row in rows
        ],
        MOST_ROWS,
    )


def _took(ms: float | None) -> str:
    return NOTHING if ms is None else duration(ms)


def _first_cells(row: dict[str, Any], scope: Scope) -> list[str]:
    status = STATUS_WORDS.get(row["status"], one_line(row["status"]))
    return [short_id(row["run_id"]), status, moment(row["started_ns"], scope.zone)]


def _address(run_id: str) -> str:
    return address("/run", {"run": [run_id], **_zone()})


def _zone() -> dict[str, list[str]]:
    return {"tz": st.query_params.get_all("tz")} if "tz" in st.query_params else {}


def runs_href(filters: RunFilters) -> str:
    """Return the address of the list of these runs."""
    order = {"order": [filters.order.replace("_", " ")]} if filters.order != "newest" else {}
    return address(RUNS_PATH, runs_behind(filters) | order)


def list_link(label: str, filters: RunFilters, icon: str | None = ":material/list:") -> None:
    """Draw a link to the list of these runs; `label` is Markdown."""
    order = {"order": [filters.order.replace("_", " ")]} if filters.order != "newest" else {}
    st.page_link(
        st.Page(lambda: None, title="Runs", url_path=RUNS_PATH.lstrip("/")),
        label=label,
        icon=icon,
        query_params=runs_behind(filters) | order,
    )


def page_link(path: str, label: str) -> None:
    """Draw a link to another page of figures, with the filters as they are; `label` is Markdown."""
    st.page_link(st.Page(lambda: None, title=label, url_path=path), label=label, query_params=carried())
