"""Why the cost changed: effects that add up to the difference, each moved by its own cause alone."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spotlight.reports import RunFilters
from spotlight.reports.bridge import Bridge, bridge, bridge_table
from spotlight.reports.bridge_effects import CLASSES, EXCHANGES, Cells, effects
from tests.made_lake import Row, made_lake, run
from tests.rows import trace_id
from tests.spotlight.paid_steps import call, paid_tool

LINES = [*EXCHANGES, "rounding"]
BEFORE, AFTER = RunFilters(environment="before"), RunFilters(environment="after")

counts = st.integers(0, 2000)
amounts = st.one_of(st.just(0.0), st.floats(1e-9, 1e4))
cell = st.fixed_dictionaries(
    {
        "pack": st.integers(0, 2),
        "calls": counts,
        "retries": st.integers(0, 50),
        "unpriced": st.integers(0, 50),
    }
    | {f"{name}_tokens": st.integers(0, 10**9) for name in CLASSES}
    | {f"{name}_usd": amounts for name in CLASSES}
    | {"fees": amounts}
)
sides = st.tuples(
    st.lists(cell, min_size=3, max_size=3), st.lists(st.integers(0, 500), min_size=3, max_size=3)
)


def cells_of(drawn: tuple[list[dict[str, float]], list[int]]) -> Cells:
    """Return one side's cells: the first three of them are of packs 0, 1 and 2."""
    rows, runs = drawn
    pack = np.array([0, 1, 2])
    column = {name: np.array([row[name] for row in rows], float) for name in rows[0]}
    paid = column["calls"] + column["retries"]
    priced = np.maximum(paid - column["unpriced"], 0)
    some = (priced > 0).astype(float)  # without priced calls there are neither tokens nor amounts
    tokens = np.array([column[f"{name}_tokens"] for name in CLASSES]) * some
    usd = np.array([column[f"{name}_usd"] for name in CLASSES]) * some
    calls = np.where(column["calls"] == 0, paid, column["calls"])
    runs_of = np.where(paid > 0, np.maximum(runs, 1), runs).astype(float)
    cost = usd.sum(axis=0) + column["fees"] * some
    return Cells(runs_of, float(runs_of.sum()), calls, np.bincount(pack, calls)[pack], paid - calls, priced,
                 tokens, usd, cost)  # fmt: skip


@settings(deadline=None, max_examples=70)
@given(sides, sides)
def test_effects_add_up_to_the_difference(
    first: tuple[list[dict[str, float]], list[int]], last: tuple[list[dict[str, float]], list[int]]
) -> None:
    """Whatever the two sides did, the effects of every pack and model are the difference of its costs."""
    before, after = cells_of(first), cells_of(last)
    total = sum(effects(before, after).values())
    scale = max(before.cost_usd.max(), after.cost_usd.max(), *map(abs, np.ravel(total)), 1e-9)
    assert np.allclose(after.cost_usd - before.cost_usd, total, rtol=0, atol=1e-6 * scale)


@settings(deadline=None, max_examples=20)
@given(sides)
def test_nothing_changed_has_no_effect(side: tuple[list[dict[str, float]], list[int]]) -> None:
    """Two equal sides have effects of exactly 0."""
    same = cells_of(side)
    assert {name: [0.0] * 3 for name in EXCHANGES} == {
        name: usd.tolist() for name, usd in effects(same, same).items()
    }


def fleet(when: str, runs: int = 4, calls: int = 3, **usage: object) -> list[tuple[Row, list[Row]]]:
    """Return runs of one pack, each with the same calls of one model and a paid tool."""
    made = []
    for n in range(runs):
        of = run(f"{when}-{n}", environment=when)
        steps = [call(of, f"c{m}", environment=when, step=m, **usage) for m in range(calls)]  # type: ignore[arg-type]
        made.append((of, steps))
    return made


def made_bridge(data: Path, *fleets: list[tuple[Row, list[Row]]]) -> Bridge:
    """Return the bridge from the runs before to those after."""
    made = [pair for runs in fleets for pair in runs]
    reports = made_lake(data, runs=[of for of, _ in made], steps=[s for _, steps in made for s in steps])
    return bridge(reports, BEFORE, AFTER)


