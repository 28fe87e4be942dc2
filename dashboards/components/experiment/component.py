"""Registers the page of an experiment with Streamlit, and names the files it loads: see docs/adr/002."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any, Final

import streamlit as st

from dashboards.components.compare.component import ASSETS as COMPARE_ASSETS
from dashboards.components.trace.component import ASSETS as TRACE_ASSETS
from dashboards.components.trace.component import LOADER, Assets, bundle

ASSETS: Final = Path(__file__).with_name("assets")
# What is drawn as in the comparison of two runs, and in the trace view, comes from there.
_OF_COMPARE: Final = ("compare.css", "difference.js", "figures.js", "model.js")
_OF_TRACE: Final = ("api.js", "dom.js", "format.js", "kinds.js")


@functools.cache
def assets() -> Assets:
    """Return the component's files; read once per process."""
    own = sorted(p for p in ASSETS.iterdir() if p.suffix in (".js", ".css"))
    shared = [
        *(COMPARE_ASSETS / name for name in _OF_COMPARE), *(TRACE_ASSETS / name for name in _OF_TRACE)
    ]  # fmt: skip
    return bundle([*own, *shared])


@functools.cache
def _renderer() -> Any:
    return st.components.v2.component(
        "spotlight_experiment", html='<div class="experiment-root"></div>', js=LOADER
    )


def experiment_view(experiment_id: str, case: str, reference: str, ending: str) -> None:
    """Draw an experiment; `case` is opened side by side, `ending` is what links to runs end with."""
    data = {
        "module": f"/assets/experiment/{assets().digest}/main.js",
        "path": f"/api/experiments/{experiment_id}",
        "case": case,
        "against": reference,
        "ending": ending,
    }
    _renderer()(data=data, key=f"experiment-{experiment_id}")
