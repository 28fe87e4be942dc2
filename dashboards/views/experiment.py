"""The page of an experiment: what every variant of a replay changed, by how much, and how sure that is."""

from __future__ import annotations

from typing import Any, Final

import streamlit as st
from streamlit.navigation.page import Page

from dashboards.addresses import address
from dashboards.clock import zone
from dashboards.components.experiment.component import experiment_view
from dashboards.components.trace.component import table_of_links
from dashboards.json_answers import ID
from dashboards.replaying import Listed, listed
from dashboards.source import published
from dashboards.text import NOTHING, escape, moment, money, one_line
from dashboards.views.frame import title
from dashboards.views.navigation import ZONE, back_parameter
from dashboards.views.run_table import Column
from replay.sealing import load
from spotlight.errors import NotFound

EXPERIMENTS: Final = (
    Column("replay", "replay", 150, "A click opens what came of it"),
    Column("state", "state", 96),
    Column("started", "started", 170),
    Column("mode", "mode", 100),
    Column("runs", "runs", 64, align="right"),
    Column("variants", "variants", 320),
    Column("repeats", "repeats", 70, align="right"),
    Column("ended", "ended", 120, "Trials that have ended, of all: runs × variants × repeats", "right"),
    Column("spent", "spent", 90, align="right"),
)
MOST_ROWS: Final = 20  # before the table scrolls


class Ways:
    """The pages that an experiment leads to."""

    def __init__(self, replays: Page, runs: Page) -> None:
        self.replays = replays
        self.runs = runs


def draw(ways: Ways) -> None:
    """Draw the experiment that the address names; without one, those there are to choose from."""
    asked = st.query_params.get("id", "")
    title("Experiment", "What does each variant do differently, and is it better?")
    if not asked:
        _choose(ways)
        return
    try:
        if not ID.fullmatch(asked):
            raise NotFound(f"{one_line(asked)!r} is no id of a replay", hint="choose one of these")
        _, sealed = load(published().data, asked)
    except NotFound as exc:
        st.warning(escape(exc.message, 300), icon=":material/search_off:")
        _choose(ways)
        return
    names = ", ".join(variant.name for variant in sealed.plan.all_variants())
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="experiment-head"):
        st.caption(f"Replay {escape(sealed.id)}: {escape(names, 300)}", width="stretch")
        along = _zone()
        st.page_link(
            ways.runs,
            label="Its runs",
            icon=":material/list:",
            query_params=along | {"experiment": sealed.id},
        )
        st.page_link(ways.replays, label="All replays", icon=":material/arrow_back:", query_params=along)
    chosen = {key: st.query_params.get(key, "") for key in ("case", "against")}
    experiment_view(sealed.id, chosen["case"], chosen["against"], back_parameter())


def _zone() -> dict[str, Any]:
    return {ZONE: zones} if (zones := st.query_params.get_all(ZONE)) else {}


def _choose(ways: Ways) -> None:
    """Draw the newest replays of which there is something to see."""
    found, count = listed()
    rows = [_row(plan) for plan in found if plan.done is not None and plan.done.ended]
    if rows:
        table_of_links(
            "Experiments", [column._asdict() for column in EXPERIMENTS], rows, min(len(rows), MOST_ROWS)
        )
    else:
        st.info(
            "No replay has results yet. Open a run and press “Replay from here”, or tick runs in the list of "
            "runs and press “Replay”.",
            icon=":material/science:",
        )  # fmt: skip
    with st.container(horizontal=True, gap="small"):
        st.page_link(ways.runs, label="Runs", icon=":material/list:", query_params=_zone())
        st.page_link(ways.replays, label="All replays", icon=":material/replay:", query_params=_zone())
    if count > len(found):
        st.caption(f"{count - len(found):,} older ones: `spotlight replay list`")


def _row(plan: Listed) -> dict[str, Any]:
    assert plan.sealed is not None
    assert plan.done is not None
    sealed, done = plan.sealed, plan.done
    cells = [
        sealed.id,
        done.state,
        NOTHING if done.started_ns is None else moment(done.started_ns, zone()),
        "step by step" if sealed.plan.mode == "step" else "closed loop",
        f"{len(sealed.cases):,}",
        one_line(", ".join(variant.name for variant in sealed.plan.all_variants()), 200),
        f"{sealed.plan.repeat:,}",
        f"{done.ended:,} of {done.items:,}",
        money(float(done.spent_usd)),
    ]
    return {
        "href": address("/experiment", {"id": [sealed.id]} | _zone()),
        "status": "ok" if done.state == "complete" else "incomplete",
        "cells": cells,
    }
