"""What `run_usage` answers is what the steps answer: in any division, window and filter."""

from __future__ import annotations

import itertools
import random
import shutil
import threading
from pathlib import Path
from typing import Any

import pytest

from ingest.writer import run_writer
from spotlight.lake import Lake
from spotlight.lake.maintenance import maintain
from spotlight.model import COSTS, RUN_USAGE, RUNS
from spotlight.reports import Reports, RunFilters, open_lake, usage_question
from spotlight.reports.cost import cost_by
from spotlight.reports.usage_question import SUMMED
from spotlight.reports.zone import times_in
from tests.made_lake import HOUR, Row, made_lake, run
from tests.rows import START, table
from tests.spotlight.paid_steps import PRICES, call, paid_tool

ALL = RunFilters()
OF_RUNS = {
    "tenant_claimed": ("acme", None), "user_id": ("u1", "u2"), "feature": ("chat", None), "surface": ("web",),
    "environment": ("prod", None), "session_id": ("s1", "s2", None), "variant": ("v", None),
    "experiment_id": ("e",), "replay_of": ("r",), "pack_name": ("p", "q"), "pack_version": ("1", None),
}  # fmt: skip
OF_STEPS = {"provider": ("x", "y", None), "agent_name": ("main", "sub", None), "caused_by": ("search", None)}
ASKED = (
    ALL,
    RunFilters(since_ns=START + 10 * HOUR, until_ns=START + 33 * HOUR),
    RunFilters(model="large"),
    RunFilters(agent_name="sub", since_ns=START + 7 * HOUR, status=("ok", "error")),
    RunFilters(pack_name="p", user_id="u1", model="small", until_ns=START + 20 * HOUR),
)


def drawn(runs: int) -> dict[str, list[Row]]:
    """Return random runs and their steps: some of seconds, some of days."""
    draw = random.Random(11)
    found: dict[str, list[Row]] = {"runs": [], "steps": []}
    for n in range(runs):
        identity = {name: draw.choice(values) for name, values in OF_RUNS.items()}
        begin = START + draw.randrange(0, 40) * HOUR
        status = draw.choice(("ok", "error", "incomplete"))
        of = run(f"run-{n}", status=status, started_ns=begin, **identity)
        found["runs"].append(of)
        length = draw.choice((1, HOUR // 6, 30 * HOUR))
        for m in range(draw.randrange(1, 7)):
            own: dict[str, Any] = {name: draw.choice(values) for name, values in OF_STEPS.items()}
            own |= identity | {"started_ns": begin + draw.randrange(length) if n else None}
            if draw.random() < 0.3:
                found["steps"].append(paid_tool(of, f"search#{n}-{m}", draw.choice((None, 0.01)), **own))
                continue
            used = draw.choice((draw.randrange(0, 50_000), draw.randrange(0, 9), 2**62 if n == 1 else 0))
            model = draw.choice((*PRICES, "unknown"))
            found["steps"].append(call(of, f"{n}-{m}", model, input=used, output=used % 977, **own))
    return found


def told(reports: Reports, filters: RunFilters, by: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return a report's rows in an order of their own."""
    return sorted(cost_by(reports, filters, by).to_pylist(), key=repr)


@pytest.fixture(autouse=True)
def asked_of_small_lakes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask the sums of lakes of any size."""
    monkeypatch.setattr(usage_question, "LEAST_ROWS", 1)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Reports, Reports]:
    """Return the questions of a lake, and those of the same lake without its sums."""
    folder = tmp_path_factory.mktemp("sums")
    reports = made_lake(folder / "with", **drawn(40))
    shutil.copytree(folder / "with", folder / "without")
    shutil.rmtree(folder / "without" / "lake" / RUN_USAGE.name)
    return reports, open_lake(folder / "without")


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata"])
def test_sums_answer_what_the_steps_answer(both: tuple[Reports, Reports], zone: str) -> None:
    """Divided by up to three dimensions, in a window or not, narrowed or not: the same rows."""
    by = [
        (),
        ("skill",),
        ("service", "day"),
        *((name,) for name in ("day", "hour", "tool", "status")),
    ]
    by += random.Random(3).sample([*itertools.combinations(sorted(SUMMED), 3)], 16)
    chosen = [names for names in by if zone == "UTC" or {"day", "hour"} & set(names)]
    with times_in(zone):
        for at, names in enumerate(chosen):
            filters = ASKED[at % len(ASKED)]
            assert told(both[1], filters, names) == told(both[0], filters, names), (filters, names)


def without_sums(data: Path) -> Reports:
    """Return the questions of a copy of a lake that has no sums."""
    copy = data.with_name(f"{data.name}-copy")
    shutil.copytree(data, copy)
    shutil.rmtree(copy / "lake" / RUN_USAGE.name)
    return open_lake(copy)


def test_newer_versions_and_prices_count(tmp_path: Path) -> None:
    """A run that was assembled or priced again counts as it is now; compaction changes nothing."""
    data = tmp_path / "data"
    made = drawn(12)
    reports = made_lake(data, **made)
    lake = Lake(data / "lake")
    old = made["runs"][3]
    new = old | {"run_version": 1, "replaces": old["run_version"]}
    lake.append("runs", table([new], RUNS))
    again = made_lake(tmp_path / "more", steps=[call(new, "late", input=10)])
    for name in ("run_usage", "steps"):
        lake.append(name, again._reader.query(f"select * from stored_{name}"))
    priced = next(s for s in made["steps"] if s.get("cost_usd") and s["run_id"] != old["run_id"])
    names = ("tenant", "date", "run_id", "run_version", "span_id")
    lake.append("costs", table([{n: priced[n] for n in names} | {"priced_ns": 1, "cost_usd": 7.0}], COSTS))
    expected = without_sums(data)
    for by in ((), ("model",), ("run", "tool"), ("day", "pack")):
        assert told(expected, ALL, by) == told(reports, ALL, by)
    before = told(reports, ALL, ("run", "model"))
    assert 7 < sum(row["cost_usd"] or 0 for row in before)
    maintain(lake, min_files=2)
    assert before == told(reports, ALL, ("run", "model"))
    stored = reports._reader.query("select distinct run_version from stored_run_usage")
    assert old["run_version"] not in stored.column("run_version").to_pylist()


def test_a_lake_without_sums_gets_them_when_a_writer_starts(tmp_path: Path) -> None:
    """Steps of an earlier version of Spotlight are added up once, as those that come in are."""
    made = drawn(12)
    reports = made_lake(tmp_path, **made)
    every = "select * from stored_run_usage order by all"
    before, rows = told(reports, ALL, ("model", "day")), reports._reader.query(every)
    shutil.rmtree(tmp_path / "lake" / RUN_USAGE.name)
    for _ in range(2):  # the second finds nothing to do
        run_writer(tmp_path, threading.Event(), drain=True)
    assert rows.equals(open_lake(tmp_path)._reader.query(every))
    assert before == told(open_lake(tmp_path), ALL, ("model", "day"))
    assert 0 < rows.num_rows < len(made["steps"])
