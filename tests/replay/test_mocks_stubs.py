"""Stubs of the user's: in a process that inherits nothing, within limits, never passed over in silence."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from replay.mocks.ladder import Mocks, Outcome
from replay.mocks.stub_host import Limits, StubHost
from replay.model import Rung
from spotlight.errors import StubFailed
from tests.replay.tool_calls import ask, run_of

ABOUT = {"position": 1, "step": None, "seed": 0, "case": "", "repeat": 0}
IMPORT = "from replay.stubs import stub"
STUBS = """
import os, socket, subprocess, sys
from replay.stubs import Call, ToolError, stub

print("printed while loading")

@stub("sum")
def add(arguments):
    print("printed by a stub")
    return sum(arguments)

@stub("which")
def which(arguments, call: Call):
    return list(call)

@stub("fails")
def fails(arguments):
    raise ToolError("no such city")

@stub("raises")
def raises(arguments):
    return arguments["missing"]

@stub("inherits")
def inherits(arguments):
    return [sorted(os.environ), os.getcwd(), os.environ["HOME"]]

@stub("connects")
def connects(arguments):
    socket.create_connection(("127.0.0.1", 9))

@stub("starts")
def starts(arguments):
    subprocess.run(["true"])

@stub("loops")
def loops(arguments):
    while True:
        pass

@stub("grows")
def grows(arguments):
    return len(bytearray(8 << 30))

@stub("odd")
def odd(arguments):
    return {1, 2}

@stub("dies")
def dies(arguments):
    print("about to die")
    os._exit(3)

@stub("quits")
def quits(arguments):
    sys.exit("enough")
"""


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StubHost]:
    """Run the stubs above."""
    file = tmp_path_factory.mktemp("stubs") / "my_stubs.py"
    file.write_text(STUBS)
    with StubHost(file, Limits(call_seconds=1)) as running:
        yield running


def test_a_stub_answers_before_any_recording(host: StubHost) -> None:
    """Its answer has the rung `stub`; the recording it stands for counts as asked for."""
    mocks = Mocks(run_of(("sum", [1, 2], "recorded")), stubs=host, seed=7, case="c", repeat=2)
    answers = ask(mocks, ("sum", [1, 2]), ("which", {}), ("fails", {}))
    assert [Rung.STUB] * 3 == [each.rung for each in answers]
    assert [3, ["which", 2, 2, 7, "c", 2], "no such city"] == [each.result for each in answers]
    assert [False, False, True] == [each.is_error for each in answers]
    assert () == mocks.fidelity().unused


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("raises", "KeyError: 'missing'"),
        ("odd", "Object of type set is not JSON serializable"),
        ("connects", "a stub may not open connections or start programs"),
        ("starts", "a stub may not open connections or start programs"),
        ("grows", "MemoryError"),
        ("quits", "SystemExit: enough"),
        ("loops", "the stub of loops took longer than 1 s"),
        ("dies", "the stub of dies ended their process (exit code 3); it printed:\nprinted while loading"),
    ],
)
def test_what_goes_wrong_in_a_stub_stops_the_replay(host: StubHost, name: str, said: str) -> None:
    """The user's traceback is told, a recording of the same call is no way out, and the next call works."""
    mocks = Mocks(run_of((name, {}, "recorded")), stubs=host)
    with pytest.raises(StubFailed) as caught:
        ask(mocks, (name, {}))
    assert said in caught.value.message
    assert "stub_worker" not in caught.value.message or name in ("odd", "connects", "starts")
    assert Outcome(5) == host.call("sum", [2, 3], ABOUT)


