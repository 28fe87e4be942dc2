"""What runs cost: sums that add up by every dimension, figures by hand, and the runs behind them."""

from __future__ import annotations

import random
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from spotlight.errors import SpotlightError
from spotlight.reports import Reports, RunFilters
from spotlight.reports.cost import CostTotal, cost_by, cost_runs, cost_total, top
from spotlight.reports.cost_spread import cost_spread
from spotlight.reports.dimensions import DIMENSIONS
from tests.made_lake import HOUR, Row, made_lake, run, step
from tests.rows import START
from tests.spotlight.paid_steps import PRICES, call, exact, paid_tool

ALL = RunFilters()
CHOICES = {
    "tenant_claimed": ("acme", "globex", None), "user_id": ("u1", "u2", "u3", None),
    "feature": ("chat", None), "surface": ("web", "cli"), "environment": ("prod", None),
    "service_name": ("bot", "api"), "session_id": ("s1", "s2", "s3", None),
    "pack_name": ("p", "q", None), "pack_version": ("1", "2", None),
}  # fmt: skip
ADDING = ("generations", "unpriced_generations", "unpriced_tokens", "input_tokens", "output_tokens")
OF_STEPS = {
    "provider": ("x", "y", None), "agent_name": ("main", "sub", None), "skill_name": ("s", None),
    "prompt_name": ("t", None), "prompt_version": ("1", "2", None), "caused_by": ("search", None),
}  # fmt: skip


