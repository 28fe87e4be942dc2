"""`spotlight replay export-test`: a recorded run as a test that anybody can run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from replay.providers import parse_model
from replay.providers.bodies import write_body
from replay.recording import recording
from spotlight.reports import Reports
from tests.command import ROOT, spotlight, spotlight_json
from tests.conftest import SAMPLES
from tests.loading import all_runs, load

# An agent with a loop of its own, over the vendor's client, that finds the proxy by its environment alone.
_AGENT = """
import json, sys
from tests.replay.proxy.agents import chat_agent
import os
begin, tools = json.load(open(sys.argv[1]))
chat_agent(os.environ["OPENAI_BASE_URL"].removesuffix("/v1"), begin,
           lambda name, arguments: tools[name], stream=False)
"""


@pytest.fixture(scope="module")
def trip(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Reports]:
    """Return a data folder with the sample of OpenAI's client, and its questions."""
    data = tmp_path_factory.mktemp("trip")
    return data, load([SAMPLES / "openai-openinference"], data)


def _pytest(*tests: Path) -> subprocess.CompletedProcess[str]:
    """Run tests in a fresh process, in their own folder, with nothing of this run's settings."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *map(str, tests)]
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "SPOTLIGHT"))}
    return subprocess.run(
        command, cwd=tests[0].parent, env=env | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True,
        timeout=120,
    )  # fmt: skip


def test_the_written_test_is_green_and_turns_red_with_the_way(
    trip: tuple[Path, Reports], tmp_path: Path
) -> None:
    """Offline and without the lake; with the user's own agent named, that is held to the recording, too."""
    data, reports = trip
    run = max(all_runs(reports), key=lambda row: row["generations"])
    test = tmp_path / "test_renewal.py"
    said = spotlight_json("replay", "export-test", run["run_id"][:8], "-o", test, "--data", data)
    found = recording(reports, run["run_id"])
    assert [tool.name for tool in found.tools] == said["replayed"]["tools"]
    assert [str(test), str(tmp_path / "test_renewal.case.zip")] == said["files"]

    request = found.calls[0].request
    begin = {"model": request.model, **write_body(parse_model("openai:x"), request).fields}
    tools = {tool.name: tool.result for tool in found.tools}
    (tmp_path / "begin.json").write_text(json.dumps([begin, tools]))
    (tmp_path / "agent.py").write_text(_AGENT)
    command = [sys.executable, str(tmp_path / "agent.py"), str(tmp_path / "begin.json")]
    text = test.read_text()
    test.write_text(text.replace("AGENT: list[str] = []", f"AGENT: list[str] = {command!r}"))
    other = tmp_path / "test_other_way.py"
    other.write_text(text.replace("TOOLS = [", "TOOLS = ['another', "))
    done = _pytest(test, other)
    assert "1 failed, 2 passed, 1 skipped" in done.stdout, done.stdout
    assert "FAILED test_other_way.py" in done.stdout


@pytest.mark.parametrize(
    ("name", "told"),
    [
        pytest.param("renewal.py", "is no name of a test", id="no-test"),
        pytest.param("test_there.py", "is there already", id="there-already"),
    ],
)
def test_what_cannot_be_written_is_refused(
    trip: tuple[Path, Reports], tmp_path: Path, name: str, told: str
) -> None:
    """With the reason, and no file of anybody is overwritten."""
    data, reports = trip
    (tmp_path / "test_there.py").write_text("mine")
    run_id = all_runs(reports)[0]["run_id"]
    done = spotlight("replay", "export-test", run_id, "-o", tmp_path / name, "--data", data, check=False)
    assert 1 == done.returncode
    assert told in done.stderr
    assert ["test_there.py"] == [path.name for path in tmp_path.iterdir()]
    assert "mine" == (tmp_path / "test_there.py").read_text()
