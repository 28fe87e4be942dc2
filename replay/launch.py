"""Replays in a process of their own: begun by a page or a notebook, and alive when that has ended."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from replay.plan import Plan, Sealed, make_plan
from replay.progress import Progress, is_running, read_progress
from replay.running import check, look_ahead
from replay.sealing import FOLDER, save, seal
from spotlight.errors import SpotlightError
from spotlight.reports import open_lake

LOG: Final = "log.txt"  # beside the plan: what the process said
_TAIL: Final = 2_000


def launch(data: Path, sealed: Sealed) -> subprocess.Popen[bytes]:
    """Start a process that works on a plan, independent of this one; its journal tells how it goes.

    The plan is saved first. Raises: SpotlightError where a process works on it already.
    """
    folder = save(sealed, data)
    if is_running(folder):
        raise SpotlightError(
            f"replay {sealed.id} is running already", hint=f"see `spotlight replay status {sealed.id}`"
        )
    command = [
        sys.executable,
        "-m",
        "spotlight.cli",
        "replay",
        "resume",
        sealed.id,
        "--data",
        str(data.resolve()),
    ]
    with (folder / LOG).open("ab") as log:
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )


def run(plan: Plan | Mapping[str, Any], data: str | Path = "spotlight-data") -> Progress:
    """Work on a plan to its end, in a process of its own; return how it went. Results are runs in the lake.

    A plan that was begun before is gone on with. Ctrl-C stops waiting and asks the replay to stop.
    Raises: SpotlightError where the plan cannot be made, or its process ended before the plan did.
    """
    from replay.progress import cancel

    plan = plan if isinstance(plan, Plan) else make_plan(plan)
    folder = Path(data)
    reports = open_lake(folder)
    sealed = seal(plan, reports).sealed
    check(plan, look_ahead(sealed, reports, folder))
    process = launch(folder, sealed)
    home = folder / FOLDER / sealed.id
    try:
        process.wait()
    except KeyboardInterrupt:
        cancel(home)
        process.wait()
        raise
    done = read_progress(home)
    if done.ended < done.items and not done.outcomes:
        raise SpotlightError(
            f"replay {sealed.id} did not begin: {last_words(home)}", hint=f"see {home / LOG}"
        )
    return done


def last_words(folder: Path) -> str:
    """Return the end of what the process of a plan said, hostile text as it is."""
    try:
        return (folder / LOG).read_text(encoding="utf-8", errors="replace")[-_TAIL:].strip()
    except FileNotFoundError:
        return ""
