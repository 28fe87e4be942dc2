"""The docs say what is there, and nothing that does not belong."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("spotlight", "ingest", "dashboards", "replay")
FOLDERS = (*PACKAGES, "tests", "scripts", "benchmarks", "docs", "sample_traces", ".ci")
ENDINGS = {
    "",
    ".py",
    ".sh",
    ".sql",
    ".js",
    ".css",
    ".html",
    ".svg",
    ".toml",
    ".md",
    ".json",
    ".jsonl",
    ".lock",
}
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "sample_traces").rglob("*.md")])
COMMAND = re.compile(r"^\s*(?:\$ )?spotlight ([a-z]+)(.*)$|`spotlight ([a-z]+)([^`]*)`", re.MULTILINE)
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")

# In two pieces each, so that this file does not break its own rule.
FORBIDDEN = (
    r"pypi" + r"\.org",
    r"python" + r"hosted\.",
    r"npm" + r"js\.",
    r"deb" + r"ian\.org",
    r"(?<![\w.])/wo" + r"rk/",
    r"/fa" + r"rm/",
    r"/tm" + r"p/w/",
    r"\bTO" + r"DO\b",
    r"\bFIX" + r"ME\b",
    r"\bX" + r"XX\b",
    r"\.\./sha" + r"red",
)


def texts() -> Iterator[tuple[str, str]]:
    """Yield the place and the text of every text file of the project."""
    top = [path for path in ROOT.iterdir() if path.is_file() and path.name != ".git"]
    inside = [p for folder in FOLDERS for p in (ROOT / folder).rglob("*") if p.is_file()]
    for path in sorted(top + inside):
        if path.suffix in ENDINGS and "__pycache__" not in path.parts:
            yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")


def commands_in(text: str) -> Iterator[tuple[str, str]]:
    """Yield (command, rest of the line) for every `spotlight COMMAND ...` that a page shows."""
    for match in COMMAND.finditer(text):
        yield match[1] or match[3], match[2] or match[4] or ""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_in_the_docs_exist(page: Path) -> None:
    """Every `spotlight` command and long option that a page shows is one that the program has."""
    from spotlight.cli.main import app

    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    wrong = []
    for name, rest in commands_in(page.read_text(encoding="utf-8")):
        command = commands.get(name)
        if hasattr(command, "commands"):  # a group: the next word is the command
            command = command.commands.get(rest.split()[0]) if rest.split() else command
        known = {option for p in getattr(command, "params", []) for option in p.opts} | {"--help"}
        if command is None or set(re.findall(r"(?<!\S)--[a-z0-9-]+", rest)) - known:
            wrong.append(f"spotlight {name}{rest}")
    assert [] == wrong


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_in_the_docs_lead_somewhere(page: Path) -> None:
    """Every relative link of a page names a file that exists."""
    targets = [link for link in LINK.findall(page.read_text(encoding="utf-8")) if "://" not in link]
    assert [] == [link for link in targets if not (page.parent / link).exists()]


def test_scripts_named_in_the_readme_exist() -> None:
    """The README's two commands are there and can be executed."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    scripts = set(re.findall(r"\bscripts/[a-z]+\b", readme))
    assert {"scripts/demo", "scripts/test"} <= scripts
    assert [] == [name for name in sorted(scripts) if not (ROOT / name).stat().st_mode & 0o111]


def test_every_module_says_what_it_is() -> None:
    """Every Python module, empty ones included, opens with a docstring."""
    modules = [p for f in (*PACKAGES, "tests", "scripts", "benchmarks") for p in (ROOT / f).rglob("*.py")]
    silent = [p for p in modules if not ast.get_docstring(ast.parse(p.read_text(encoding="utf-8")))]
    assert [] == [str(path.relative_to(ROOT)) for path in silent]


def test_nothing_foreign_is_written_down() -> None:
    """No registry's host, no path of somebody's machine and no note to self is in any file."""
    found = [
        f"{place}: {match}"
        for place, text in texts()
        for match in re.findall("|".join(FORBIDDEN), text)
        if not (place == ".ci/run" and match.startswith(".."))
    ]
    assert [] == found
