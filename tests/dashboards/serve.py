"""Serve a data folder until a signal ends the process: serve.py DATA [--invented RUNS] [--users FILE].

With --invented, so many runs that no lake holds; with --users, only while somebody holds that file's lock.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import signal
import threading
from pathlib import Path

from dashboards.server import DashboardSettings, build_app, run_dashboards, serve


def end_without_users(users: Path) -> None:
    """End this process once nobody holds the lock of a file: users that were killed hold none."""
    with users.open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        os.kill(os.getpid(), signal.SIGTERM)
        threading.Event().wait()  # the lock is held to the end: who comes now waits, and starts a server anew


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    parser.add_argument("--invented", type=int)
    parser.add_argument("--users", type=Path)
    said = parser.parse_args()
    if said.users is not None:
        threading.Thread(target=end_without_users, args=(said.users,), daemon=True).start()
    if said.invented is None:
        run_dashboards(said.data, port=0)
    else:
        from tests.dashboards.invented import InventedRuns

        settings = DashboardSettings(said.data, port=0)
        serve(build_app(InventedRuns(said.invented), settings), settings)
