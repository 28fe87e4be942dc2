"""The colours of charts: series that stay apart for colour-blind readers, and what means better or worse.

They are the hues of the trace view's kinds, without the red of errors: no series looks like a failure.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import streamlit as st


class Palette(NamedTuple):
    """Colours as hex; `series` in the order in which series take them, `rest` for all others together."""

    series: tuple[str, ...]
    rest: str
    text: str
    muted: str
    line: str
    worse: str
    better: str
    error: str


LIGHT: Final = Palette(
    ("#3c5d9d", "#e4701c", "#3d9e6c", "#662444", "#8fb3e8", "#474305", "#f2b48a", "#7f8394"),
    "#c3c7d1", "#1c2230", "#6b7280", "#e3e6ec", "#e4701c", "#3d9e6c", "#db2742",
)  # fmt: skip
DARK: Final = Palette(
    ("#1c92e6", "#fbbe5d", "#8bfeb7", "#be3789", "#9fc4f0", "#80956b", "#d98a5b", "#d1dcf4"),
    "#4d5566", "#e3e7ee", "#97a0b0", "#262c37", "#fbbe5d", "#8bfeb7", "#ff5a3c",
)  # fmt: skip


def palette() -> Palette:
    """Return the colours for the theme that the reader sees."""
    return DARK if st.context.theme.type == "dark" else LIGHT
