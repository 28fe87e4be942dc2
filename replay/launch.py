"""Replays in a process of their own: begun by a page or a notebook, and alive when that has ended."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from replay.journal import Journal
from replay.plan import Plan, Sealed, make_plan
from replay.progress import Progress, is_running, read_progress
from replay.running import check, look_ahead
from replay.sealing import FOLDER, recordings_of, save, seal
from spotlight.errors import SpotlightError
from spotlight.reports import open_lake

LOG: Final = "log.txt"  # beside the plan: what the process said
_TAIL: Final = 2_000


def launch(data: Path, sealed: Sealed, budget_usd: Decimal | None = None) -> subprocess.Popen[bytes]:
    """Start a process that works on a plan, independent of this one; its journal tells how it goes.

    The plan is saved first, with what it will do. `budget_usd` raises its budget.
    Raises: SpotlightError where a process works on it already.
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
    if budget_usd is not None:
        command += ["--budget", format(budget_usd, "f")]
    Journal.open(folder, sealed.items()).close()  # what is planned is there before it is shown
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
    recordings = recordings_of(reports)
    sealed = seal(plan, reports, recordings=recordings).sealed
    check(plan, look_ahead(sealed, reports, folder, recordings))
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
