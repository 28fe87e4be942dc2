"""Replays of tau-bench: 200 recorded conversations of an agent with a simulated user."""

from __future__ import annotations

import json
from pathlib import Path

from replay.progress import read_items
from spotlight.reports import open_lake
from tests.command import spotlight, spotlight_json


def test_recorded_answers_reproduce_tau_bench(test_data: Path, tmp_path: Path) -> None:
    """With the recorded answers and mocked tools whole conversations are gone again, call by call."""
    whole = json.loads((test_data / "trajectories" / "tau-bench" / "gpt-4o-airline.json").read_bytes())
    some = tmp_path / "gpt-4o-airline.json"
    some.write_text(json.dumps(whole[:8]))
    data = tmp_path / "data"
    spotlight("load", some, "--data", data)
    ids = open_lake(data).user_query("select run_id from runs", 100).column("run_id").to_pylist()
    for mode in ("step", "closed"):
        words = ["--model", "recorded", "--mode", mode, "--yes", "--data", data]
        said = spotlight_json("replay", "run", *ids, *words)
        details = [json.loads(s.detail or "{}") for s in read_items(data / "replays" / said["plan"])]
        assert {"complete": 8} == said["outcomes"]
        assert 100 < sum(one["compared"] for one in details) == sum(one["same"] for one in details)
    rungs = {rung for one in details for rung in one["fidelity"]}
    assert {"exact"} == rungs
    assert [] == [name for one in details for name in one["unused"]]
