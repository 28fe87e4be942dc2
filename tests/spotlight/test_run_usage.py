"""The steps of runs added up: the same figures and counts of runs as the steps give."""

from __future__ import annotations

from typing import Any

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from spotlight.assembly import usage_rows
from spotlight.model import STEPS, USED
from tests.made_lake import run, step
from tests.rows import START, table
from tests.spotlight.paid_steps import call, paid_tool

TWO, THREE = st.sampled_from(("a", "b", None)), st.sampled_from(("a", "b", "c", None))
AMOUNT = st.one_of(
    st.none(),
    st.floats(0, 2, width=32),
    st.floats(0, 1e4),
    st.sampled_from((0.0, 5e-13, 1.5e-12, -0.25, 1e30)),
)
TOKENS = st.one_of(st.none(), st.integers(0, 50_000), st.sampled_from((2**61, 2**63 - 1)))
DRAWN = st.lists(
    st.fixed_dictionaries(
        {"run": st.integers(0, 3), "provider": TWO, "model": THREE, "agent_name": TWO, "tool_name": TWO,
         "caused_by": TWO, "is_generation": st.booleans(), "input_tokens": TOKENS, "output_tokens": TOKENS,
         "cost_usd": AMOUNT, "cost_reported_usd": AMOUNT, "unpriced_reason": TWO}
    ), max_size=25,
)  # fmt: skip
SUMS = """
  count(*) filter (is_generation) as generations,
  count(*) filter (is_generation and input_tokens is null and output_tokens is null),
  sum(input_tokens), sum(output_tokens), sum(try_cast(cost_usd as decimal(38, 12))), count(unpriced_reason),
  sum(if(unpriced_reason is null, null, coalesce(input_tokens, 0)::hugeint + coalesce(output_tokens, 0))),
  sum(try_cast(cost_reported_usd as decimal(38, 12)))
"""
ADDED = """
  sum(generations) as generations, sum(generations_without_usage), sum(input_tokens), sum(output_tokens),
  sum(cost_usd), sum(unpriced_generations), sum(unpriced_tokens), sum(cost_reported_usd)
"""


@settings(max_examples=25)
@given(DRAWN, st.integers(0, (1 << len(USED)) - 1))
def test_every_division_is_that_of_the_steps(drawn: list[dict[str, Any]], subset: int) -> None:
    """Runs and sums by any of provider, model, agent and tool are those of the steps, to the last digit.

    Runs whose sums are too large for the columns say so, and are left to their steps.
    """
    runs = [run(f"{n}") | {"run_version": n} for n in range(4)]
    rows = [step(runs[int(str(own.pop("run")))], f"{n}", **own) for n, own in enumerate(map(dict, drawn))]
    rows.sort(key=lambda row: int(str(row["run_version"])))
    steps = table(rows, STEPS)
    added = usage_rows(steps)
    with duckdb.connect() as con:
        con.register("all_added", added)
        con.register("all_steps", steps)
        con.execute("create view added as from all_added where first_of is not null")
        con.execute(
            "create view steps as select * replace (coalesce(tool_name, caused_by) as tool_name) "
            "from all_steps semi join added using (run_version)"
        )
        by = ["run_status", *(name for at, name in enumerate(USED) if subset >> at & 1)]
        keys = ", ".join(by)
        expected = f"select {keys}, count(distinct run_version), {SUMS} from steps group by {keys}"
        told = f"select {keys}, count_if(first_of >> {subset} & 1 = 1), {ADDED} from added group by {keys}"
        assert con.sql(f"{expected} order by all").fetchall() == con.sql(f"{told} order by all").fetchall()


def test_a_run_by_hand() -> None:
    """Three calls of two models and a tool make four rows; each says what it is the first of."""
    of = run("r", run_version=7)
    steps = [
        call(of, "one", "large", input=1000, output=100, provider="x", started_ns=START + 5),
        call(of, "two", "large", input=500, output=10, provider="x", started_ns=START + 1),
        paid_tool(of, "search", 0.01),
        call(of, "three", "unknown", input=9, output=1, provider="x", caused_by="search"),
    ]
    rows = usage_rows(table(steps, STEPS)).to_pylist()
    names = ("model", "tool_name", "generations", "input_tokens", "unpriced_tokens", "first_ns", "last_ns")
    assert [
        ("large", None, 2, 1500, None, START, START + 5),
        (None, "search", 0, None, None, START, START + 5),
        ("unknown", "search", 1, 9, 10, START, START + 5),
    ] == [tuple(row[name] for name in names) for row in rows]
    # 1500 x 3 + 110 x 15 millionths of a dollar
    assert ["0.006150000000", "0.010000000000", None] == [
        None if row["cost_usd"] is None else str(row["cost_usd"]) for row in rows
    ]
    tools = [row["first_of"] >> 0b1000 & 1 for row in rows]  # the third has the tool of the second
    assert ([1, 1, 0], [1, 0, 0]) == (tools, [row["first_of"] & 1 for row in rows])


def test_no_steps_are_no_rows() -> None:
    """Nothing adds up to nothing."""
    assert 0 == usage_rows(STEPS.schema.empty_table()).num_rows
