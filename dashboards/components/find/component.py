"""Registers the search field and the list of passages with Streamlit, and gives the files they load."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import streamlit as st

from dashboards.components.trace import component as trace
from dashboards.components.trace.component import LOADER, Assets, bundle

OWN: Final = Path(__file__).with_name("assets")
SHARED: Final = ("dom.js", "api.js")


@functools.cache
def assets() -> Assets:
    """Return the component's files, and those it shares with the trace; read once per process."""
    own = [path for path in OWN.iterdir() if path.suffix in (".js", ".css")]
    return bundle(sorted([*own, *(trace.ASSETS / name for name in SHARED)], key=lambda path: path.name))


@functools.cache
def _field_renderer() -> Any:
    return st.components.v2.component("spotlight_find", html='<div class="find-root"></div>', js=LOADER)


@functools.cache
def _passages_renderer() -> Any:
    return st.components.v2.component(
        "spotlight_passages", html='<div class="passages-root"></div>', js=LOADER
    )


def search_field(query: str, parameter: str = "q", placeholder: str = "") -> None:
    """Draw a search field; what is typed goes into the address as `parameter`, by the browser.

    `query` is what the address says. The field of `q` has the saved views beside it.
    """
    module = f"/assets/find/{assets().digest}/find.js"
    data = {"module": module, "query": query, "parameter": parameter, "placeholder": placeholder}
    _field_renderer()(data=data, key=f"find-{parameter}")


def passages(rows: Sequence[dict[str, Any]]) -> None:
    """Draw where text stands: rows of `href`, `where` (texts), `before`, `found` and `after`."""
    data = {"module": f"/assets/find/{assets().digest}/passages.js", "rows": list(rows)}
    _passages_renderer()(data=data, key="passages")
