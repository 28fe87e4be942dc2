"""Serve invented runs until a signal ends the process: serve_invented.py DATA_FOLDER RUNS."""

from __future__ import annotations

import sys
from pathlib import Path

from dashboards.server import DashboardSettings, build_app, serve
from tests.dashboards.invented import InventedRuns

if __name__ == "__main__":
    settings = DashboardSettings(Path(sys.argv[1]), port=0)
    serve(build_app(InventedRuns(int(sys.argv[2])), settings), settings)
