"""Sections about money: who spent it, where it flows, why it changed, what it will be."""

from __future__ import annotations

import math

import pyarrow as pa

from spotlight.figures import money, percent
from spotlight.reports.bridge import BridgeLine, BridgeSide, bridge
from spotlight.reports.cost import CostTotal, cost_by, cost_total, top
from spotlight.reports.cost_flow import FlowNode, flow
from spotlight.reports.cost_inclusive import agent_costs, tool_costs
from spotlight.reports.cost_spread import cost_spread
from spotlight.reports.cost_time import daily, trend
from spotlight.reports.export.figures import number, plain_text
from spotlight.reports.export.section import Chart, Section
from spotlight.reports.export.subjects.asked import Asked, joined, rows_table, sides
from spotlight.reports.forecast import Forecast, forecast
from spotlight.reports.questions import Reports
from spotlight.reports.zone import zone

_SPENT = (
    "runs", "ok_runs", "generations", "input_tokens", "output_tokens", "cost_usd", "share",
    "cost_per_run_usd",
    "cost_per_ok_run_usd", "unpriced_generations",
)  # fmt: skip


def cost(reports: Reports, asked: Asked) -> list[Section]:
    """Return who spent the money: divided as asked, by day, by version, by agent, by tool, and its flow."""
    by = asked.by_or("pack", "model")
    rows = cost_by(reports, asked.filters, by)
    total = cost_total(reports, asked.filters)
    division = Section(
        "cost", f"Cost by {' and '.join(by)}", "Who spends the money, and for how many runs?", rows,
        Chart("bars", "what", ("cost_usd",), rows=joined(rows, by)), unpriced_notes(total), total.runs,
        shown=(*by, *_SPENT),
    )  # fmt: skip
    return [
        division,
        _daily(reports, asked),
        _spread(reports, asked),
        _flow(reports, asked),
        _inclusive(agent_costs(reports, asked.filters), "agents", "agent"),
        _inclusive(tool_costs(reports, asked.filters), "tools", "tool"),
    ]


def unpriced_notes(total: CostTotal) -> tuple[str, ...]:
    """Return what a sum leaves out, in words."""
    notes = [
        f"{money(total.cost_usd)} in all." if total.cost_usd is not None else "Nothing here has a price."
    ]
    if total.unpriced_generations:
        part = percent(total.unpriced_token_share or 0)
        calls = number(total.unpriced_generations)
        notes.append(f"Left out: {calls} model calls with usage and without a price, {part} of the tokens.")
    if total.generations_without_usage:
        notes.append(
            f"{number(total.generations_without_usage)} model calls reported no tokens: of unknown cost."
        )
    if total.cost_reported_usd is not None:
        notes.append(f"The clients' own figures add up to {money(total.cost_reported_usd)}.")
    return tuple(notes)


def _daily(reports: Reports, asked: Asked) -> Section:
    split = asked.by[0] if asked.by and asked.by[0] not in ("day", "hour") else "model"
    rows = daily(reports, asked.filters, split)
    others, values = rows.column("is_other").to_pylist(), rows.column("series").to_pylist()
    series = ["other" if other else value for other, value in zip(others, values, strict=True)]
    rows = rows.set_column(rows.column_names.index("series"), "series", pa.array(series, pa.string()))
    return Section(
        "cost_by_day", f"Daily cost by {split}", f"What was spent on which day ({zone().key})?", rows,
        Chart("stacked", "start", ("cost_usd",), "series", wide=True), reading=_days(rows),
    )  # fmt: skip


def _days(rows: pa.Table) -> pa.Table:
    """Return a row per day with a column per series; NULL where a series has no price on a day."""
    start, series, cost = (rows.column(name).to_pylist() for name in ("start", "series", "cost_usd"))
    names = list(dict.fromkeys("unknown" if name is None else plain_text(name) for name in series))
    by_day: dict[object, dict[str, float]] = {day: {} for day in start}
    for day, name, value in zip(start, series, cost, strict=True):
        if value is not None:
            own, key = by_day[day], "unknown" if name is None else plain_text(name)
            own[key] = own.get(key, 0.0) + value
    columns = {f"{name}_usd": [own.get(name) for own in by_day.values()] for name in names}
    sums = [math.fsum(own.values()) if own else None for own in by_day.values()]
    return pa.table(
        {"day": pa.array(list(by_day), rows.schema.field("start").type)}
        | {name: pa.array(values, pa.float64()) for name, values in columns.items()}
        | {" all_usd": pa.array(sums, pa.float64())}
    )


def _spread(reports: Reports, asked: Asked) -> Section:
    rows = cost_spread(reports, asked.filters)
    return Section(
        "cost_per_run", "Cost per run by version", "What does a run usually cost, and what does a dear one?",
        rows,
        Chart("dumbbells", "version", ("p50_usd", "p95_usd"), "pack"), n=_sum(rows, "n"),
        of="runs of known cost",
        shown=("pack", "version", "n", "mean_usd", "p50_usd", "p95_usd"),
    )  # fmt: skip


