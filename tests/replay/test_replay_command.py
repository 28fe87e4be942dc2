"""`spotlight replay`: from recorded runs to runs, as a user types it."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from replay.progress import read_items
from spotlight.reports import open_lake
from tests.command import spotlight, spotlight_json
from tests.conftest import SAMPLES, SampleLake
from tests.loading import load
from tests.replay.counting_model import counting_model

TRIP = SAMPLES / "openai-openinference"


@pytest.fixture(scope="module")
def trip_lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data folder with three runs of one agent; tests that replay take a copy."""
    data = tmp_path_factory.mktemp("trip")
    load([TRIP], data)
    return data


@pytest.fixture
def lake(trip_lake: Path, tmp_path: Path) -> Path:
    """Return a copy of it to write into."""
    return Path(shutil.copytree(trip_lake, tmp_path / "data"))


def _runs(data: Path, where: str = "true") -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = (
        open_lake(data).user_query(f"select * from runs where {where} order by started_ns", 1000).to_pylist()
    )
    return rows


def _replay(data: Path, *words: object, check: bool = True) -> Any:
    done = spotlight("replay", "run", *words, "--yes", "--json", "--data", data, check=check)
    return json.loads(done.stdout) if done.stdout else done


def test_recorded_answers_reproduce_samples_of_every_client(sample_lake: SampleLake, tmp_path: Path) -> None:
    """Whatever client sent a run: answered from its recording, every decision is the recorded one."""
    data = shutil.copytree(sample_lake.data, tmp_path / "data")
    of_each = "select max_by(run_id, generations) as run_id from runs where replay_grade != 'none'"
    ids = open_lake(data).user_query(f"{of_each} group by dialects", 100).column("run_id").to_pylist()
    # Calls that had no answer when they were recorded have none now: those runs end with an error.
    said = _replay(data, *ids, "--model", "recorded", "--mode", "closed", check=False)
    details = [
        json.loads(state.detail or "{}")
        for state in read_items(data / "replays" / said["plan"])
        if state.outcome == "complete"
    ]
    assert 15 < len(details) == said["outcomes"]["complete"]
    assert sum(one["compared"] for one in details) == sum(one["same"] for one in details) > 40
    made = _runs(data, f"experiment_id = '{said['plan']}'")
    assert said["sent"] == len(made)
    assert {row["replay_of"] for row in made} == set(ids)
    assert {"replay"} == {row["environment"] for row in made}
    assert 0 == said["spent_usd"]


def test_results_are_runs_like_any_other(lake: Path) -> None:
    """A result has its recording's steps, usage and tools, and says whose replay it is."""
    before = _runs(lake)
    longest = max(before, key=lambda row: row["generations"])
    said = _replay(lake, longest["run_id"], "--model", "recorded")
    made = _runs(lake, "replay_of is not null")
    assert 1 == len(made)
    assert ("recorded", said["plan"], longest["run_id"]) == tuple(
        made[0][name] for name in ("variant", "experiment_id", "replay_of")
    )
    same = ("generations", "tool_calls", "input_tokens", "output_tokens", "agent_name", "pack_version")
    assert {name: longest[name] for name in same} == {name: made[0][name] for name in same}
    shown = spotlight("show", made[0]["run_id"], "--data", lake).stdout
    assert longest["agent_name"] in shown


def test_a_search_says_how_many_more_it_finds(lake: Path) -> None:
    """Results of replays are not among them; one that finds nothing is named, one that is wrong as typed."""
    run_id = _runs(lake)[0]["run_id"]
    _replay(lake, run_id, "--model", "recorded")
    file = lake / "plan.yaml"
    file.write_text("search: ''\nmost_runs: 2\nvariants: [{name: r, model: recorded}]\n")
    shown = spotlight("replay", "run", "--plan", file, "--preview", "--data", lake)
    assert "2 runs, step by step" in shown.stdout
    assert "1 more runs that the search finds: most_runs is 2" in shown.stdout
    for search, told in (("replay_of:" + run_id, "finds no recorded run"), ("a) or (b", "character 2")):
        done = spotlight(
            "replay", "run", "--find", search, "--model", "recorded", "--data", lake, check=False
        )
        assert told in done.stderr


def test_the_same_plan_again_asks_and_sends_nothing(lake: Path) -> None:
    """A plan is known by what it does: typed again it is complete already."""
    run_id = _runs(lake)[0]["run_id"]
    first = _replay(lake, run_id, "--model", "recorded")
    assert first == _replay(lake, run_id, "--model", "recorded")
    assert 1 == len(_runs(lake, "replay_of is not null"))
    other = _replay(lake, run_id, "--model", "recorded", "--seed", 2)
    assert first["plan"] != other["plan"]


