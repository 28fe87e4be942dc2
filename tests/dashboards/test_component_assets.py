"""The trace component's files: no way for text to become markup, and all of them served."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dashboards.components.trace.component import ASSETS, LOADER, assets

SCRIPTS = sorted(ASSETS.glob("*.js"))
FORBIDDEN = re.compile(
    r"\b(innerHTML|outerHTML|insertAdjacentHTML|setHTMLUnsafe|createContextualFragment|DOMParser|srcdoc"
    r"|document\.write|eval|Function|setAttribute\(\s*[\"']on)\b|javascript:"
    r"|https?://(?!www\.w3\.org/2000/svg\")"  # but for the name of SVG, which nothing loads
)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda p: p.name)
def test_text_cannot_become_markup(path: Path) -> None:
    """No module names an API that parses markup or code, or another host."""
    found = FORBIDDEN.findall(path.read_text(encoding="utf-8"))
    assert [] == found


def test_styles_load_nothing() -> None:
    """No style names a file or host: a selector cannot become a beacon."""
    for path in ASSETS.glob("*.css"):
        assert not re.search(r"url\(|@import", path.read_text(encoding="utf-8")), path.name


def test_every_file_is_served() -> None:
    """All modules and styles are in the table the route serves from, under one digest."""
    assert {p.name for p in ASSETS.iterdir() if p.suffix in (".js", ".css")} == set(assets().bodies)
    assert re.fullmatch(r"[0-9a-f]{16}", assets().digest)
    assert "main.js" in assets().bodies


def test_little_goes_over_the_websocket() -> None:
    """Streamlit sends the loader at every run, so it stays small; the modules come cached over HTTP."""
    assert len(LOADER) < 600
