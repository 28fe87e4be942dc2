"""What pages of figures are made of: cards, tiles with their change, and parts that may fail alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, Literal

import streamlit as st

from dashboards.text import escape
from dashboards.views.filters import Scope
from spotlight.errors import SpotlightError

LARGE_PERCENT: Final = 5.0
Good = Literal["up", "down", "neither"]
CHANGE_COLORS: Final[dict[Good, Literal["normal", "inverse", "off"]]] = {
    "up": "normal",
    "down": "inverse",
    "neither": "off",
}


def card(name: str, note: str = "") -> Any:
    """Return a bordered container with its name drawn; both are Markdown."""
    place = st.container(border=True, height="stretch")
    place.markdown(f"**{name}**" + (f" :gray[{note}]" if note else ""))
    return place


def guarded(draw: Callable[[Scope], None], scope: Scope) -> None:
    """Draw a part of a page; where its question fails, say so in its place, and the rest is drawn."""
    try:
        draw(scope)
    except SpotlightError as exc:
        st.error(escape(exc.message, 300), icon=":material/error:")


def change(now: float | None, before: float | None) -> str | None:
    """Return by how much a figure changed, with its sign; None where that cannot be said."""
    if now is None or not before:
        return None
    return f"{100 * (now - before) / before:+.1f}%"


def is_large(delta: str) -> bool:
    """Return whether a change, as `change` writes it, is worth a colour."""
    return abs(float(delta.rstrip("%"))) >= LARGE_PERCENT


def tile(
    place: Any,
    label: str,
    value: str,
    *,
    note: str = "",
    delta: str | None = None,
    against: str = "",
    good: Good = "neither",
    series: Sequence[float] = (),
    bars: bool = False,
    explained: str = "",
) -> None:
    """Draw a figure: its change and what that is against, else a note, then its course; all as plain text."""
    place.metric(
        label,
        value,
        delta or escape(note, 100) or None,
        delta_color=CHANGE_COLORS[good] if delta and is_large(delta) else "off",
        delta_arrow="auto" if delta else "off",
        delta_description=escape(f"vs {against}", 60) if delta and against else None,
        border=True,
        height="stretch",
        chart_data=list(series) if len(series) > 1 else None,
        chart_type="bar" if bars else "line",
        help=escape(explained, 500) or None,
    )


def selected(state: Any, name: str) -> dict[str, Any] | None:
    """Return the first point that a chart's selection holds, None where nothing is selected."""
    points = (state or {}).get("selection", {}).get(name) or []
    return points[0] if isinstance(points, list) and points else None
