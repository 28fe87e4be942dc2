"""An experiment as users make it: three recorded runs, asked again of llmock and from the recording."""

from __future__ import annotations

import json
from pathlib import Path

from tests.command import spotlight
from tests.conftest import SAMPLES
from tests.loading import all_runs, load
from tests.replay.llmock_server import llmock_server

OTHER = "=<b>other</b>"  # a name that a spreadsheet would run and a page would draw


def experiment_lake(data: Path) -> None:
    """Fill a data folder: unchanged at llmock, another model there, and the recording; twice each."""
    runs = all_runs(load([SAMPLES / "openai-openinference"], data))
    with llmock_server() as url:
        plan = {
            "runs": [run["run_id"] for run in runs],
            "variants": [
                {"name": "baseline", "base_url": f"{url}/v1"},
                {"name": OTHER, "model": "openai:gpt-4o", "base_url": f"{url}/v1"},
                {"name": "recording", "model": "recorded"},
            ],
            "repeat": 2,
            "allow_private": True,
        }
        written = data / "plan-of-test.json"
        written.write_text(json.dumps(plan), encoding="utf-8")
        spotlight("replay", "run", "--plan", written, "--yes", "--data", data)


def replay_id(data: Path) -> str:
    """Return the id of the one replay of a data folder."""
    (folder,) = (data / "replays").iterdir()
    return folder.name
