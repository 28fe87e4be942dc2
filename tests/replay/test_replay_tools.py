"""Tools of a whole replay: stubs of the user's, results that a model makes up; a server that is not ours."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

import replay
from replay.progress import Progress, read_items, read_progress
from spotlight.errors import SpotlightError
from spotlight.reports import open_lake
from tests.command import spotlight_json
from tests.conftest import SAMPLES
from tests.loading import load
from tests.replay.counting_model import counting_model


@pytest.fixture
def trip(tmp_path: Path) -> tuple[Path, str]:
    """Return a data folder and the id of its run with three tool calls."""
    data = tmp_path / "data"
    load([SAMPLES / "openai-openinference"], data)
    rows = open_lake(data).user_query("select max_by(run_id, tool_calls) as run_id from runs", 1)
    return data, rows.to_pylist()[0]["run_id"]


def _call(name: str, number: int) -> dict[str, Any]:
    function = {"name": name, "arguments": json.dumps({"n": number})}
    return {"tool_calls": [{"index": 0, "id": f"c{number}", "type": "function", "function": function}]}


def _made_up(body: dict[str, Any]) -> bool:
    return "stand in for a tool" in json.dumps(body["messages"][0])


def test_stubs_answer_and_models_make_up_what_the_policy_lets_them(
    trip: tuple[Path, str], tmp_path: Path
) -> None:
    """A stub goes before all; a result that is made up is paid and journaled like every call, and marked."""
    data, run_id = trip
    (tmp_path / "stubs.py").write_text(
        "from replay.stubs import stub\n\n"
        "@stub('crm_get_account')\ndef account(asked):\n    return {'seen': asked['n']}\n"
    )
    (tmp_path / "tools.yaml").write_text("tools: {send_email: {simulate: true}}\n")
    script = [_call("crm_get_account", 1), _call("send_email", 2), {"content": "done"}]
    seen: list[dict[str, Any]] = []

    def reply(body: dict[str, Any]) -> dict[str, Any]:
        if _made_up(body):
            return {"content": '{"result": "sent", "is_error": false}'}
        seen.append(body)
        return script[len(seen) - 1]

    with counting_model() as model:
        model.reply = reply
        plan = {
            "runs": [run_id], "mode": "closed", "stubs": "stubs.py", "tools": "tools.yaml",
            "simulate": {"model": "local:helper", "base_url": model.url},
            "allow_private": True, "allow_unpriced": True,
            "variants": [{"name": "v", "model": "openai:gpt-4o-mini", "base_url": model.url}],
        }  # fmt: skip
        (tmp_path / "plan.json").write_text(json.dumps(plan))
        said = spotlight_json("replay", "run", "--plan", tmp_path / "plan.json", "--yes", "--data", data)
    folder = data / "replays" / said["plan"]
    detail = json.loads(read_items(folder)[0].detail or "{}")
    assert {"stub": 1, "simulated": 1} == detail["fidelity"]
    answers = [
        json.loads(m["content"]) for m in seen[-1]["messages"] if m["role"] == "tool" and "{" in m["content"]
    ]
    assert {"seen": 1} in answers
    assert 4 == said["calls"]["done"]
    assert 1 == said["unpriced_calls"]  # the helper's
    tools = open_lake(data).user_query(
        'select tool_name from spans where attributes like \'%"spotlight.replay.rung":"simulated"%\'', 10
    )
    assert ["send_email"] == tools.column("tool_name").to_pylist()


def test_a_server_that_is_not_ours(trip: tuple[Path, str], llmock_url: str) -> None:
    """llmock makes tool calls up; the first step that decides otherwise is followed."""
    data, run_id = trip
    words = ["--model", "openai:gpt-4o-mini", "--base-url", f"{llmock_url}/v1", "--allow-private-address"]
    said = spotlight_json("replay", "run", run_id, *words, "--follow", "--yes", "--data", data)
    assert {"complete": 1, "diverged": 1} == said["outcomes"]
    path, followed = (
        json.loads(state.detail or "{}") for state in read_items(data / "replays" / said["plan"])
    )
    assert (4, 1) == (path["compared"], path["first_difference"])
    assert "mock" in followed["reason"]
    assert 4 == said["calls"]["done"]  # the followed way began with an answer that was there


def test_plans_run_from_python(trip: tuple[Path, str]) -> None:
    """In a notebook, too, where an event loop runs; what cannot be asked is refused at once."""
    data, run_id = trip

    async def in_a_notebook() -> Progress:
        return replay.run({"runs": [run_id], "variants": [{"name": "again", "model": "recorded"}]}, data)

    done = asyncio.run(in_a_notebook())
    assert ({"complete": 1}, 1, "complete") == (done.outcomes, done.sent, done.state)
    folder = next((data / "replays").iterdir())
    assert done == read_progress(folder)
    with pytest.raises(SpotlightError, match="runs are named"):
        replay.run({"variants": [{"name": "again", "model": "recorded"}]}, data)
