"""How prices came about, usage that cannot be, and prices anew."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from spotlight.errors import NotFound
from spotlight.lake import Lake
from spotlight.pricing import Book, default_book
from spotlight.reports import Reports, RunFilters
from spotlight.reports.ledger import cost_ledger, usage_faults
from spotlight.reports.reprice import reprice
from tests.conftest import SampleLake
from tests.loading import all_runs, all_steps, selected
from tests.made_lake import Row, made_lake, run, step
from tests.rows import DAY, START, span_id
from tests.spotlight.priced_lake import call, priced_lake

BOOK = default_book()
FIRST, SECOND, OTHER_DAY = run("first"), run("second"), run("other", date=DAY.replace(day=1))
STEPS = [
    call(FIRST, "a", input_tokens=1000, output_tokens=100),
    call(FIRST, "b", model="gpt-99", input_tokens=1000, output_tokens=100),
    call(FIRST, "c", model="gpt-4o-mini", input_tokens=1000, output_tokens=100),
    call(SECOND, "d", model="gpt-4o-mini", input_tokens=2000, output_tokens=0),
    call(OTHER_DAY, "e", input_tokens=1000, output_tokens=0),
    step(SECOND, "lookup", usage_role="none"),
]
FILE = """
prices:
  - {provider: openai, model: gpt-4o, input: 1, output: 1}
  - {provider: openai, model: gpt-99, input: 2, output: 2}
tools: [{tool: lookup, per_call: 0.5}]
"""


@pytest.fixture(scope="module")
def samples(sample_lake: SampleLake) -> Reports:
    """Return the questions to a lake with all samples."""
    return sample_lake.reports


@pytest.fixture(scope="module")
def ledgers(samples: Reports) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Return every run of the samples with its ledger."""
    return [(known, cost_ledger(samples, known["run_id"])) for known in all_runs(samples)]


@pytest.fixture
def own(tmp_path: Path) -> Book:
    """Return a book with prices of one's own in front."""
    path = tmp_path / "own.yaml"
    path.write_text(FILE)
    return default_book(path)


def test_the_arithmetic_gives_the_lakes_cost_on_every_sample(ledgers: Any) -> None:
    """Line by line in decimals, every step and every run comes to what the lake holds, to 1e-12."""
    priced = 0
    for known, found in ledgers:
        assert [] == [s["span_id"] for s in found["steps"] if not s["agrees"]]
        both = [known["cost_usd"], found["cost_usd"]]
        assert both == [None, None] or pytest.approx(both[0], rel=0, abs=1e-12) == both[1]
        priced += sum(step["cost_usd"] is not None for step in found["steps"])
    assert priced >= 90


def test_every_figure_that_counts_names_its_attribute(ledgers: Any) -> None:
    """Of each counted token column of the samples the ledger knows the attribute it came from."""
    for _, ledger in ledgers:
        for found in ledger["steps"]:
            if found["counted"]:
                assert [] == [n["column"] for n in found["numbers"] if not n["attribute"]], found["name"]
                assert found["rule"]


def test_a_step_is_explained_alone(samples: Reports) -> None:
    """A span id, or its beginning, gives that step: class, amount, unit price and sum of each line."""
    found = cost_ledger(samples, "c0de000000000012")
    [line] = [line for line in found["steps"][0]["lines"] if line["class"] == "cache_read"]
    assert (2500, 0.3, 1_000_000, 0.00075) == tuple(
        line[n] for n in ("amount", "unit_price_usd", "per", "cost_usd")
    )
    assert ["ai.usage.inputTokenDetails.cacheReadTokens"] == line["attributes"]
    assert "2,500 × 0.3 / 1,000,000 = 0.00075" == line["arithmetic"]


def test_unpriced_steps_stay_visible(samples: Reports) -> None:
    """A call that the book does not know is in the ledger, with the reason instead of a sum."""
    [odd] = [s for s in all_steps(samples) if s["model"] == "gemini-2.5-flash-live" and s["price_book"]]
    found = cost_ledger(samples, odd["span_id"])
    assert (None, 1) == (found["cost_usd"], found["unpriced"])
    assert "model not in the price book" == found["steps"][0]["unpriced_reason"]


@pytest.mark.parametrize(
    ("target", "words"), [("0c0de000", "is ambiguous"), ("nothing", "no run"), ("", "no run")]
)
def test_ids_that_name_nothing_or_too_much(samples: Reports, target: str, words: str) -> None:
    """What is asked for must be one run or one step."""
    with pytest.raises(NotFound, match=words):
        cost_ledger(samples, target)


