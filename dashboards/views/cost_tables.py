"""The tables of the cost page: waste by cause, the largest spenders, and cost by any two dimensions."""

from __future__ import annotations

import io
from typing import Any, Final

import pyarrow as pa
import streamlit as st

from dashboards.addresses import address
from dashboards.components.trace.component import table_of_links
from dashboards.text import NOTHING, escape, money, one_line, part, short_id, tokens
from dashboards.views.behind import RUNS, href
from dashboards.views.filters import Scope
from dashboards.views.run_table import Column
from spotlight.reports.cost import cost_by, top
from spotlight.reports.cost_flow import label
from spotlight.reports.dimensions import DIMENSIONS
from spotlight.reports.export.tables import write_csv
from spotlight.reports.waste import WasteCause, waste

WASTE_COLUMNS: Final = (
    Column("cause", "cause", 190, "A click opens the runs that wasted most"),
    Column("usd", "USD", 80, "Each dollar is in one cause; –: not known", "right"),
    Column("share", "share", 60, "Of the whole cost", "right"),
    Column("tokens", "tokens", 70, align="right"),
    Column("found", "found", 110, align="right"),
    Column("runs", "runs", 56, align="right"),
    Column("state", "", 84, "measured; estimated: tokens taken to be characters / 4; or not reported"),
)
SPENDERS: Final = ("run", "session", "user", "tenant", "agent", "tool")
SHOWN: Final = 10
ROWS: Final = 500
SEEN: Final = 16  # before the table scrolls
SUM_COLUMNS: Final = (
    Column("usd", "cost", 86, "List price, USD; –: nothing in the row has one", "right"),
    Column("share", "share", 64, "Of the cost of all rows", "right"),
    Column("runs", "runs", 66, align="right"),
    Column("each", "per run", 84, align="right"),
    Column("ok", "per successful run", 126, align="right"),
    Column("calls", "calls", 70, "Model calls", "right"),
    Column("in", "tokens in", 84, align="right"),
    Column("cache", "cached", 70, "Part of the input that was read from the cache", "right"),
    Column("out", "out", 70, align="right"),
    Column("unpriced", "unpriced", 96, "Model calls without a price, and their part of the tokens", "right"),
    Column("reported", "reported", 84, "What the clients themselves say that it cost", "right"),
)  # fmt: skip


def run_address(run_id: str) -> str:
    """Return the address of a run in the reader's time zone."""
    zone = {"tz": st.query_params.get_all("tz")} if "tz" in st.query_params else {}
    return address("/run", {"run": [run_id], **zone})


def _waste_cells(cause: WasteCause) -> list[str]:
    known = cause.state != "not reported"
    return [
        one_line(cause.title),
        money(cause.cost_usd),
        part(cause.share),
        NOTHING if cause.tokens is None else tokens(cause.tokens),
        f"{cause.found:,} {cause.unit}" if known and cause.found is not None else NOTHING,
        NOTHING if cause.runs is None else f"{cause.runs:,}",
        cause.state,
    ]


def waste_card(scope: Scope) -> None:
    """Draw what was paid for nothing, by cause."""
    with st.container(border=True, height="stretch"):
        found = scope.lake.ask(waste, scope.filters)
        wasted = part(found.wasted_usd / found.cost_usd if found.wasted_usd and found.cost_usd else None)
        st.markdown(
            f"**Waste by cause** :gray[{escape(money(found.wasted_usd))}, {escape(wasted)} of the cost]"
        )
        rows = [
            {
                "href": href([(RUNS, cause.run_ids)]) if cause.run_ids else None,
                "status": "unmapped" if cause.state == "not reported" else "ok",
                "cells": _waste_cells(cause),
            }
            for cause in found.causes
        ]
        table_of_links("Waste", [column._asdict() for column in WASTE_COLUMNS], rows, len(rows))
        said = found.content.said
        st.caption(escape(said[:1].upper() + said[1:], 400))
        with st.expander("How each is computed"):
            for cause in found.causes:
                st.markdown(f"**{escape(cause.title)}** · {escape(cause.explanation, 1000)}")