def test_a_stub_inherits_nothing(host: StubHost, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the environment only where programs are and the language; home is the folder it works in."""
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    names, folder, home = host.call("inherits", {}, ABOUT).result
    assert (["HOME", "LANG", "PATH"], home) == ([n for n in names if n != "LC_CTYPE"], folder)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("def f(:", "SyntaxError"),
        ("import nothing_of_that_name", "ModuleNotFoundError"),
        (f"{IMPORT}\nstub('a')(len)\nstub('a')(max)", "two stubs answer for 'a': len and max"),
        (f"{IMPORT}\nstub()", "name the tool"),
        (f"{IMPORT}\ndef look(arguments): ...", "the stubs stubs.py answer for no tool"),
    ],
    ids=["syntax", "import", "two for one tool", "no name", "no stub"],
)  # fmt: skip
def test_stubs_that_cannot_be_loaded(tmp_path: Path, text: str, said: str) -> None:
    """The reason is told at the start, before any model is asked."""
    (tmp_path / "stubs.py").write_text(text)
    with pytest.raises(StubFailed, match=r"cannot be loaded|no tool") as caught:
        StubHost(tmp_path / "stubs.py")
    assert said in caught.value.message
    assert str(tmp_path) not in caught.value.message  # a plan keeps its stubs elsewhere


def test_stubs_that_are_not_there_or_changed(tmp_path: Path) -> None:
    """A missing file is refused; one that changes during a replay is not read a second time."""
    file = tmp_path / "stubs.py"
    with pytest.raises(StubFailed, match="No such file"):
        StubHost(file)
    file.write_text(STUBS)
    with StubHost(file) as host:
        with pytest.raises(StubFailed):
            host.call("dies", {}, ABOUT)
        file.write_text(STUBS + "\n")
        with pytest.raises(StubFailed, match="changed during the replay"):
            host.call("sum", [1], ABOUT)


GUARDED = '''
import asyncio, sys
from pathlib import Path
from replay.mocks.ladder import Mocks, Outcome
from replay.mocks.stub_host import StubHost
from replay.mocks.tape import Recorded
from replay.mocks.policy_file import policy_of
from replay.model import RecordedTool

POLICY = b"""
tools: {bash: {effect: read}, x: {kind: terminal, result: '{{a}}'}, s: {simulate: true}}
faults: [{tool: y, fault: error}]
"""
seen = []
watched = ("socket.connect", "socket.bind", "socket.getaddrinfo", "subprocess.Popen", "os.system", "os.exec",
           "os.posix_spawn", "os.fork", "os.spawn", "exec")
async def main():
    async def made_up(asked):
        return Outcome("made up")
    evil = "__import__('os').system('true')"
    def tool(at, name, given):
        return RecordedTool(at, at, name, "c", given, evil, True, False, None, None, None, None)
    tools = (tool(1, evil, {"code": evil}), tool(2, "curl http://[::1]/", evil), tool(3, "bash", ["true"]))
    policy = policy_of(POLICY, "p")
    for stubs in (None, StubHost(Path(sys.argv[1]))):
        mocks = Mocks(Recorded("r", 1, tools), policy=policy, stubs=stubs, simulate=made_up)
        for each in (*tools, tools[2]):
            await mocks.answer(each.name, each.arguments)
        for name in ("x", "y", "s", "sum", "unknown"):
            await mocks.answer(name, {"a": evil} if name != "sum" else [1])
        print(sorted(each.answer.rung.value for each in mocks.served()))
        mocks.fidelity()
        if stubs:
            stubs.close()
def guard(event, args):
    if event in watched:
        seen.append([event, str(args[0])[-40:] if event != "exec" else args[0].co_filename])
asyncio.get_event_loop_policy()
sys.addaudithook(guard)
asyncio.run(main())
loading = lambda place: place.endswith(".py") or place.startswith("<frozen") or place == "<string>"
print([each for each in seen if each[0] != "exec" or not loading(each[1])])
'''


def test_a_replay_opens_no_connection_and_runs_no_tool(tmp_path: Path) -> None:
    """With every rung used, the one thing that is started is the process of the user's stubs."""
    (tmp_path / "stubs.py").write_text(STUBS)
    words = [sys.executable, "-c", GUARDED, str(tmp_path / "stubs.py")]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    without, with_stubs, seen = map(_value, done.stdout.splitlines())
    assert [
        "diverged",
        "diverged",
        "exact",
        "exact",
        "exact",
        "fault",
        "policy",
        "repeated",
        "simulated",
    ] == without
    assert "stub" in with_stubs
    assert [["subprocess.Popen", sys.executable[-40:]]] == seen


def _value(line: str) -> Any:
    return ast.literal_eval(line)