def moved(found: Bridge) -> dict[str, float]:
    """Return the lines that are not 0, rounded to what people see; the rest adds up exactly."""
    assert LINES == [line.name for line in found.lines]
    assert found.difference_usd == math.fsum(line.cost_usd for line in found.lines)
    assert found.difference_usd == found.after.cost_usd - found.before.cost_usd
    return {line.name: round(line.cost_usd, 9) for line in found.lines if round(line.cost_usd, 9)}


def retried(when: str, tries: int) -> list[tuple[Row, list[Row]]]:
    """Return a run whose call is tried so many times: all but the last one failed, and were paid for."""
    of = run(when, environment=when)
    shared: Row = {"environment": when, "request_model": "large"}
    steps = [
        call(of, f"t{n}", step=n, failed=n < tries - 1, is_retry=n > 0, **shared)  # type: ignore[arg-type]
        for n in range(tries)
    ]
    return [(of, steps)]


def mixed(when: str, large: int, small: int) -> list[tuple[Row, list[Row]]]:
    """Return a run with so many calls of two models."""
    of = run(when, environment=when)
    models = ["large"] * large + ["small"] * small
    return [(of, [call(of, f"m{n}", model, environment=when, step=n) for n, model in enumerate(models)])]


def packs(when: str, first: int, second: int) -> list[tuple[Row, list[Row]]]:
    """Return runs of two packs that cost differently."""
    made = []
    for n in range(first + second):
        pack, count = ("p", 1) if n < first else ("q", 3)
        of = run(f"{when}-{n}", environment=when, pack_name=pack)
        made.append((of, [call(of, f"c{m}", environment=when, step=m) for m in range(count)]))
    return made


Fleet = list[tuple[Row, list[Row]]]
NO_PRICE: Final = {"unpriced_reason": "unknown model"} | dict.fromkeys(
    ("cost_usd", "input_cost_usd", "cache_read_cost_usd", "cache_write_cost_usd", "output_cost_usd")
)
# A call of 1000 + 100 tokens costs 0.0045 USD with model large, 0.00045 with model small.
CAUSES: Final[dict[str, tuple[Callable[[], Fleet], Callable[[], Fleet], dict[str, float]]]] = {
    "volume": (lambda: fleet("before", 4), lambda: fleet("after", 6), {"volume": 6 * 0.0045}),
    "volume down": (lambda: fleet("before", 6), lambda: fleet("after", 4), {"volume": -6 * 0.0045}),
    "price": (lambda: fleet("before"), lambda: fleet("after", factor=1.5), {"price": 12 * 0.0045 / 2}),
    "calls": (lambda: fleet("before"), lambda: fleet("after", calls=5), {"calls_per_run": 8 * 0.0045}),
    "input": (lambda: fleet("before"), lambda: fleet("after", input=1500), {"input_tokens": 12 * 0.0015}),
    "output": (lambda: fleet("before"), lambda: fleet("after", output=200), {"output_tokens": 12 * 0.0015}),
    "cache": (  # 800 tokens less at 3 USD, 800 more at 0.3, and the price of a read is not known before
        lambda: fleet("before"), lambda: fleet("after", read=800), {"cache": -12 * 800 * 2.7e-6}
    ),
    "models": (lambda: mixed("before", 4, 1), lambda: mixed("after", 1, 4), {"model_mix": -3 * 0.00405}),
    "new model": (lambda: mixed("before", 4, 0), lambda: mixed("after", 3, 1), {"model_mix": -0.00405}),
    "packs": (lambda: packs("before", 3, 1), lambda: packs("after", 1, 3), {"pack_mix": 2 * 2 * 0.0045}),
    "retries": (lambda: retried("before", 1), lambda: retried("after", 3), {"retries": 2 * 0.0045}),
    "coverage": (
        lambda: fleet("before", **NO_PRICE), lambda: fleet("after"), {"coverage": 12 * 0.0045}
    ),
    "nothing before": (lambda: [], lambda: fleet("after"), {"volume": 12 * 0.0045}),
    "nothing after": (lambda: fleet("before"), lambda: [], {"volume": -12 * 0.0045}),
    "nothing": (lambda: [], lambda: [], {}),
    "the same": (lambda: fleet("before"), lambda: fleet("after"), {}),
}  # fmt: skip


@pytest.mark.parametrize("cause", list(CAUSES))
def test_each_cause_moves_its_own_line_alone(tmp_path: Path, cause: str) -> None:
    """What changes one thing between two sides is found in the line of that thing, and in no other."""
    before, after, expected = CAUSES[cause]
    found = made_bridge(tmp_path, before(), after())
    assert {name: round(usd, 9) for name, usd in expected.items()} == moved(found)


