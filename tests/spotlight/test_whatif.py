"""What the same usage would have cost otherwise, computed by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from spotlight.errors import SpotlightError
from spotlight.pricing import default_book
from spotlight.reports import Reports, RunFilters
from spotlight.reports.whatif import Change, what_if
from tests.made_lake import SECOND as SECOND_NS
from tests.made_lake import run, step
from tests.rows import START
from tests.spotlight.priced_lake import call, priced_lake

BOOK = default_book()
ONE, TWO = run("one"), run("two", pack_version="2")
CLAUDE = {"provider": "anthropic", "model": "claude-sonnet-4-5"}  # 3 in, 0.30 read, 3.75 written, 15 out
MINUTE = 60 * SECOND_NS
STEPS = [
    call(ONE, "a", **CLAUDE, input_tokens=10_000, output_tokens=100, step=1, ended_ns=START),
    call(ONE, "b", **CLAUDE, input_tokens=12_000, output_tokens=100, step=2, started_ns=START + MINUTE),
    call(ONE, "late", **CLAUDE, input_tokens=12_500, output_tokens=0, step=3, started_ns=START + 7 * MINUTE),
    call(ONE, "cut", **CLAUDE, input_tokens=5000, output_tokens=0, step=4, started_ns=START + 8 * MINUTE),
    call(ONE, "short", **CLAUDE, input_tokens=900, output_tokens=0, step=5, started_ns=START + 9 * MINUTE),
    call(TWO, "c", input_tokens=1000, output_tokens=100, step=1),
    call(TWO, "d", model="gpt-99", input_tokens=1000, output_tokens=100, step=2),
    call(TWO, "e", kind="embedding", is_generation=False, model="text-embedding-3-small", input_tokens=1000),
    step(TWO, "t", usage_role="none"),
]
NOW = (10_000 + 12_000 + 12_500 + 5000 + 900) * 3e-6 + 200 * 15e-6 + 0.0035 + 0.00002


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Reports:
    """Return the questions to a lake with two runs."""
    return priced_lake(tmp_path_factory.mktemp("whatif"), BOOK, [ONE, TWO], STEPS)


def test_nothing_otherwise_costs_the_same(reports: Reports) -> None:
    """The book that priced the steps gives their sum again; what has no price is counted beside it."""
    found = what_if(reports, RunFilters(), BOOK, Change())
    assert pytest.approx((NOW, NOW)) == (found.before_usd, found.after_usd)
    assert (8, 7, 7) == (found.steps, found.compared, found.unchanged)
    assert (1, 1) == (sum(p.unpriced_before for p in found.parts), sum(p.unpriced_after for p in found.parts))


def test_another_model(reports: Reports) -> None:
    """Every model call at gpt-4o-mini's prices, 0.15 and 0.60; the embedding keeps its own."""
    found = what_if(reports, RunFilters(), BOOK, Change(model="openai/gpt-4o-mini"))
    priced = (40_400 + 1000) * 0.15e-6 + 300 * 0.6e-6 + 0.00002
    assert pytest.approx((NOW, priced)) == (found.before_usd, found.after_usd)
    [unpriced] = [part for part in found.parts if part.model == "gpt-99"]
    assert (1, 0, None, None) == (unpriced.steps, unpriced.compared, unpriced.before_usd, unpriced.after_usd)


def test_a_model_without_a_price_is_refused(reports: Reports) -> None:
    """The error names the model and why there is no price."""
    with pytest.raises(SpotlightError, match="'gpt-77': model not in the price book"):
        what_if(reports, RunFilters(), BOOK, Change(model="gpt-77"))


def test_a_cache(reports: Reports) -> None:
    """Only b follows in time on a call it can continue: 10,000 read; the rest of every call is written."""
    found = what_if(reports, RunFilters(pack_version="1"), BOOK, Change(cache=True))
    read, written = 10_000, 10_000 + 2000 + 12_500 + 5000
    expected = read * 0.3e-6 + written * 3.75e-6 + 900 * 3e-6 + 200 * 15e-6
    assert pytest.approx(expected) == found.after_usd
    assert any("contents are not compared" in text for text in found.assumptions)


def test_a_cache_takes_nothing_away(tmp_path: Path) -> None:
    """What was read from the cache stays read, where it is more than the call before had."""
    rows = [
        call(ONE, "a", **CLAUDE, input_tokens=2000, cache_read_tokens=0, output_tokens=0, step=1),
        call(ONE, "b", **CLAUDE, input_tokens=9000, cache_read_tokens=8000, output_tokens=0, step=2,
             started_ns=START + MINUTE),
    ]  # fmt: skip
    reports = priced_lake(tmp_path, BOOK, [ONE], rows)
    found = what_if(reports, RunFilters(), BOOK, Change(cache=True))
    assert pytest.approx(3000 * 3.75e-6 + 8000 * 0.3e-6) == found.after_usd


def test_batches(reports: Reports) -> None:
    """Anthropic and OpenAI take half in batches; what has no batch price keeps its own."""
    found = what_if(reports, RunFilters(), BOOK, Change(batch=True))
    halves = NOW - 0.00002
    assert pytest.approx(halves / 2 + 0.00002, rel=1e-3) == found.after_usd
    assert found.price_book.endswith("in batches")


def test_another_book(reports: Reports, tmp_path: Path) -> None:
    """A price file prices what it names; its tool fee and its own model are new on that side."""
    path = tmp_path / "own.yaml"
    path.write_text(
        "prices: [{model: gpt-99, input: 1, output: 1}, {model: claude*, input: 1, output: 1}]\n"
        "tools: [{tool: t, per_call: 1}]"
    )
    found = what_if(reports, RunFilters(), default_book(path), Change())
    assert pytest.approx(40_400e-6 + 200e-6 + 0.00352) == found.after_usd
    assert (9, 7) == (found.steps, found.compared)


def test_an_empty_lake(tmp_path: Path) -> None:
    """No steps cost nothing known."""
    found = what_if(priced_lake(tmp_path, BOOK, [], []), RunFilters(), BOOK, Change(cache=True))
    assert (None, None, 0, []) == (found.before_usd, found.after_usd, found.steps, found.parts)