class Lake(NamedTuple):
    """A lake of random runs."""

    reports: Reports
    steps: list[Row]
    total: CostTotal


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """Return a lake of random runs."""
    draw = random.Random(5)
    runs, steps = [], []
    for n in range(60):
        identity = {name: draw.choice(values) for name, values in CHOICES.items()}
        status = draw.choice(("ok", "ok", "error", "incomplete"))
        of = run(f"run-{n}", status=status, started_ns=START + draw.randrange(0, 80) * HOUR, **identity)
        runs.append(of)
        for m in range(draw.randrange(0, 8)):
            own = {name: draw.choice(values) for name, values in OF_STEPS.items()}
            own |= {name: of[name] for name in ("tenant_claimed", "feature", "surface", "environment")}
            own |= {"service_name": of["service_name"], "step": m + 1}
            own["started_ns"] = START + draw.randrange(0, 80) * HOUR
            if draw.random() < 0.3:
                steps.append(paid_tool(of, f"search#{n}-{m}", draw.choice((None, 0.01, 0.1)), **own))
                continue
            model = draw.choice((*PRICES, "unknown"))
            used = draw.randrange(0, 50_000)
            steps.append(call(of, f"{n}-{m}", model, input=used, read=used // 3, output=used % 977, **own))
    reports = made_lake(tmp_path_factory.mktemp("cost"), runs=runs, steps=steps)
    return Lake(reports, steps, cost_total(reports, ALL))


def rows_of(table: Any) -> list[dict[str, Any]]:
    """Return a report's rows."""
    found: list[dict[str, Any]] = table.to_pylist()
    return found


@pytest.mark.parametrize("first", list(DIMENSIONS))
def test_every_division_adds_up_to_the_total(lake: Lake, first: str) -> None:
    """The rows by a dimension, and by it and the next, add up to the total, to the last digit printed."""
    total, names = lake.total, list(DIMENSIONS)
    second = names[(names.index(first) + 1) % len(names)]
    for by in ((first,), (first, second)):
        rows = rows_of(cost_by(lake.reports, ALL, by))
        assert exact([total.cost_usd]) == exact([row["cost_usd"] for row in rows]), by
        for name in ADDING:
            assert getattr(total, name) == sum(row[name] or 0 for row in rows), (by, name)
        assert pytest.approx(1) == sum(row["share"] or 0 for row in rows)
        assert len(rows) == len({tuple(row[name] for name in by) for row in rows})


def test_the_total_is_that_of_the_steps(lake: Lake) -> None:
    """The total is what the prices of the steps add up to, each rounded to 1e-12 USD."""
    steps = lake.steps
    total, prices = lake.total, [s["cost_usd"] for s in steps if s.get("cost_usd") is not None]
    rounded = [Decimal(str(usd)).quantize(Decimal("1e-12")) for usd in prices]
    assert sum(rounded) == exact([total.cost_usd])
    assert len({s["run_id"] for s in steps}) == total.runs
    assert len({s["run_id"] for s in steps if s["run_status"] == "ok"}) == total.ok_runs


def test_a_run_is_counted_once_per_row(lake: Lake) -> None:
    """By dimensions of runs the runs add up; by a step's they are those that have such a step."""
    total, steps = lake.total, lake.steps
    by_pack = rows_of(cost_by(lake.reports, ALL, ["pack"]))
    assert total.runs == sum(row["runs"] for row in by_pack)
    for row in rows_of(cost_by(lake.reports, ALL, ["model"])):
        assert len({s["run_id"] for s in steps if s.get("model") == row["model"]}) == row["runs"]


def test_figures_by_hand(tmp_path: Path) -> None:
    """Two runs, one failed, one call without a price: every figure of the row is worked out by hand."""
    good, bad = run("good"), run("bad", status="error")
    steps = [
        call(good, "a", input=2000, read=500, write=500, output=100, cost_reported_usd=0.5),
        call(good, "b", "unknown", input=900, output=100),
        call(bad, "c", "small", input=1000, output=0),
        step(bad, "d", "llm", model="large"),  # reported no usage
        paid_tool(bad, "search", 0.01),
    ]
    # 1000 x 3 + 500 x 0.3 + 500 x 3.75 + 100 x 15 = 6525; 1000 x 0.25 = 250: millionths of a dollar
    cost = 0.006525 + 0.00025 + 0.01
    expected = CostTotal(
        runs=2, ok_runs=1, generations=4, generations_without_usage=1, input_tokens=3900,
        cache_read_tokens=500, cache_write_tokens=500, output_tokens=200, cost_usd=cost,
        cost_per_run_usd=cost / 2, cost_per_ok_run_usd=cost, share=1.0, unpriced_generations=1,
        unpriced_tokens=1000, unpriced_token_share=1000 / 4100, cost_reported_usd=0.5,
    )  # fmt: skip
    reports = made_lake(tmp_path, runs=[good, bad], steps=steps)
    assert expected == cost_total(reports, ALL)
    assert [("large", 0.006525, 2), ("small", 0.00025, 1), ("unknown", None, 1)] == [
        (row["model"], row["cost_usd"], row["runs"])
        for row in rows_of(cost_by(reports, ALL, ["model"])) if row["model"]
    ]  # fmt: skip
    assert [0.01] == [
        row["cost_usd"] for row in rows_of(cost_by(reports, ALL, ["model"])) if not row["model"]
    ]


def test_unknown_is_a_row_of_its_own(tmp_path: Path) -> None:
    """Steps of no known user are a row without a value; an unknown cost comes last and is no 0."""
    one, two = run("one", user_id=None), run("two", user_id="u")
    reports = made_lake(tmp_path, runs=[one, two], steps=[call(one, "a"), call(two, "b", "unknown")])
    found = [(row["user"], row["cost_usd"], row["share"]) for row in rows_of(cost_by(reports, ALL, ["user"]))]
    assert [(None, 0.0045, 1.0), ("u", None, None)] == found


def test_an_empty_lake_cost_nothing_known(tmp_path: Path) -> None:
    """Of no steps there are no rows, and the total knows no cost."""
    reports = made_lake(tmp_path)
    assert (0, None, 0) == (
        cost_total(reports, ALL).runs,
        cost_total(reports, ALL).cost_usd,
        top(reports, ALL).keys,
    )
    found = cost_by(reports, ALL, ["pack", "model"])
    assert (0, ["pack", "model", *CostTotal._fields]) == (found.num_rows, found.column_names)


def test_hostile_amounts_do_not_stop_a_report(tmp_path: Path) -> None:
    """Reported costs beyond reason leave the other figures as they are."""
    of = run("one")
    hostile = [float("nan"), float("inf"), -float("inf"), 1e300, 0.25]
    steps = [call(of, f"{n}", cost_reported_usd=usd) for n, usd in enumerate(hostile)]
    total = cost_total(made_lake(tmp_path, runs=[of], steps=steps), ALL)
    assert (0.0225, 0.25) == (total.cost_usd, total.cost_reported_usd)


@pytest.mark.parametrize("by", [["colour"], ["model", "model"], ["model", "tool", "user", "pack"]], ids=len)
def test_dimensions_that_do_not_exist_are_refused(tmp_path: Path, by: list[str]) -> None:
    """Unknown, doubled and too many dimensions are refused with what there is."""
    with pytest.raises(SpotlightError, match=r"no such dimension|cannot divide"):
        cost_by(made_lake(tmp_path), ALL, by)


def test_top_names_the_dearest_of_all(lake: Lake) -> None:
    """The largest spenders are the first rows of the division, with how many there are."""
    whole = rows_of(cost_by(lake.reports, ALL, ["user"]))
    found = top(lake.reports, ALL, "user", limit=2)
    assert (whole[:2], len(whole), lake.total) == (rows_of(found.rows), found.keys, found.total)
    assert 60 >= top(lake.reports, ALL, limit=1).keys > 40


def test_runs_behind_a_row(lake: Lake) -> None:
    """The runs behind a row are as many as it says and cost what it says, also of unknown values."""
    by = ("pack", "model")
    for row in rows_of(cost_by(lake.reports, ALL, by)):
        behind = rows_of(cost_runs(lake.reports, ALL, by, [row[name] for name in by], limit=1000))
        assert exact([row["cost_usd"]]) == exact([one["cost_usd"] for one in behind])
        assert (row["runs"], {row["runs"]}) == (len(behind), {one["runs"] for one in behind})


def test_a_key_needs_a_value_per_dimension(tmp_path: Path) -> None:
    """A key of another length than the dimensions is refused."""
    with pytest.raises(SpotlightError, match="1 values for 2 dimensions"):
        cost_runs(made_lake(tmp_path), ALL, ("pack", "model"), ["p"])


def test_spread_by_version(tmp_path: Path) -> None:
    """Percentiles are over the runs of known cost; the rest is counted beside them."""
    runs = [run(f"{n}", cost_usd=float(n), unpriced_generations=int(n == 4)) for n in range(5)]
    runs += [run("unknown"), run("new", pack_version="2", cost_usd=1.5, started_ns=START + HOUR)]
    first, second = rows_of(cost_spread(made_lake(tmp_path, runs=runs), ALL))
    assert ("bot", "1", 6, 5, 1, 2.0, 2.0, 3.8) == tuple(first.values())[:8]
    assert ("2", 1, 1, 1.5, 1.5) == tuple(second[k] for k in ("version", "runs", "n", "p50_usd", "p95_usd"))
