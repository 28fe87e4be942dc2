"""How far the lake has come with the journal. Waiting and status read it; correctness never depends on it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Final, NamedTuple

PROGRESS_FILE: Final = "progress.json"


class Progress(NamedTuple):
    """Journal positions up to which rows are in the lake, and up to which their runs are."""

    committed: int
    assembled: int


def read_progress(journal: Path) -> Progress | None:
    """Return how far the writer has come with a journal folder, None before it has written anything."""
    try:
        return Progress(**json.loads((journal / PROGRESS_FILE).read_bytes()))
    except (OSError, ValueError, TypeError):
        return None


def publish_progress(journal: Path, progress: Progress) -> None:
    """Replace what is said about a journal folder, in one step for readers."""
    target = journal / PROGRESS_FILE
    draft = target.with_suffix(".tmp")
    draft.write_text(json.dumps(progress._asdict()))
    os.replace(draft, target)
