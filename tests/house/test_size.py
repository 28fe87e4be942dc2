"""Nothing in the house is too long to be read in one go."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("spotlight", "ingest", "dashboards", "replay", "tests", "scripts", "benchmarks")
FILE_LINES = 400
FUNCTION_LINES = 60


def files(*endings: str) -> list[Path]:
    """Return the house's own source files with these endings."""
    return [p for f in FOLDERS for p in sorted((ROOT / f).rglob("*")) if p.suffix in endings]


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Yield the place and the length in lines of every function of a Python file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            yield f"{path.relative_to(ROOT)}:{node.lineno} {node.name}", length


def test_files_are_short() -> None:
    """No Python, browser, SQL or shell file is longer than 400 lines."""
    lengths = {
        p: len(p.read_text(encoding="utf-8").splitlines()) for p in files(".py", ".js", ".css", ".sql", ".sh")
    }
    assert lengths, "no files were found"
    assert {} == {str(p.relative_to(ROOT)): n for p, n in lengths.items() if n > FILE_LINES}


def test_functions_are_short() -> None:
    """No Python function is longer than 60 lines, its docstring included."""
    lengths = {place: n for path in files(".py") for place, n in functions(path)}
    assert lengths, "no functions were found"
    assert {} == {place: n for place, n in lengths.items() if n > FUNCTION_LINES}
