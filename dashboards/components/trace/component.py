"""Registers the trace component with Streamlit, and gives the files the browser loads for it.

Streamlit's own packaging of component files (`asset_dir`) reads one manifest per installed distribution and
finds none in a checkout, so the files go over our own route; see docs/adr/002. The address holds a digest of
the content: modules import each other relatively, are cached for good and never mix two versions.
"""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path
from typing import Any, Final, NamedTuple

import streamlit as st

ASSETS: Final = Path(__file__).with_name("assets")
# All that goes over the websocket: it runs from a blob: address, where only absolute imports work.
LOADER: Final = """
export default function (context) {
  let leave = null, gone = false;
  const url = new URL(context.data.module, window.location.origin);
  import(url.href).then((module) => { if (!gone) leave = module.default(context); });
  return () => { gone = true; if (leave) leave(); };
}
"""


class Assets(NamedTuple):
    """The component's files by name, and the digest that names them all."""

    bodies: dict[str, bytes]
    digest: str


@functools.cache
def assets() -> Assets:
    """Return the component's files; read once per process."""
    paths = sorted(p for p in ASSETS.iterdir() if p.suffix in (".js", ".css"))
    bodies = {p.name: p.read_bytes() for p in paths}
    sums = hashlib.sha256()
    for name, body in bodies.items():
        sums.update(f"{name} {len(body)}\n".encode())
        sums.update(body)
    return Assets(bodies, sums.hexdigest()[:16])


@functools.cache
def _renderer() -> Any:
    return st.components.v2.component("spotlight_trace", html='<div class="trace-root"></div>', js=LOADER)


def trace_view(run_id: str, version: str, initial_span: str | None) -> str | None:
    """Draw the trace of a run; return the id of the selected span once the reader selects one.

    `version` changes when there is more of the run to load. `initial_span` must not follow the selection:
    constant data is what lets Streamlit skip sending it again at every click.
    """
    data = {
        "module": f"/assets/trace/{assets().digest}/main.js",
        "run": f"/api/runs/{run_id}",
        "version": version,
        "span": initial_span,
    }
    result = _renderer()(data=data, key=f"trace-{run_id}", on_selected_change=lambda: None)
    selected = result.selected
    return str(selected) if selected else None
