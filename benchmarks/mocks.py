"""How many tool calls of a run mocks answer from other runs of the same task, on tau-bench's recordings.

    SPOTLIGHT_TEST_DATA=FOLDER .venv/bin/python -m benchmarks.mocks

FOLDER holds trajectories/tau-bench/gpt-4o-airline.json: 50 tasks, each tried four times by one model with one
prompt. The calls of run B are asked of the recording of run A, for all ordered pairs of a task; with
a pool, of one run and the task's two others beside it. A call that is not answered is left out and the next
one asked, as if it had been: figures are of calls, not of what a replay would get to see after a divergence.
"""

from __future__ import annotations

import ast
import asyncio
import itertools
import json
import operator
import os
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from replay.mocks.ladder import Mocks, Outcome, Stubs
from replay.mocks.policy import Policy
from replay.mocks.tape import Recorded
from replay.model import RecordedTool, Rung
from spotlight.errors import NotFound

FILE: Final = Path("trajectories") / "tau-bench" / "gpt-4o-airline.json"
READS: Final = ("get_*", "search_*", "list_*", "calculate", "think")
WRITES: Final = ("book_*", "update_*", "cancel_*", "send_*")
DECLARED: Final[dict[str, Any]] = {name: {"effect": "read"} for name in READS} | {
    name: {"effect": "write"} for name in WRITES
}
THREE: Final[dict[str, Any]] = {
    "think": {"kind": "ignore_args", "result": ""},
    "calculate": {"kind": "pure"},
    "transfer_to_human_agents": {"kind": "terminal", "result": "Transfer successful"},
}
WITH_POLICY: Final = DECLARED | THREE
ALL_RULES: Final[dict[str, Any]] = {"normalise": {"case": ["$.*", "$.*.*", "$.*[*].*"], "sort": ["$.*"]}}
_OPERATORS: Final[Mapping[type[ast.AST], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.USub: operator.neg,
}  # fmt: skip


class Arithmetic(NamedTuple):
    """A stub of the tool `calculate`, as a user would write it."""

    names: frozenset[str] = frozenset({"calculate"})

    def call(self, name: str, arguments: Any, about: Mapping[str, Any]) -> Outcome:
        """Return the value of an expression of numbers."""
        return Outcome(str(round(float(_value(ast.parse(arguments["expression"], mode="eval").body)), 2)))


class Way(NamedTuple):
    """One way to answer: a policy, whether other runs may answer, and stubs."""

    title: str
    tools: Mapping[str, Any]
    pooled: bool = False
    stubs: Stubs | None = None


class Rate(NamedTuple):
    """How a way did; shares are 0 to 1."""

    title: str
    calls: int
    served: float  # of calls
    runs: int
    full: float  # of runs, all of whose calls were answered
    first_miss: float | None  # median place of the first miss in a run that had one
    stale: float  # of calls: answered, but from a world with other writes


WAYS: Final = (
    Way("same arguments, each recording once", {}),
    Way("and reads may repeat", DECLARED),
    Way("and case, spaces and order do not count", {n: r | ALL_RULES for n, r in DECLARED.items()}),
    Way("and a policy for three tools", WITH_POLICY),
    Way("and a stub for calculate", WITH_POLICY, stubs=Arithmetic()),
    Way("and the other runs of the task", WITH_POLICY, pooled=True, stubs=Arithmetic()),
    Way("the same without the stub", WITH_POLICY, pooled=True),
    Way("policy, and near arguments, 80 % equal", {n: r | {"similar": 0.8} for n, r in WITH_POLICY.items()}),
)  # fmt: skip


def read_tasks(folder: Path) -> dict[int, list[Recorded]]:
    """Return the recorded runs of each task, by trial. Raises: NotFound where there is no such file.

    Ids of calls occur twice in one run: an answer belongs to the first call before it that has none.
    """
    file = folder / FILE
    if not file.is_file():
        raise NotFound(f"no {FILE} in {folder}", hint="name its folder in SPOTLIGHT_TEST_DATA")
    tasks = defaultdict[int, list[Recorded]](list)
    for run in sorted(json.loads(file.read_bytes()), key=lambda each: (each["task_id"], each["trial"])):
        name = f"task {run['task_id']} trial {run['trial']}"
        tasks[run["task_id"]].append(Recorded(name, run["trial"], tuple(read_tools(run["traj"]))))
    return dict(tasks)


def read_tools(messages: Sequence[Mapping[str, Any]]) -> list[RecordedTool]:
    """Return the tool calls of a chat in their order, with their answers."""
    found: list[RecordedTool] = []
    step = 0
    for message in messages:
        step += message["role"] == "assistant"
        for call in message.get("tool_calls") or []:
            name, given = call["function"]["name"], json.loads(call["function"]["arguments"])
            found.append(RecordedTool(len(found) + 1, step, name, call["id"], given, None, False, False,
                                      None, None, None, None))  # fmt: skip
        if message["role"] == "tool":
            at = next(at for at, each in enumerate(found) if not each.has_result)
            said = message["content"]
            is_error = str(said).startswith("Error")
            found[at] = found[at]._replace(result=said, has_result=True, is_error=is_error)
    return found


async def rate(tasks: Mapping[int, Sequence[Recorded]], way: Way) -> Rate:
    """Return how one way does on all ordered pairs of runs of a task."""
    policy = Policy.model_validate({"tools": way.tools})
    calls = served = stale = full = 0
    misses: list[float] = []
    pairs = [(a, b, runs) for runs in tasks.values() for a, b in itertools.permutations(runs, 2)]
    for taped, asked, runs in pairs:
        pool = [run for run in runs if run not in (taped, asked)] if way.pooled else []
        mocks = Mocks(taped, policy=policy, pool=pool, stubs=way.stubs)
        for tool in asked.tools:
            await mocks.answer(tool.name, tool.arguments, step=tool.step)
        found = mocks.fidelity()
        calls += found.calls
        served += found.calls - found.by_rung.get(Rung.DIVERGED, 0)
        stale += found.stale_reads
        full += found.first_divergence is None
        if found.first_divergence:
            misses.append((found.first_divergence.position - 1) / found.calls)
    first_miss = statistics.median(misses) if misses else None
    return Rate(way.title, calls, served / calls, len(pairs), full / len(pairs), first_miss, stale / calls)


def rates(tasks: Mapping[int, Sequence[Recorded]], ways: Sequence[Way] = WAYS) -> list[Rate]:
    """Return how each way does."""
    return [asyncio.run(rate(tasks, way)) for way in ways]


def main() -> None:
    """Print a table of all ways."""
    folder = os.environ.get("SPOTLIGHT_TEST_DATA")
    if not folder:
        sys.exit("SPOTLIGHT_TEST_DATA is not set: the recordings are not part of this project")
    tasks = read_tasks(Path(folder))
    start = time.perf_counter()
    found = rates(tasks)
    seconds = time.perf_counter() - start
    print("| answered from | calls | served | runs | fully served | median first miss | stale |")
    print("|---|---|---|---|---|---|---|")
    for each in found:
        miss = "–" if each.first_miss is None else f"{each.first_miss:.0%}"
        figures = f"{each.served:.1%} | {each.runs} | {each.full:.1%} | {miss} | {each.stale:.1%}"
        print(f"| {each.title} | {each.calls} | {figures} |")
    print(f"{sum(each.calls for each in found) / seconds:,.0f} calls/s")


def _value(node: ast.expr) -> float:
    """Return the value of an expression of numbers. Raises: KeyError for anything else."""
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return node.value
    if isinstance(node, ast.BinOp):
        return float(_OPERATORS[type(node.op)](_value(node.left), _value(node.right)))
    if isinstance(node, ast.UnaryOp):
        return float(_OPERATORS[type(node.op)](_value(node.operand)))
    raise KeyError(type(node).__name__)


if __name__ == "__main__":
    main()
