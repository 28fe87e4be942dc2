"""The cost page: who spends the money, on what, and what changed?"""

from __future__ import annotations

import time
from typing import Any, Final

import streamlit as st

from dashboards.palette import palette
from dashboards.text import escape, moment, money, share
from dashboards.views.behind import show_behind
from dashboards.views.cost_bridge import bridge_card
from dashboards.views.cost_charts import dumbbells, sankey
from dashboards.views.cost_over_time import cost_over_time
from dashboards.views.cost_tables import any_two_card, top_card, waste_card
from dashboards.views.figures import card, change, guarded, selected, tile
from dashboards.views.filters import Scope
from spotlight.reports.cost import CostTotal, cost_total
from spotlight.reports.cost_flow import Flow, flow
from spotlight.reports.cost_spread import cost_spread
from spotlight.reports.forecast import Forecast, forecast
from spotlight.reports.overview import Health, health

MOST_VERSIONS: Final = 12
UNPRICED_WORTH_A_WARNING: Final = 0.01
BOTTOM_NS: Final = 60_000_000_000


def unpriced_warning(total: CostTotal) -> None:
    """Say how much of the usage has no price: it is in no figure of the page."""
    said = []
    if total.unpriced_generations:
        part = (
            ""
            if total.unpriced_token_share is None
            else f", {100 * total.unpriced_token_share:.1f}% of all tokens"
        )
        said.append(
            f"{total.unpriced_generations:,} of {total.generations:,} model calls have no price{part}"
        )
    if total.generations_without_usage:
        said.append(f"{total.generations_without_usage:,} reported no tokens")
    if not said:
        return
    text = " and ".join(said) + ": they are in no figure here."
    if (total.unpriced_token_share or 0) >= UNPRICED_WORTH_A_WARNING:
        st.warning(escape(text, 400) + " `spotlight cost explain RUN` says why.", icon=":material/money_off:")
    else:
        st.caption(escape(text, 400))


def _tiles(scope: Scope, total: CostTotal, found: Health, expected: Forecast) -> None:
    before = scope.lake.ask(cost_total, scope.baseline) if scope.baseline else None
    each = [step.cost_per_run_usd for step in found.steps if step.cost_per_run_usd is not None]
    with st.container(key="tiles"):
        columns = st.columns(5, gap="small")
    tile(
        columns[0], "Cost", money(total.cost_usd), against=scope.against,
        delta=change(total.cost_usd, before and before.cost_usd), good="down",
        series=[step.cost_usd or 0.0 for step in found.steps], bars=True,
    )  # fmt: skip
    tile(
        columns[1], "Cost per run", money(total.cost_per_run_usd), against=scope.against,
        delta=change(total.cost_per_run_usd, before and before.cost_per_run_usd), good="down", series=each,
        explained=f"Of {total.runs:,} runs with a step in the window.",
    )  # fmt: skip
    tile(
        columns[2], "Cost per successful run", money(total.cost_per_ok_run_usd), against=scope.against,
        delta=change(total.cost_per_ok_run_usd, before and before.cost_per_ok_run_usd), good="down",
        explained=f"What failed is paid for by the {total.ok_runs:,} runs that ended well.",
    )  # fmt: skip
    note, explained = forecast_said(expected)
    tile(
        columns[3],
        f"Forecast {expected.month}",
        money(expected.forecast_usd),
        note=note,
        explained=explained,
    )
    clients = total.cost_reported_usd
    tile(
        columns[4], "Model calls", f"{total.generations:,}",
        note="no client reports a cost" if clients is None else f"clients report {money(clients)}",
        explained=f"{share(total.unpriced_generations, total.generations)} of them have no price. "
        "What clients report is for comparison only.",
    )  # fmt: skip


