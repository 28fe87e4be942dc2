"""The command line in a process of its own, as a user runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
COMMAND = [sys.executable, "-m", "spotlight.cli"]


def spotlight(
    *words: object, check: bool = True, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run `spotlight` with these words, `env` added; with `check`, its failure fails the test."""
    command = [*COMMAND, *map(str, words)]
    more = os.environ | (env or {})
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, cwd=ROOT, env=more)
    assert not check or done.returncode == 0, done.stderr
    return done


def spotlight_json(*words: object) -> Any:
    """Return what a command prints with --json."""
    return json.loads(spotlight(*words, "--json").stdout)
