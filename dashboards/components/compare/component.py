"""Registers the comparison of two runs with Streamlit, and names the files it loads: see docs/adr/002."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import streamlit as st

from dashboards.components.trace.component import ASSETS as TRACE_ASSETS
from dashboards.components.trace.component import LOADER, Assets, bundle

ASSETS: Final = Path(__file__).with_name("assets")
# What both components draw alike comes from the trace view.
SHARED: Final = ("api.js", "dom.js", "format.js", "kinds.js")


@functools.cache
def assets() -> Assets:
    """Return the component's files; read once per process."""
    own = sorted(p for p in ASSETS.iterdir() if p.suffix in (".js", ".css"))
    return bundle([*own, *(TRACE_ASSETS / name for name in SHARED)])


@functools.cache
def _renderer() -> Any:
    return st.components.v2.component("spotlight_compare", html='<div class="compare-root"></div>', js=LOADER)


def compare_view(a: str, b: str, agents: dict[str, str], ending: str) -> None:
    """Draw two runs side by side.

    `agents` narrows sides to a sub-agent: `agent_a`, `agent_b`; `ending` is what links to runs end with.
    """
    data = {
        "module": f"/assets/compare/{assets().digest}/main.js",
        "path": f"/api/compare/{a}/{b}",
        "query": urlencode(agents),
        "a": a,
        "b": b,
        "ending": ending,
    }
    _renderer()(data=data, key=f"compare-{a}-{b}-{urlencode(agents)}")