def forecast_said(expected: Forecast) -> tuple[str, str]:
    """Return the note and the explanation of the forecast's tile."""
    spent = f"Spent so far: {money(expected.spent_usd)}."
    if expected.forecast_usd is None:
        return "no forecast", f"{expected.reason or 'Nothing is priced'}. {spent}"
    said = f"{100 * expected.level:.0f}% interval, {expected.method} of {expected.days} days. {spent}"
    between = f"{money(expected.low_usd)} to {money(expected.high_usd)}"
    return between, f"{said} The time window above is not applied."


def _spread(scope: Scope) -> None:
    rows = [row for row in scope.lake.ask(cost_spread, scope.filters).to_pylist() if row["n"]]
    newest = sorted(rows, key=lambda row: row["first_ns"] or 0)[-MOST_VERSIONS:]
    shown = [row for row in rows if row in newest]
    note = f"the newest {MOST_VERSIONS} of {len(rows)}" if len(rows) > MOST_VERSIONS else ""
    with card("Cost per run by version", note):
        if not shown:
            st.caption("No run here has a price.")
            return

        def opened() -> None:
            point = selected(st.session_state.get("spread"), "version")
            if point is not None:
                row = shown[int(point["place"])]
                show_behind([("pack", row["pack"]), ("version", row["version"])])

        chart = dumbbells(shown, palette())
        st.altair_chart(chart, width="stretch", key="spread", on_select=opened, selection_mode="version")


def node_at(found: Flow, index: int) -> list[tuple[str, Any]]:
    """Return the dimension and value of a node; nothing for all others together."""
    node = found.nodes[index]
    return [] if node.is_other else [(node.dimension, node.value)]


def _flow(scope: Scope) -> None:
    found = scope.lake.ask(flow, scope.filters)
    with card("Where the money flows", "tenant → pack → model → tool"):
        if not found.links or not found.cost_usd:
            st.caption("Nothing here has a price.")
            return

        def opened() -> None:
            named = flow_selection(found, st.session_state.get("flow"))
            if named:
                show_behind(named)

        alt = "Cost from tenants through packs and models to tools; the table below has the figures."
        deepest = max(sum(node.level == level for node in found.nodes) for level in range(4))
        with st.container(key="flow-frame"):
            st.echarts_chart(
                sankey(found, palette()),
                height=max(240, min(420, 46 * deepest)),
                key="flow",
                on_select=opened,
                alt=alt,
            )


def flow_selection(found: Flow, state: Any) -> list[tuple[str, Any]]:
    """Return the dimensions and values of the node or link that was clicked; [] for none."""
    by_name = {node.name: at for at, node in enumerate(found.nodes)}
    links = [link for link in found.links if link.cost_usd > 0]
    for chosen in (state or {}).get("selection", {}).get("selected") or []:
        for index in chosen.get("data_indices") or []:
            if chosen.get("data_type") == "edge":
                link = links[index]
                return node_at(found, by_name[link.source]) + node_at(found, by_name[link.target])
            return node_at(found, index)
    return []


def draw(scope: Scope) -> None:
    """Draw the page."""
    total = scope.lake.ask(cost_total, scope.filters)
    found = scope.lake.ask(health, scope.filters)
    now = time.time_ns() // BOTTOM_NS * BOTTOM_NS
    expected = scope.lake.ask(forecast, scope.filters._replace(since_ns=None, until_ns=None), now_ns=now)
    _tiles(scope, total, found, expected)
    unpriced_warning(total)
    left, right = st.columns(2, gap="small")
    with left:
        cost_over_time(scope, found)
    with right:
        _spread(scope)
    _flow(scope)
    guarded(bridge_card, scope)
    left, right = st.columns([3, 2], gap="small")
    with left:
        guarded(waste_card, scope)
    with right:
        guarded(top_card, scope)
    guarded(any_two_card, scope)
    first, last = moment(found.whole.first_ns, scope.zone), moment(found.whole.last_ns, scope.zone)
    st.caption(
        escape(f"{total.runs:,} runs from {first} to {last}. List prices at the time of the call, USD.", 300)
    )
