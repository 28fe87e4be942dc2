"""`spotlight cost` as a user runs it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from spotlight.reports import open_lake
from tests.command import ROOT, spotlight
from tests.spotlight.report_lakes import run

STEP = "c0de000000000012"


def cost(*words: object) -> Result:
    """Return what `spotlight cost` did with these words, in this process; it went well."""
    done = run("cost", *words)
    assert (0, None) == (done.exit_code, done.exception)
    return done


def cost_json(*words: object) -> Any:
    """Return what `spotlight cost` prints with --json."""
    return json.loads(cost(*words, "--json").stdout)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data folder with two runs, one model call of which costs 0.00345."""
    folder = tmp_path_factory.mktemp("cost") / "data"
    spotlight("load", ROOT / "sample_traces" / "coding-agents-by-hand", "--data", folder)
    return folder


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a price file."""
    path = tmp_path_factory.mktemp("book") / "own.yaml"
    path.write_text("prices: [{model: gpt-5.1, input: 1, output: 1}]")
    return path


def test_explain_shows_the_way_from_attribute_to_sum(data: Path) -> None:
    """Each line has what it is made of; --json says the same in figures."""
    shown = spotlight("cost", "explain", STEP, "--data", data)
    assert "cache_read_tokens 2,500 ← ai.usage.inputTokenDetails.cacheReadTokens" in shown.stdout
    assert "cache_read: 2,500 × 0.3 / 1,000,000 = 0.00075" in shown.stdout
    assert "0.003450 USD by genai-prices" in shown.stderr
    assert 0.00345 == pytest.approx(cost_json("explain", STEP, "--data", data)["cost_usd"])


def test_explain_names_what_has_no_price(data: Path) -> None:
    """A run of a model that the book does not know says so, and how many steps are concerned."""
    sql = "select run_id from steps where unpriced_reason is not null limit 1"
    [found] = open_lake(data).user_query(sql, limit=1).to_pylist()
    shown = cost("explain", found["run_id"], "--data", data)
    assert "no price: model not in the price book" in shown.stdout
    assert "steps with usage have no price" in shown.stderr


def test_an_id_of_nothing_is_refused(data: Path) -> None:
    """The exit code is 1, with a hint."""
    done = spotlight("cost", "explain", "nothing", "--data", data, check=False)
    assert (1, "") == (done.returncode, done.stdout)
    assert "no run 'nothing'" in done.stderr


def test_reprice_tries_before_it_writes(data: Path, book: Path, tmp_path: Path) -> None:
    """A dry run changes nothing, the real one does, a second one has nothing to do."""
    own = tmp_path / "data"
    spotlight("load", ROOT / "sample_traces" / "coding-agents-by-hand", "--data", own)
    words = ("reprice", "--book", book, "--data", own)
    dry = cost_json(*words, "--dry-run")
    assert (True, True) == (dry["dry_run"], dry["steps"] > 0)
    assert dry["after_usd"] > (dry["before_usd"] or 0)
    assert "got a new price" in cost(*words).stderr
    assert 0 == cost_json(*words)["steps"]


def test_what_if_lists_what_it_takes_for_granted(data: Path) -> None:
    """Both sums, by pack version and model, and the assumptions."""
    shown = cost("what-if", "--model", "openai/gpt-5-mini", "--data", data)
    assert "assumed: Tokens are the recorded ones" in shown.stderr
    found = cost_json("what-if", "--model", "openai/gpt-5-mini", "--data", data)
    assert found["after_usd"] < found["before_usd"]
    cached = cost_json("what-if", "--cache", "on", "--batch", "--data", data)
    assert "in batches" in cached["price_book"]


def test_what_if_needs_something_otherwise(data: Path) -> None:
    """Without a change there is nothing to ask."""
    done = run("cost", "what-if", "--data", data)
    assert (1, True) == (done.exit_code, "give --model, --book, --cache on or --batch" in str(done.exception))


def test_reconcile_prints_both_sides(data: Path, tmp_path: Path) -> None:
    """Recorded and charged stand side by side, and what only one side has is named."""
    path = tmp_path / "usage.csv"
    path.write_text(
        "usage_date_utc,model_version,usage_input_tokens_no_cache,usage_output_tokens,colour\n"
        "2026-05-28,claude-sonnet-4-5,500,90,red\n2026-05-28,claude-opus-4-1,5,5,red\n"
    )
    shown = cost("reconcile", path, "--data", data)
    rows = [line.split() for line in shown.stdout.splitlines()[1:]]
    assert ["2026-05-28", "claude-sonnet-4-5", "output_tokens", "80", "90", "-10"] in rows
    assert any(row[1] == "claude-opus-4-1" and row[-2:] == ["not", "recorded"] for row in rows)
    assert "colour" in shown.stderr


def test_faults_are_listed(data: Path) -> None:
    """Nothing odd gives an empty list, in words and as JSON."""
    assert [] == cost_json("faults", "--model", "none-such", "--data", data)
    assert "0 faults" in cost("faults", "--model", "none-such", "--data", data).stderr


def test_a_wrong_price_file_is_named(data: Path, tmp_path: Path) -> None:
    """The error names file and place, with exit code 1."""
    path = tmp_path / "wrong.yaml"
    path.write_text("prices: [{model: m, input: 1, inptu: 2}]")
    done = spotlight("cost", "what-if", "--book", path, "--data", data, check=False)
    assert (1, True) == (done.returncode, "prices.0.inptu" in done.stderr)