def test_a_preview_asks_nothing(lake: Path) -> None:
    """It says what would be asked, from which recordings, and what it costs; nothing is written."""
    ids = [row["run_id"] for row in _runs(lake)]
    said = spotlight_json(
        "replay", "run", *ids, "--model", "openai:gpt-4o-mini", "--repeat", 2, "--preview", "--data", lake
    )
    calls = sum(row["generations"] for row in _runs(lake))
    assert (len(ids), 2 * calls, {"exact": len(ids)}) == (said["cases"], said["calls"], said["grades"])
    assert {"openai:gpt-4o-mini": 2 * calls} == said["models"]
    assert 0 < said["expected_usd"] < said["worst_usd"]
    assert not (lake / "replays").exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        pytest.param(["--model", "openai:gpt-4o-mini"], "OPENAI_API_KEY is not set", id="no-key"),
        pytest.param(["--model", "local:my-own"], "no price", id="no-price"),
        pytest.param(["--model", "nobody:x"], "no model is known", id="no-such-provider"),
        pytest.param(["--model", "anthropic.responses:x"], "not asked in this form", id="no-such-form"),
        pytest.param(["--model", "recorded", "--stubs", "/no"], "cannot read the stubs /no", id="no-stubs"),
        pytest.param(
            ["--model", "openai:x", "--base-url", "http://localhost:1/v1", "--allow-unpriced"],
            "allow it with --allow-private-address",
            id="private-address",
        ),
        pytest.param([], "nothing to do", id="nothing-changed"),
        pytest.param(["--model", "recorded", "--mode", "both"], "mode", id="no-such-mode"),
        pytest.param(["--model", "recorded", "--fault", "error@x,nth"], "has no value", id="half-a-fault"),
        pytest.param(["--model", "recorded", "--from", "99"], "none is left from 99 on", id="beyond-the-end"),
    ],
)
def test_what_cannot_be_done_is_refused_before_it_begins(lake: Path, words: list[str], told: str) -> None:
    """With the reason, exit code 1, and nothing written."""
    run_id = _runs(lake)[0]["run_id"]
    done = spotlight(
        "replay", "run", run_id, *words, "--yes", "--data", lake, check=False, env={"OPENAI_API_KEY": ""}
    )
    assert 1 == done.returncode
    assert told in done.stderr
    assert not (lake / "replays").exists()


def test_nobody_there_to_agree_is_no_agreement(lake: Path) -> None:
    """Without a terminal and without --yes nothing begins."""
    done = spotlight(
        "replay", "run", _runs(lake)[0]["run_id"], "--model", "recorded", "--data", lake, check=False
    )
    assert 1 == done.returncode
    assert "say --yes" in done.stderr
    assert not (lake / "replays").exists()


def test_a_plan_file_says_it_all(lake: Path, tmp_path: Path) -> None:
    """Variants, faults and limits; paths start at its folder, and what it names is frozen into the plan."""
    run_id = _runs(lake)[0]["run_id"]
    (tmp_path / "tools.yaml").write_text("tools: {search_docs: {effect: read}}\n")
    file = tmp_path / "plan.yaml"
    file.write_text(
        f"runs: [{run_id}]\nmode: closed\ntools: tools.yaml\n"
        "variants: [{name: again, model: recorded}]\nfaults: [{tool: nothing, fault: empty}]\n"
    )
    said = _replay(lake, "--plan", file)
    assert {"complete": 1} == said["outcomes"]
    (tmp_path / "tools.yaml").unlink()
    assert 0 == spotlight("replay", "resume", said["plan"][:6], "--data", lake).returncode
    listed = spotlight_json("replay", "list", "--data", lake)
    assert [(said["plan"], "complete", ["again"])] == [(r["plan"], r["state"], r["variants"]) for r in listed]


def test_a_model_that_decides_otherwise(lake: Path) -> None:
    """Asked over HTTP: every step has its answer, its cost, and whether it agrees.

    Another variant that asks the same gets answers of its own; those of the first are not paid again.
    """
    run = max(_runs(lake), key=lambda row: row["generations"])
    with counting_model() as model:
        words = ["--model", "openai:gpt-4o-mini", "--base-url", model.url, "--allow-private-address"]
        said = _replay(lake, run["run_id"], *words, "--budget", "1")
        assert run["generations"] == sum(model.asked.values()) == said["calls"]["done"]
        steps = open_lake(lake).user_query(
            "select attributes from spans where attributes like '%spotlight.replay.same_decision%'", 100
        )
        both = _replay(lake, run["run_id"], *words, "--model", "gpt-4o-mini")
        assert 2 * run["generations"] == sum(model.asked.values()) == both["calls"]["done"]
    assert pytest.approx(run["generations"] * 0.000021) == said["spent_usd"]
    told = Counter(
        json.loads(row["attributes"])["spotlight.replay.same_decision"] for row in steps.to_pylist()
    )
    assert Counter({False: run["generations"] - 1, True: 1}) == told  # it always ends at once


def test_what_failed_can_be_tried_again(lake: Path) -> None:
    """The result takes the place of the failed one; what was answered is not asked again."""
    run = max(_runs(lake), key=lambda row: row["generations"])
    left = iter([{"content": "ok"}, {"refused": True}])
    with counting_model() as model:
        model.reply = lambda _: next(left, {"content": "ok"})
        words = ["--model", "openai:gpt-4o-mini", "--base-url", model.url, "--allow-private-address"]
        failed = _replay(lake, run["run_id"], *words, "--concurrency", 1, check=False)
        assert ({"error": 1}, run["generations"]) == (failed["outcomes"], sum(model.asked.values()))
        assert ["error"] == [row["status"] for row in _runs(lake, "replay_of is not null")]
        told = spotlight_json("replay", "status", failed["plan"], "--data", lake)
        assert [("failed", 2, 0.0)] == [(c["state"], c["step"], c["usd"]) for c in told["unanswered"]]
        assert "Error code: 400" in spotlight("replay", "status", failed["plan"], "--data", lake).stdout
        again = spotlight_json("replay", "resume", failed["plan"], "--retry", "--data", lake)
        assert run["generations"] + 1 == sum(model.asked.values())
    assert {"complete": 1} == again["outcomes"]
    made = _runs(lake, "replay_of is not null")
    assert [("ok", run["generations"])] == [(row["status"], row["generations"]) for row in made]
