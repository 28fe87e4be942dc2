"""A replay that is killed loses the calls in flight and nothing else."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import threading
from pathlib import Path

from replay.progress import read_attempts, read_progress
from tests.command import ROOT
from tests.replay.counting_model import CountingModel, counting_model
from tests.replay.killed_worker import CASES, STEPS, plan_for

KILLS = 50
IN_FLIGHT = 4


def test_killed_at_fifty_random_points(tmp_path: Path) -> None:
    """No case is lost, and none is paid twice beyond the calls that were in flight at each kill."""
    with counting_model() as model:
        kills = _work_and_kill(tmp_path, model, random.Random(6))
        asked = model.asked
    progress = read_progress(tmp_path)
    attempts = read_attempts(tmp_path)
    done = [(a.item, a.step) for a in attempts if a.state == "done"]
    lost = [a for a in attempts if a.state == "lost"]
    assert KILLS <= kills
    assert {"complete": CASES} == progress.outcomes
    assert CASES * STEPS == len(done) == len(set(done))
    assert sum(asked.values()) - CASES * STEPS <= len(lost) <= kills * IN_FLIGHT
    for case in range(CASES):
        for step in range(1, STEPS + 1):
            known = [a for a in attempts if (a.item, a.step) == (case, step)]
            assert ["lost"] * (len(known) - 1) + ["done"] == [a.state for a in known]
            told = f"{case}/{step - 2}" if step > 1 else None
            assert told is None or 1 <= asked[told] <= len(known)
    assert all(a.reserved_usd for a in lost)
    assert progress.lost_usd == sum(a.reserved_usd or 0 for a in lost)
    assert plan_for("http://127.0.0.1:1/v1").id == plan_for("http://127.0.0.1:1/v1").id


def _work_and_kill(folder: Path, model: CountingModel, dice: random.Random) -> int:
    """Work on the plan until it ends, killing whoever works on it after a few calls; return the kills."""
    command = [sys.executable, "-m", "tests.replay.killed_worker", str(folder), model.url]
    kills = 0
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as worker:
        assert worker.stdin
        assert worker.stdout
        while True:
            fuse = _Fuse(dice.randint(1, 3) if kills < KILLS else None, dice.random() < 0.5, dice.random())
            model.on_call = fuse.burn
            worker.stdin.write("go\n")
            worker.stdin.flush()
            fuse.light(int(worker.stdout.readline()))
            if worker.stdout.readline() == "ended\n":
                worker.stdin.close()
                return kills
            kills += 1


class _Fuse:
    """Kills a process at a call: before its answer, or up to 20 ms after it was on its way."""

    def __init__(self, calls: int | None, at_once: bool, share: float) -> None:
        self._left = calls
        self._at_once = at_once
        self._delay_s = 0.02 * share
        self._pid = threading.Event()
        self._target = 0

    def light(self, pid: int) -> None:
        self._target = pid
        self._pid.set()

    def burn(self) -> None:
        if self._left is None:
            return
        self._left -= 1
        if self._left == 0:
            assert self._pid.wait(30)
            if self._at_once:
                self._kill()
            else:
                threading.Timer(self._delay_s, self._kill).start()

    def _kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._target, signal.SIGKILL)