def test_new_fees_are_price(tmp_path: Path) -> None:
    """A tool that asks for more per call is dearer, as a token is."""
    sides = []
    for when, usd in (("before", 0.01), ("after", 0.03)):
        of = run(when, environment=when)
        sides.append([(of, [paid_tool(of, f"search#{n}", usd, environment=when) for n in range(5)])])
    assert {"price": 0.1} == moved(made_bridge(tmp_path, *sides))


def test_a_retry_of_what_was_free_is_no_retry(tmp_path: Path) -> None:
    """A call that failed without usage cost nothing: what answers in its place is the call itself."""
    found = []
    for when in ("before", "after"):
        of = run(when, environment=when)
        again = call(of, "again", step=2, is_retry=when == "after", environment=when, request_model="large")
        refused = call(of, "refused", step=1, failed=True, environment=when, request_model="large")
        for name in ("cost_usd", "input_tokens", "output_tokens", "uncached_input_tokens"):
            refused[name] = None
        found.append([(of, [refused, again] if when == "after" else [again])])
    assert {} == moved(made_bridge(tmp_path, *found))


def test_random_sides_add_up(tmp_path: Path) -> None:
    """Of random runs, models and prices the lines add up exactly, and every line names runs of its side."""
    draw = random.Random(11)
    made: Fleet = []
    for when in ("before", "after"):
        for n in range(40):
            of = run(f"{when}-{n}", environment=when, pack_name=draw.choice(("p", "q", None)))
            steps: list[Row] = []
            for m in range(draw.randrange(0, 9)):
                if draw.random() < 0.1:
                    steps.append(paid_tool(of, f"search#{m}", draw.choice((None, 0.01)), environment=when))
                    continue
                used = draw.randrange(3, 90_000)
                model = draw.choice(("large", "small", "odd", "unknown"))
                steps.append(
                    call(of, f"c{m}", model, input=used, read=draw.randrange(used // 2), write=used // 7,
                         output=draw.randrange(5000), factor=draw.choice((1, 0.5)), environment=when, step=m,
                         failed=draw.random() < 0.3, is_retry=draw.random() < 0.3)
                )  # fmt: skip
            made.append((of, steps))
    found = made_bridge(tmp_path, made)
    assert len(moved(found)) >= 9
    ids = {when: {trace_id(f"{when}-{n}") for n in range(40)} for when in ("before", "after")}
    for line in (line for line in found.lines[:-1] if line.name in moved(found)):
        assert ("after" if line.cost_usd > 0 else "before") == line.runs_are, line.name
        assert 1 <= len(line.runs) == len(set(line.runs)) <= 5, line.name
        assert set(line.runs) <= ids[str(line.runs_are)], line.name
    assert 1e-9 > abs(found.lines[-1].cost_usd)


def test_the_heaviest_runs_stand_first(tmp_path: Path) -> None:
    """The run whose input grew most is the first of those behind the line."""
    after = fleet("after", 3)
    for n, (of, _) in enumerate(after):
        after[n] = (of, [call(of, "c", input=5000 * (n + 1), environment="after")])
    found = made_bridge(tmp_path, fleet("before", 3, 1), after)
    line = next(line for line in found.lines if line.name == "input_tokens")
    assert [trace_id(f"after-{n}") for n in (2, 1, 0)] == line.runs


def test_what_has_no_price_stands_apart(tmp_path: Path) -> None:
    """Calls without a price are counted on their side, with their part of the tokens, and move no line."""
    found = made_bridge(tmp_path, fleet("before", model="unknown"), fleet("after", model="unknown"))
    assert (12, 12, 13_200, 1.0) == found.after[2:6]
    assert {} == moved(found)
    empty = made_bridge(tmp_path / "empty")
    assert (0, 0.0, 0, 0, 0, None, 0) == empty.before


def test_the_table_has_a_row_per_line(tmp_path: Path) -> None:
    """The lines as a table, also where nothing changed."""
    found = bridge_table(made_bridge(tmp_path))
    assert (LINES, ["string", "string", "double", "string", "list<item: string>", "string"]) == (
        found.column("name").to_pylist(), [str(f.type) for f in found.schema]
    )  # fmt: skip
