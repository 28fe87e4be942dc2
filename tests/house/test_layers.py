"""Imports point down, as pyproject.toml draws the layers."""

from __future__ import annotations

import subprocess
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_import_contracts_are_kept() -> None:
    """import-linter finds no import that points up or sideways."""
    program = Path(sysconfig.get_path("scripts")) / "lint-imports"
    done = subprocess.run([program, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (0, True) == (done.returncode, "0 broken" in done.stdout), done.stdout + done.stderr
