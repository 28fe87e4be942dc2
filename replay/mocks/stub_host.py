"""The process in which stubs of the user's run, seen from the engine, which never executes them itself.

The process inherits no environment, no open file and no working directory; it is killed, with all it started,
when a call takes too long, and started anew for the next.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, NamedTuple, Self

from replay.mocks.ladder import Outcome
from spotlight.errors import StubFailed
from spotlight.messages.canonical import Json

_WORKER: Final = Path(__file__).with_name("stub_worker.py")
_ROOT: Final = Path(__file__).resolve().parents[2]
_CHUNK: Final = 1 << 16
_TAIL_BYTES: Final = 4_000  # of what stubs print, told when their process dies
_HINT: Final = "docs/mocked-tools.md shows what a stub may do"


class Limits(NamedTuple):
    """What stubs may take; memory and size hold where the system knows such limits."""

    call_seconds: float = 10.0
    start_seconds: float = 30.0
    memory_bytes: int = 1 << 30
    answer_bytes: int = 20_000_000


class StubHost:
    """A running process with the stubs of one file. Close it, or use it in a `with`."""

    def __init__(self, path: Path, limits: Limits = Limits()) -> None:
        """Start the process and load the stubs. Raises: StubFailed with the user's traceback."""
        self.path, self._limits = path.resolve(), limits
        self.digest = self._digest()
        self._lock = threading.Lock()
        self._folder = tempfile.TemporaryDirectory(prefix="spotlight-stubs-")
        self._process: subprocess.Popen[bytes] | None = None
        self._printed: IO[bytes] | None = None
        self._rest = b""
        try:
            self.names = frozenset(self._start())
        except BaseException:
            self.close()
            raise

    def call(self, name: str, arguments: Json, about: Mapping[str, Json]) -> Outcome:
        """Return what the stub of a tool answers; blocks. Raises: StubFailed, with the user's traceback."""
        with self._lock:
            if self._process is None:
                self._start()
            asked = {"name": name, "arguments": arguments, "about": dict(about)}
            answer = self._exchange(asked, f"the stub of {name}", self._limits.call_seconds)
            if "raised" in answer:
                raise StubFailed(f"the stub of {name} failed:\n{self._shown(answer['raised'])}", hint=_HINT)
            return Outcome(answer["result"], answer["is_error"])

    def close(self) -> None:
        """End the process and remove its folder."""
        self._kill()
        self._forget_printed()
        self._folder.cleanup()

    def __enter__(self) -> Self:
        """Return the host itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()

    def _digest(self) -> str:
        try:
            return hashlib.sha256(self.path.read_bytes()).hexdigest()
        except OSError as exc:
            raise StubFailed(f"cannot read the stubs {self.path}: {exc.strerror}", hint=_HINT) from exc

    def _start(self) -> list[str]:
        """Start the process; return the names of the tools that have stubs."""
        if self._digest() != self.digest:
            raise StubFailed(f"the stubs {self.path} changed during the replay", hint="start the replay anew")
        words = [sys.executable, "-I", "-B", "-u", _WORKER, _ROOT, self.path, self._limits.memory_bytes]
        home = self._folder.name
        self._forget_printed()
        self._printed = tempfile.TemporaryFile(dir=home)  # noqa: SIM115  lives as long as the process
        self._rest = b""
        self._process = subprocess.Popen(
            [str(word) for word in words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._printed,
            env={"PATH": os.defpath, "HOME": home, "LANG": "C.UTF-8"},
            cwd=home,
            close_fds=True,
            start_new_session=True,
        )
        answer = self._exchange(None, f"the stubs {self.path.name}", self._limits.start_seconds)
        if "raised" in answer:
            self._kill()
            raise StubFailed(f"the stubs cannot be loaded:\n{self._shown(answer['raised'])}", hint=_HINT)
        if not answer["names"]:
            raise StubFailed(
                f"the stubs {self.path.name} answer for no tool", hint='mark functions with @stub("tool")'
            )
        return [str(name) for name in answer["names"]]

    def _shown(self, traceback: str) -> str:
        """Return a traceback without the folder of the file: a plan's is one of a moment."""
        return traceback.replace(f"{self.path.parent}{os.sep}", "")

    def _exchange(self, asked: Mapping[str, Json] | None, what: str, seconds: float) -> dict[str, Any]:
        """Return the next line of the process, after one to it. Raises: StubFailed; it is killed then."""
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            raise StubFailed(f"{what} cannot answer: their process is closed")
        try:
            if asked is not None:
                process.stdin.write(json.dumps(asked).encode() + b"\n")
                process.stdin.flush()
            line = self._line(process.stdout, what, time.monotonic() + seconds, seconds)
            answer: dict[str, Any] = json.loads(line)
        except (OSError, EOFError, ValueError) as exc:
            code = self._kill(grace_seconds=1.0)
            raise StubFailed(f"{what} ended their process ({code}){self._tail()}", hint=_HINT) from exc
        except BaseException:
            self._kill()
            raise
        return answer

    def _line(self, pipe: IO[bytes], what: str, until: float, seconds: float) -> bytes:
        with selectors.DefaultSelector() as ready:
            ready.register(pipe, selectors.EVENT_READ)
            while b"\n" not in self._rest:
                left = until - time.monotonic()
                if left <= 0 or not ready.select(left):
                    raise StubFailed(f"{what} took longer than {seconds:g} s{self._tail()}", hint=_HINT)
                chunk = os.read(pipe.fileno(), _CHUNK)
                if not chunk:
                    raise EOFError
                self._rest += chunk
                if len(self._rest) > self._limits.answer_bytes:
                    most = self._limits.answer_bytes
                    raise StubFailed(f"{what} answered more than {most:,} bytes", hint=_HINT)
        line, _, self._rest = self._rest.partition(b"\n")
        return line

    def _kill(self, grace_seconds: float = 0.0) -> str:
        """End the process and all it started; return how it ended, in words.

        `grace_seconds`: how long a process that has closed its pipes may take to end by itself.
        """
        process, self._process = self._process, None
        if process is None:
            return "not running"
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(grace_seconds)
        ended = process.returncode
        if ended is None:  # else its number may belong to another by now
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe:
                with contextlib.suppress(OSError):  # what was still to be written to a dead process
                    pipe.close()
        if ended is None:
            return "killed"
        return f"exit code {ended}" if ended >= 0 else f"signal {-ended}"

    def _forget_printed(self) -> None:
        if self._printed:
            self._printed.close()
            self._printed = None

    def _tail(self) -> str:
        """Return the end of what the stubs printed, to stand in a message."""
        if self._printed is None:
            return ""
        size = self._printed.seek(0, os.SEEK_END)
        self._printed.seek(max(0, size - _TAIL_BYTES))
        text = self._printed.read().decode("utf-8", "replace").strip()
        return f"; it printed:\n{text}" if text else ""
