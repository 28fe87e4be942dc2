"""The command line as a user runs it: in this process, or, where the process is the point, in its own."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

ROOT = Path(__file__).resolve().parents[1]
COMMAND = [sys.executable, "-m", "spotlight.cli"]


def spotlight(
    *words: object, check: bool = True, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run `spotlight` with these words in this process, `env` added; with `check`, failing fails the test.

    A process of its own takes a second longer: `spotlight_process`, for what a process does at its
    start, its end or its signals.
    """
    from spotlight.cli.main import run

    command = ["spotlight", *map(str, words)]
    status = 0
    with _as_process(command, env or {}) as said:
        try:
            run()
        except SystemExit as ended:
            status = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    output, errors = (stream.buffer.getvalue().decode() for stream in said)
    done = subprocess.CompletedProcess(command, status, output, errors)
    assert not check or done.returncode == 0, done.stderr
    return done


def spotlight_process(
    *words: object, check: bool = True, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run `spotlight` with these words in a process of its own."""
    command = [*COMMAND, *map(str, words)]
    more = os.environ | (env or {})
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, cwd=ROOT, env=more)
    assert not check or done.returncode == 0, done.stderr
    return done


def spotlight_json(*words: object) -> Any:
    """Return what a command prints with --json."""
    return json.loads(spotlight(*words, "--json").stdout)


class _Stream(io.TextIOWrapper):
    """A standard stream that keeps what is written, text and bytes."""

    buffer: io.BytesIO

    def __init__(self) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8", write_through=True)


@contextlib.contextmanager
def _as_process(command: list[str], env: dict[str, str]) -> Iterator[tuple[_Stream, _Stream]]:
    """Give this process the words, environment, folder and streams that one of its own would have."""
    out, err = _Stream(), _Stream()
    with (
        mock.patch.object(sys, "argv", command),
        mock.patch.dict(os.environ, env),
        contextlib.chdir(ROOT),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        yield out, err