@pytest.mark.parametrize(
    ("usage", "fault", "value", "bound"),
    [
        ({"cache_read_tokens": 600, "cache_write_tokens": 600}, "more cache than input", 1200, 1000),
        ({"reasoning_tokens": 101}, "more reasoning than output", 101, 100),
        (
            {"cache_write_tokens": 5, "cache_write_1h_tokens": 6},
            "more written for an hour than written",
            6,
            5,
        ),
        ({"audio_input_tokens": 1001}, "more audio than input", 1001, 1000),
        ({"audio_output_tokens": 101}, "more audio than output", 101, 100),
        ({"reasoning_tokens": -7}, "negative count", 7, 0),
        ({"cost_usd": 0.01, "cost_reported_usd": 0.02}, "client reports another cost", 0.01, 0.002),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_usage_that_cannot_be(tmp_path: Path, usage: Row, fault: str, value: float, bound: float) -> None:
    """Each fault is found once, with the figure and what it should not be above."""
    rows = [call(FIRST, name, input_tokens=1000, output_tokens=100) for name in ("fine", "odd")]
    reports = made_lake(tmp_path, runs=[FIRST], steps=[rows[0], rows[1] | usage])
    [found] = usage_faults(reports, RunFilters()).to_pylist()
    assert (span_id("odd"), fault, 1) == (found["span_id"], found["fault"], found["n"])
    assert pytest.approx([value, bound]) == [found["value"], found["bound"]]


def test_unknown_figures_and_near_costs_are_no_faults(tmp_path: Path) -> None:
    """NULL on either side is no fault, and neither is a tenth between the client's figure and ours."""
    rows = [
        call(FIRST, "a", cache_read_tokens=5),
        call(FIRST, "b", input_tokens=5, reasoning_tokens=5),
        call(FIRST, "c", input_tokens=5, cost_usd=0.091, cost_reported_usd=0.1),
    ]
    assert [] == usage_faults(made_lake(tmp_path, runs=[FIRST], steps=rows), RunFilters()).to_pylist()


def test_figures_left_out_are_told_of_the_run(tmp_path: Path) -> None:
    """A count beyond all calls is unknown in the steps; its run is named."""
    odd = FIRST | {"quality_flags": ["impossible_usage"]}
    [found] = usage_faults(made_lake(tmp_path, runs=[odd, SECOND]), RunFilters()).to_pylist()
    assert (FIRST["run_id"], None) == (found["run_id"], found["span_id"])


def prices(reports: Reports) -> dict[str, Any]:
    """Return step -> cost, and run -> (cost, unpriced)."""
    steps = {row["name"]: row["cost_usd"] for row in all_steps(reports)}
    return steps | {r["name"]: (r["cost_usd"], r["unpriced_generations"]) for r in all_runs(reports)}


def test_prices_anew_are_appended(tmp_path: Path, own: Book) -> None:
    """Steps and sums of runs have the new prices, and the earlier ones are still there."""
    reports = priced_lake(tmp_path / "data", BOOK, [FIRST, SECOND, OTHER_DAY], STEPS)
    assert pytest.approx((0.0035 + 0.00021, 1)) == prices(reports)["first"]
    found = reprice(reports, RunFilters(), own, Lake(tmp_path / "data" / "lake"), now_ns=7)
    assert (3, 6, own.name) == (found.runs, found.steps, found.price_book)
    assert pytest.approx((0.00651, 0.50481)) == (found.before_usd, found.after_usd)
    now = prices(reports)
    assert pytest.approx((0.0011, 0.0022, 0.00021, 0.0003, 0.001, 0.5)) == tuple(
        now[n] for n in ("a", "b", "c", "d", "e", "lookup")
    )
    assert pytest.approx((0.0011 + 0.0022 + 0.00021, 0)) == now["first"]
    assert pytest.approx((0.5003, 0)) == now["second"]
    kept = selected(reports, "select * from costs order by span_id, priced_ns nulls first")
    first = [row for row in kept if row["span_id"] == span_id("a")]
    assert [(BOOK.name, None, 0.0035), (own.name, 7, 0.0011)] == [
        (row["price_book"], row["priced_ns"], pytest.approx(row["cost_usd"])) for row in first
    ]


def test_prices_anew_by_the_same_book_change_nothing(tmp_path: Path, own: Book) -> None:
    """A second time there is nothing to append; and a dry run appends nothing but says the same."""
    reports = priced_lake(tmp_path / "data", BOOK, [FIRST, SECOND, OTHER_DAY], STEPS)
    lake = Lake(tmp_path / "data" / "lake")
    before = prices(reports)
    dry = reprice(reports, RunFilters(), own, None)
    assert before == prices(reports)
    assert dry == reprice(reports, RunFilters(), own, lake)
    again = reprice(reports, RunFilters(), own, lake)
    assert (0, 0) == (again.runs, again.steps)
    assert again.before_usd == again.after_usd == pytest.approx(dry.after_usd)


def test_prices_anew_of_some_runs(tmp_path: Path, own: Book) -> None:
    """Filters name runs; all steps of a run are priced together, and other runs keep their prices."""
    later = OTHER_DAY | {"started_ns": START + 10}
    reports = priced_lake(tmp_path / "data", BOOK, [FIRST, SECOND, later], STEPS)
    reprice(reports, RunFilters(since_ns=START + 5), own, Lake(tmp_path / "data" / "lake"))
    now = prices(reports)
    assert pytest.approx((0.0035, 0.001)) == (now["a"], now["e"])


def test_changes_are_told_by_model(tmp_path: Path, own: Book) -> None:
    """What is priced now and was not, and how much dearer or cheaper each model became."""
    reports = priced_lake(tmp_path / "data", BOOK, [FIRST, SECOND, OTHER_DAY], STEPS)
    found = {m.model: m for m in reprice(reports, RunFilters(), own, None).models}
    assert (1, 1, 1, None) == tuple(
        getattr(found["gpt-99"], n) for n in ("steps", "changed", "newly_priced", "before_usd")
    )
    assert (2, 0, 0, 0) == found["gpt-4o-mini"][2:6]
    assert pytest.approx((0.006, 0.0021)) == found["gpt-4o"][6:]
    assert pytest.approx(0.5) == found[None].after_usd
