"""Registers our components, a trace and the list of runs, with Streamlit, and gives the files they load.

Streamlit's own packaging of component files (`asset_dir`) reads one manifest per installed distribution and
finds none in a checkout, so the files go over our own route; see docs/adr/002. The address holds a digest of
the content: modules import each other relatively, are cached for good and never mix two versions.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import streamlit as st

ASSETS: Final = Path(__file__).with_name("assets")
# All that goes over the websocket: it runs from a blob: address, where only absolute imports work. A run is
# asked for while the modules load.
LOADER: Final = """
let asked = "";
export default function (context) {
  let leave = null, gone = false, early = null;
  const { module, run, version } = context.data;
  if (run && asked !== run + version) early = fetch(run);
  early?.catch(() => {});
  asked = run + version;
  import(new URL(module, window.location.origin).href).then((loaded) => {
    if (!gone) leave = loaded.default(context, early);
  });
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
    return bundle(sorted(p for p in ASSETS.iterdir() if p.suffix in (".js", ".css")))


def bundle(paths: Sequence[Path]) -> Assets:
    """Return some files as those of one component."""
    bodies = {p.name: p.read_bytes() for p in paths}
    sums = hashlib.sha256()
    for name, body in bodies.items():
        sums.update(f"{name} {len(body)}\n".encode())
        sums.update(body)
    return Assets(bodies, sums.hexdigest()[:16])


@functools.cache
def _renderer() -> Any:
    return st.components.v2.component("spotlight_trace", html='<div class="trace-root"></div>', js=LOADER)


@functools.cache
def _list_renderer() -> Any:
    return st.components.v2.component("spotlight_runs", html='<div class="run-list"></div>', js=LOADER)


def run_list(columns: list[dict[str, Any]], rows: list[dict[str, Any]], back: str) -> None:
    """Draw the list of runs; `back` is what the address of an opened run ends with."""
    module = f"/assets/trace/{assets().digest}/run_list.js"
    _list_renderer()(data={"module": module, "columns": columns, "rows": rows, "back": back}, key="runs")


def table_of_links(
    label: str, columns: list[dict[str, Any]], rows: list[dict[str, Any]], shown: int | None = None
) -> None:
    """Draw a table in the look of the list of runs; a row with an `href` of ours opens it.

    `shown` is how many rows are seen without scrolling; None: as many as end with the window.
    """
    module = f"/assets/trace/{assets().digest}/run_list.js"
    data = {"module": module, "label": label, "columns": columns, "rows": rows, "shown": shown}
    _list_renderer()(data=data, key=f"table-{label}")


def trace_view(run_id: str, version: str, initial_span: str | None, zone: str) -> None:
    """Draw the trace of a run, opened at a span. A selection stays in the browser, in its address.

    `version` changes when there is more of the run to load; times are told in `zone`, an IANA name.
    """
    data = {
        "module": f"/assets/trace/{assets().digest}/main.js",
        "run": f"/api/runs/{run_id}",
        "version": version,
        "span": initial_span,
        "zone": zone,
    }
    _renderer()(data=data, key=f"trace-{run_id}")
