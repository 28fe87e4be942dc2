"""The lake that benchmarks read is one that assembly could have written."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from benchmarks.lake_rows import write_lake
from spotlight.lake import Reader, Scope

Ask = Callable[[str], list[object]]
APART = (
    "select count(*) from runs as r join (select run_id, {of} as told from steps group by all) using (run_id)"
)


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Ask:
    """Return what asks a small lake that was made up, and answers with the values of one row."""
    folder = tmp_path_factory.mktemp("made-up") / "lake"
    write_lake(folder, 3_000, days=3)
    reader = Reader(folder, Scope())
    return lambda sql: list(reader.query(sql).to_pylist()[0].values())


def test_every_part_of_the_fleet_is_there(ask: Ask) -> None:
    """All packs, models and environments ran, and some runs failed or were judged."""
    counts = "count(distinct pack_name), count(distinct environment), count(distinct tenant_claimed)"
    assert [5, 3, 4] == ask(f"select {counts} from runs")
    assert [5, True] == ask("select count(distinct model), bool_or(unpriced_reason is not null) from steps")
    assert [True, True] == ask(
        "select bool_or(status = 'error'), (select count(*) > 0 from scores) from runs"
    )


def test_times_add_up_to_the_duration(ask: Ask) -> None:
    """Model, tool, human, queue and unaccounted time are the whole duration."""
    parts = "model_ms + tool_ms + human_ms + queue_ms + unaccounted_ms"
    assert [0] == ask(f"select count(*) from runs where abs(duration_ms - ({parts})) > 1e-6")


def test_prices_add_up(ask: Ask) -> None:
    """A step's price is the sum of its parts, a run's the sum of its steps'."""
    parts = ("input_cost_usd", "cache_read_cost_usd", "cache_write_cost_usd", "output_cost_usd", "fees_usd")
    whole = " + ".join(f"coalesce({part}, 0)" for part in parts)
    assert [0] == ask(f"select count(*) from steps where abs(cost_usd - ({whole})) > 1e-12")
    assert [0] == ask(APART.format(of="sum(cost_usd)") + " where abs(r.cost_usd - told) > 1e-9")


def test_runs_count_their_steps(ask: Ask) -> None:
    """Generations, tool calls and tokens of a run are those of its steps in their newest version."""
    of = "[count(*) filter (is_generation), count(*) filter (is_tool_call), sum(input_tokens)::bigint]"
    assert [0] == ask(APART.format(of=of) + " where [generations, tool_calls, input_tokens] <> told")
