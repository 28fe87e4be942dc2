"""The trace component's files: no way for text to become markup, valid modules, right answers."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from dashboards.components.trace.component import ASSETS, LOADER, assets

SCRIPTS = sorted(ASSETS.glob("*.js"))
FORBIDDEN = re.compile(
    r"\b(innerHTML|outerHTML|insertAdjacentHTML|setHTMLUnsafe|createContextualFragment|DOMParser|srcdoc"
    r"|document\.write|eval|Function|setAttribute\(\s*[\"']on)\b|javascript:|https?://"
)
CASES = Path(__file__).with_name("trace_model.test.mjs")


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


def node(*words: str | Path, cwd: Path) -> str:
    """Run node; skip where it is not installed."""
    program = shutil.which("node")
    if program is None:
        pytest.skip("node is not installed")
    done = subprocess.run([program, *words], cwd=cwd, capture_output=True, text=True, check=False)
    assert 0 == done.returncode, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def modules(tmp_path: Path) -> Path:
    """Return a copy of the modules that node reads as such."""
    for path in SCRIPTS:
        shutil.copy(path, tmp_path)
    (tmp_path / "package.json").write_text(json.dumps({"type": "module"}), encoding="utf-8")
    return tmp_path


def test_modules_are_valid(modules: Path) -> None:
    """Every module parses."""
    for path in SCRIPTS:
        assert "" == node("--check", path.name, cwd=modules)


def test_pure_functions_answer_right(modules: Path) -> None:
    """Folding, filters, sums, time mix, ticks and figures: see trace_model.test.mjs."""
    shutil.copy(CASES, modules)
    said = node("--test", "--test-reporter=tap", CASES.name, cwd=modules)
    passed = re.search(r"# pass (\d+)", said)
    assert passed
    assert int(passed[1]) >= 15
