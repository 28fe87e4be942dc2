"""Answers that were paid for once: complete ones only, found again by what was asked.

One SQLite file in the data folder, in WAL mode: several processes may read and write it at once.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from pathlib import Path
from typing import Final

from replay.model import Response
from replay.providers.bodies import Body
from replay.providers.models import Model
from replay.stored import read_response, response_text
from spotlight.messages.digests import canonical_json, digest

FILE: Final = Path("replay") / "cache.sqlite"  # below the data folder
_PATIENCE_S: Final = 30.0
_SCHEMA: Final = """
create table if not exists answers (
    key text primary key, model text not null, stored_ns integer not null, response text not null
) without rowid
"""


def cache_key(model: Model, body: Body, trial: str) -> str:
    """Return what an answer is known by: where, to which model and as what it was asked, in which trial.

    Answers that are compared with each other are trials of their own: one answer that stood for two of them
    would make what chance does look like agreement.
    """
    asked = [model.base_url, model.api, model.name, body.fields, trial]
    return digest(canonical_json(asked))


class Cache:
    """The file, opened; safe to be used from several threads."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._file = sqlite3.connect(path, timeout=_PATIENCE_S, check_same_thread=False, isolation_level=None)
        self._file.execute("pragma journal_mode = wal")
        self._file.execute("pragma synchronous = normal")
        self._file.execute(_SCHEMA)

    def get(self, key: str) -> Response | None:
        """Return the answer stored under a key, None where there is none."""
        with self._lock:
            found = self._file.execute("select response from answers where key = ?", [key]).fetchone()
        return read_response(found[0]) if found else None

    def put(self, key: str, model: Model, response: Response) -> None:
        """Store a complete answer; of two that were asked at the same time the first stays.

        Raises: ValueError for an answer that is not complete: it stands for nothing.
        """
        if response.error is not None or response.finish_reason is None:
            raise ValueError("an answer that is not complete is never stored")
        row = (key, f"{model.provider}:{model.name}", time.time_ns(), response_text(response))
        with self._lock:
            self._file.execute("insert or ignore into answers values (?, ?, ?, ?)", row)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._file.close()