def _flow(reports: Reports, asked: Asked) -> Section:
    found = flow(reports, asked.filters)
    nodes = {node.name: node for node in found.nodes}
    ends = [(nodes[link.source], nodes[link.target]) for link in found.links]
    rows = pa.table(
        {
            "level": pa.array([a.dimension for a, _ in ends], pa.string()),
            "source": pa.array([_label(a) for a, _ in ends], pa.string()),
            "next_level": pa.array([b.dimension for _, b in ends], pa.string()),
            "target": pa.array([_label(b) for _, b in ends], pa.string()),
            "cost_usd": pa.array([link.cost_usd for link in found.links], pa.float64()),
        }
    )
    drawn = pa.table(
        {
            "source": pa.array([f"{a.dimension}:{_label(a)}" for a, _ in ends], pa.string()),
            "target": pa.array([f"{b.dimension}:{_label(b)}" for _, b in ends], pa.string()),
            "cost_usd": rows.column("cost_usd"),
        }
    )
    return Section(
        "cost_flow", "Where the money flows", "From tenants through packs and models to tools.", rows,
        Chart("flow", "source", ("cost_usd",), "target", wide=True, rows=drawn), n=found.generations,
        of="model calls",
        notes=("Money of model calls belongs to the tool whose result they go on from.",),
    )  # fmt: skip


def _label(node: FlowNode) -> str:
    if node.is_other:
        return "other"
    missing = "no tool" if node.dimension == "tool" else "unknown"
    return missing if node.value is None else node.value


def _inclusive(rows: pa.Table, name: str, column: str) -> Section:
    question = f"What did each {column} cost by itself, and with what it made others spend?"
    return Section(
        f"cost_of_{name}", f"Cost of {name}", question, rows,
        Chart("bars", column, ("inclusive_cost_usd",)),
        ("Inclusive figures do not add up: a step is in every one that caused it.",),
    )  # fmt: skip


def top_spenders(reports: Reports, asked: Asked) -> list[Section]:
    """Return the runs, sessions and users that cost most, or the values of the dimensions asked for."""
    sections = []
    for at, what in enumerate(asked.by_or("run", "session", "user")):
        found = top(reports, asked.filters, what, limit=asked.limit)
        sections.append(
            Section(
                f"top_{what}", f"Dearest by {what}", f"Which values of {what} cost most?", found.rows,
                Chart("bars", what, ("cost_usd",)), () if at else unpriced_notes(found.total), found.keys,
                f"values of {what}",
                (what, "runs", "generations", "cost_usd", "share", "unpriced_generations"),
            )
        )  # fmt: skip
    return sections


def why_it_changed(reports: Reports, asked: Asked) -> list[Section]:
    """Return the bridge from what one set of runs cost to what the other did."""
    compared = sides(asked)
    if compared is None:
        empty = pa.table({name: pa.array([], pa.string()) for name in ("label", "cost_usd", "meaning")})
        return [
            Section("bridge", "Why the cost changed", "What moved it?", empty, notes=("No runs to compare.",))
        ]
    found = bridge(reports, compared.before, compared.after)
    lines = rows_table(found.lines, BridgeLine._fields).rename_columns(
        ["run_ids" if name == "runs" else name for name in BridgeLine._fields]
    )
    steps = [
        ("before", found.before.cost_usd),
        *((line.label, line.cost_usd) for line in found.lines if line.cost_usd),
    ]
    steps.append(("after", found.after.cost_usd))
    drawn = pa.table(
        {"label": [label for label, _ in steps], "cost_usd": pa.array([v for _, v in steps], pa.float64())}
    )
    both = rows_table([found.before, found.after], BridgeSide._fields)
    return [
        Section(
            "bridge", "Why the cost changed", "Which effects lead from the cost before to the cost after?",
            lines,
            Chart("waterfall", "label", ("cost_usd",), wide=True, rows=drawn),
            (f"The lines add up to {money(found.difference_usd)}.", f"Compared: {compared.words}."),
            found.before.runs + found.after.runs, shown=("label", "cost_usd", "meaning", "run_ids"),
        ),
        Section(
            "bridge_sides", "Both sides", "What is compared with what?",
            both.add_column(0, "side", pa.array(["before", "after"])),
        ),
    ]  # fmt: skip


def month_end(reports: Reports, asked: Asked) -> list[Section]:
    """Return what the month will have cost, and the days that this rests on; as of the window's end."""
    until = asked.filters.until_ns
    at_ns = asked.now_ns if until is None else min(until, asked.now_ns)
    found = forecast(reports, asked.filters, now_ns=at_ns)
    days = trend(reports, asked.filters, now_ns=at_ns)
    because = [] if found.reason is None else [f"No forecast: {found.reason}."]
    unpriced = [f"{number(found.unpriced_generations)} model calls without a price are in no figure."]
    sure = f"With {percent(found.level)} probability the month ends between the low and the high figure."
    return [
        Section(
            "forecast", f"Cost of {found.month}", "What will the month have cost when it ends?",
            rows_table([found], Forecast._fields), None,
            (*because, *([] if because else [sure]), *(unpriced if found.unpriced_generations else [])),
            found.days, "whole days of history",
            ("month", "spent_usd", "forecast_usd", "low_usd", "high_usd", "method"),
        ),
        Section(
            "trend", "Cost by day", f"How does the cost move from day to day ({zone().key})?", days,
            Chart("lines", "start", ("cost_usd",), wide=True), _partial(days), _sum(days, "runs"),
            shown=("start", "runs", "generations", "cost_usd", "cost_per_run_usd", "change_usd", "change"),
        ),
    ]  # fmt: skip


def _partial(days: pa.Table) -> tuple[str, ...]:
    cut = [
        str(s)[:10]
        for s, p in zip(days.column("start").to_pylist(), days.column("is_partial").to_pylist(), strict=True)
        if p
    ]
    return (f"Not whole: {', '.join(cut)}.",) if cut else ()


def _sum(rows: pa.Table, column: str) -> int:
    return sum(value or 0 for value in rows.column(column).to_pylist())