def top_card(scope: Scope) -> None:
    """Draw the largest spenders of one dimension."""
    with st.container(border=True, height="stretch"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown("**Most expensive**", width="content")
            what = st.segmented_control(
                "Of", SPENDERS, default="run", key="spenders", label_visibility="collapsed",
                bind="query-params",
            ) or SPENDERS[0]  # fmt: skip
        found = scope.lake.ask(top, scope.filters, what, limit=SHOWN)
        rows = found.rows.to_pylist()
        columns = (
            Column("key", what, 150),
            Column("usd", "cost", 84, align="right"),
            Column("share", "share", 64, align="right"),
            Column("runs", "runs", 60, align="right"),
            Column("calls", "calls", 60, align="right"),
        )
        listed = [
            {
                "href": run_address(row["run"])
                if what == "run" and row["run"]
                else href([(what, row[what])]),
                "status": "ok",
                "cells": [
                    _named(what, row[what]),
                    money(row["cost_usd"]),
                    part(row["share"]),
                    f"{row['runs']:,}",
                    f"{row['generations']:,}",
                ],
            }
            for row in rows
        ]
        table_of_links("Most expensive", [column._asdict() for column in columns], listed, SHOWN)
        st.caption(f"{min(SHOWN, found.keys):,} of {found.keys:,}")


def _named(dimension: str, value: str | None) -> str:
    if dimension == "run" and value is not None:
        return short_id(value)
    return one_line(label(dimension, value), 80)


def _sum_cells(row: dict[str, Any]) -> list[str]:
    cached = row["cache_read_tokens"]
    unpriced = row["unpriced_generations"]
    return [
        money(row["cost_usd"]),
        part(row["share"]),
        f"{row['runs']:,}",
        money(row["cost_per_run_usd"]),
        money(row["cost_per_ok_run_usd"]),
        f"{row['generations']:,}",
        NOTHING if row["input_tokens"] is None else tokens(row["input_tokens"]),
        part(cached / row["input_tokens"] if cached is not None and row["input_tokens"] else None),
        NOTHING if row["output_tokens"] is None else tokens(row["output_tokens"]),
        f"{unpriced:,} · {part(row['unpriced_token_share'])}" if unpriced else "0",
        money(row["cost_reported_usd"]),
    ]


def csv_bytes(table: pa.Table) -> bytes:
    """Return a table as CSV that no spreadsheet takes for formulas."""
    stream = io.BytesIO()
    write_csv(table, stream)
    return stream.getvalue()


def any_two_card(scope: Scope) -> None:
    """Draw the cost by any two dimensions, each row with the runs behind it, and a CSV of all rows."""
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown("**Cost by**", width="content")
            names = [name for name in DIMENSIONS if name != "run"]
            one = _dimension("First", "by", names, "pack")
            st.markdown("and", width="content")
            two = _dimension(
                "Second", "and", ["nothing", *(name for name in names if name != one)], "version"
            )
            place = st.container(horizontal=True, horizontal_alignment="right")
        by = (one,) if two == "nothing" else (one, two)
        table = scope.lake.ask(cost_by, scope.filters, by)
        with place:
            st.download_button(
                "CSV", lambda: csv_bytes(table), f"cost-by-{'-'.join(by)}.csv", "text/csv",
                icon=":material/download:", on_click="ignore",
            )  # fmt: skip
        columns = (*(Column(name, name, 130, DIMENSIONS[name]) for name in by), *SUM_COLUMNS)
        rows = [
            {
                "href": href([(name, row[name]) for name in by]),
                "status": "ok",
                "cells": [*(_named(name, row[name]) for name in by), *_sum_cells(row)],
            }
            for row in table.slice(0, ROWS).to_pylist()
        ]
        table_of_links("Cost by two dimensions", [column._asdict() for column in columns], rows, SEEN)
        cut = f", the {ROWS} dearest are shown; the CSV has all" if table.num_rows > ROWS else ""
        st.caption(f"{table.num_rows:,} rows{cut}. A run may be in several rows where it used several.")


def _dimension(label: str, key: str, names: list[str], usual: str) -> str:
    return st.selectbox(
        label,
        names,
        index=names.index(usual) if usual in names else 0,
        key=key,
        label_visibility="collapsed",
        width=150,
        bind="query-params",
    )
