"""Keeping the parts of Spotlight running: start, watch, restart with backoff, stop in order."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, Final, NamedTuple

from spotlight.errors import PartFailed

READY_S: Final = 180.0
STOP_S: Final = 15.0
_POLL_S: Final = 0.05
_FIRST_DELAY_S: Final = 0.5
_MAX_DELAY_S: Final = 30.0
_MAX_DOUBLINGS: Final = 8  # more of them only overflow: the longest delay is reached by then
# A part that ran this long was well: its next death starts the backoff anew.
_WELL_S: Final = 60.0


class Part(NamedTuple):
    """One process of Spotlight."""

    name: str
    argv: Sequence[str]


class _Child:
    """A part with its process, if it has one just now."""

    def __init__(self, part: Part, log: Callable[[str, str], None]) -> None:
        self.part = part
        self._log = log
        self.process: subprocess.Popen[bytes] | None = None
        self.started = 0.0
        self.deaths = 0
        self.restart_at = 0.0

    def start(self) -> None:
        # Its stdin is a pipe that only we hold open: when we die, however hard, it reads the end and stops.
        # A session of its own keeps Ctrl-C from reaching it, so that we stop the parts in order.
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            self.part.argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip
        assert self.process.stdout is not None
        threading.Thread(target=self._forward, args=(self.process.stdout,), daemon=True).start()

    def _forward(self, lines: IO[bytes]) -> None:
        for line in lines:
            self._log(self.part.name, line.decode("utf-8", "replace").rstrip())

    def died(self) -> int | None:
        """Return the exit code of a process that has ended since it was started."""
        code = self.process.poll() if self.process else None
        if code is not None:
            self.process = None
        return code

    def stop(self) -> None:
        """Ask it to end, insist after a while."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._log(self.part.name, f"did not stop within {STOP_S:.0f} s, killed")
            self.process.kill()
            self.process.wait()


class Supervisor:
    """Runs some parts until `stop` is set.

    The parts are stopped in the order they were given: first those that take things in.
    """

    def __init__(self, data: Path, parts: Sequence[Part], log: Callable[[str, str], None]) -> None:
        self._data = data
        self._log = log
        self._children = [_Child(part, log) for part in parts]
        self.stop = threading.Event()

    def run(self, ready: Callable[[dict[str, dict[str, object]]], None]) -> None:
        """Start the parts, call `ready` with what each said of itself, keep them running.

        Raises: PartFailed when a part cannot be started, or ends before it was ready for the first time.
        """
        with _stopped_by_signals(self.stop):
            try:
                self._start_all()
                said = self._await_ready()
                if said is not None:
                    ready(said)
                    self._watch()
            finally:
                for child in self._children:
                    child.stop()

    def _start_all(self) -> None:
        for child in self._children:
            try:
                child.start()
            except OSError as exc:
                raise PartFailed(
                    f"the {child.part.name} cannot be started: {exc}",
                    hint="the system has no room for another process, or Python was moved",
                ) from exc

    def _await_ready(self) -> dict[str, dict[str, object]] | None:
        """Return what every part said once all are ready, None when told to stop before."""
        deadline = time.monotonic() + READY_S
        said: dict[str, dict[str, object]] = {}
        while len(said) < len(self._children):
            for child in self._children:
                code = child.died()
                if code is not None:
                    raise PartFailed(
                        f"the {child.part.name} ended with exit code {code} before it was ready",
                        hint="its own message stands above; `spotlight doctor` checks folder and ports",
                    )
                found = read_ready(self._data, child.part.name)
                if found and child.process and found.get("pid") == child.process.pid:
                    said[child.part.name] = found
            if time.monotonic() > deadline:
                late = ", ".join(c.part.name for c in self._children if c.part.name not in said)
                raise PartFailed(
                    f"not ready after {READY_S:.0f} s: {late}", hint="is the machine overloaded?"
                )
            if self.stop.wait(_POLL_S):
                return None
        return said

    def _watch(self) -> None:
        """Restart what dies until told to stop."""
        while not self.stop.wait(_POLL_S):
            now = time.monotonic()
            for child in self._children:
                if child.process is None:
                    if now >= child.restart_at:
                        self._start_again(child, now)
                    continue
                code = child.died()
                if code is not None:
                    self._note_death(child, f"ended with {_ending(code)}", now)

    def _start_again(self, child: _Child, now: float) -> None:
        try:
            child.start()
        except OSError as exc:  # no process to be had just now is one more death, not the end of all
            self._note_death(child, f"cannot be started: {exc}", now)
        else:
            self._log(child.part.name, "started again")

    def _note_death(self, child: _Child, what: str, now: float) -> None:
        if now - child.started >= _WELL_S:
            child.deaths = 0
        delay = min(_MAX_DELAY_S, _FIRST_DELAY_S * 2 ** min(child.deaths, _MAX_DOUBLINGS))
        child.deaths += 1
        child.restart_at = now + delay
        self._log(child.part.name, f"{what}; starting it again in {delay:g} s")


def _ending(code: int) -> str:
    """Return how a process ended; real-time signals have no name in Python."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"signal {signal.Signals(-code).name}"
    except ValueError:
        return f"signal {-code}"


def read_ready(data: Path, part: str) -> dict[str, object] | None:
    """Return what a running part says of itself (`pid` and its addresses), None when it is not ready."""
    try:
        found = json.loads((data / "run" / f"{part}.json").read_bytes())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and _is_alive(found.get("pid"), part) else None


def _is_alive(pid: object, part: str) -> bool:
    """Return whether a process runs and, where /proc tells, is that part: ids are used again."""
    if not isinstance(pid, int) or pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass  # it is another user's
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return True
    # Dashboards may be run from Python, without a command of Spotlight.
    return part.encode() in words and (b"spotlight" in words or b"dashboards" in words)


@contextlib.contextmanager
def _stopped_by_signals(stop: threading.Event) -> Iterator[None]:
    """Set `stop` on Ctrl-C and SIGTERM; a second signal is left to its default."""

    def handle(number: int, _frame: object) -> None:
        stop.set()
        signal.signal(number, before[signal.Signals(number)])

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
