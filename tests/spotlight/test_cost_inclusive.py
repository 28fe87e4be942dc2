"""What agents and tools made others spend: worked out by hand, and never more than there is."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from spotlight.reports import RunFilters
from spotlight.reports.cost import cost_total
from spotlight.reports.cost_inclusive import agent_costs, tool_costs
from tests.made_lake import Row, made_lake, run, step
from tests.rows import span_id
from tests.spotlight.paid_steps import call, exact, paid_tool

ALL = RunFilters()


def agent(of: Row, name: str, above: str | None = None, **columns: object) -> Row:
    """Return an agent's span of a run; its name says whose it is."""
    ids = {
        "agent_span_id": span_id(above) if above else None,
        "parent_span_id": span_id(above) if above else None,
    }
    return step(of, name, "agent", **{"agent_name": name.split("#")[0], **ids, **columns})


def under(above: str, **columns: object) -> Row:
    """Return the columns of a step right below an agent's span."""
    ids = {"agent_span_id": span_id(above), "parent_span_id": span_id(above)}
    return {"agent_name": above.split("#")[0], **ids, **columns}


def rows_by(table: Any, name: str) -> dict[str | None, dict[str, Any]]:
    """Return a report's rows by one column."""
    return {row[name]: row for row in table.to_pylist()}


def test_agents_by_hand(tmp_path: Path) -> None:
    """An agent's own calls are its self cost; those of the agents below it are below; both are inclusive."""
    of = run("one", agent_name="lead")
    steps = [
        agent(of, "lead"), agent(of, "search", "lead"), agent(of, "search#2", "lead"),
        agent(of, "reader", "search"),
        call(of, "l", **under("lead")), call(of, "s", **under("search")), call(of, "s2", **under("search#2")),
        call(of, "r1", **under("reader")), call(of, "r2", "unknown", **under("reader")),
    ]  # fmt: skip
    found = rows_by(agent_costs(made_lake(tmp_path, runs=[of], steps=steps), ALL), "agent")
    assert {  # a call costs 0.0045
        "lead": (1, 0.0045, 0.0135, 0.018, 0, 1.0),
        "search": (2, 0.009, 0.0045, 0.0135, 0, 0.75),
        "reader": (1, 0.0045, None, 0.0045, 1, 0.25),
    } == {
        name: (row["invocations"], row["self_cost_usd"], row["below_cost_usd"], row["inclusive_cost_usd"],
               row["unpriced_generations"], row["share"])
        for name, row in found.items()
    }  # fmt: skip
    assert ["lead", "search", "reader"] == list(found)


def test_an_agent_that_calls_itself_counts_once(tmp_path: Path) -> None:
    """What an agent spends below itself under its own name is its own, and in inclusive once."""
    of = run("one", agent_name="a")
    steps = [
        agent(of, "a"), agent(of, "b", "a"), agent(of, "a#2", "b"),
        call(of, "1", **under("a")), call(of, "2", **under("a#2")),
    ]  # fmt: skip
    found = rows_by(agent_costs(made_lake(tmp_path, runs=[of], steps=steps), ALL), "agent")
    assert (0.009, None, 0.009) == tuple(found["a"].values())[3:6]
    assert (None, 0.0045, 0.0045) == tuple(found["b"].values())[3:6]


def test_steps_of_no_agent_span_belong_to_the_named_agent(tmp_path: Path) -> None:
    """Without agent spans, steps cost the agent that they name, or nobody known."""
    of = run("one", agent_name="solo")
    steps = [call(of, "a"), call(of, "b", agent_name=None)]
    found = rows_by(agent_costs(made_lake(tmp_path, runs=[of], steps=steps), ALL), "agent")
    assert {"solo": 0.0045, None: 0.0045} == {name: row["inclusive_cost_usd"] for name, row in found.items()}


def test_circles_of_agents_end(tmp_path: Path) -> None:
    """Agent spans that stand above each other are no endless climb."""
    of = run("one")
    steps = [agent(of, "a", "b"), agent(of, "b", "a"), call(of, "c", **under("a"))]
    found = rows_by(agent_costs(made_lake(tmp_path, runs=[of], steps=steps), ALL), "agent")
    assert {"a": 0.0045, "b": 0.0045} == {name: row["inclusive_cost_usd"] for name, row in found.items()}


def test_tools_by_hand(tmp_path: Path) -> None:
    """Fees, the call that goes on from a result, and reading it again later are told apart."""
    of = run("one")
    # Input 1000 -> 1600 after 100 tokens of answer: the result of search has 500. It is read again by the
    # calls of 2400 and 2600 tokens. Input costs 3e-6 a token, output nothing.
    steps = [
        call(of, "c1", step=1, input=1000, output=100, output_cost_usd=0.0, cost_usd=0.003),
        paid_tool(of, "search", 0.01, step=2),
        call(of, "c2", step=3, input=1600, output=0, caused_by="search"),
        paid_tool(of, "read", None, step=4, failed=True),
        call(of, "c3", step=5, input=2400, output=0, caused_by="read"),
        call(of, "c4", step=6, input=2600, output=0),
    ]
    reports = made_lake(tmp_path, runs=[of], steps=steps)
    found = rows_by(tool_costs(reports, ALL), "tool")
    search, read = found["search"], found["read"]
    assert (1, 1, 0, 0.01, 0.0048, 500) == tuple(search.values())[1:7]
    assert pytest.approx(500 * 3e-6 * 2) == search["reread_cost_usd"]
    assert pytest.approx(0.01 + 0.0048 + 0.003) == search["inclusive_cost_usd"]
    assert (1, 1, 1, None, 0.0072, 800) == tuple(read.values())[1:7]
    assert pytest.approx(800 * 3e-6) == read["reread_cost_usd"]
    assert pytest.approx(search["inclusive_cost_usd"] / cost_total(reports, ALL).cost_usd) == search["share"]


def test_a_context_that_shrinks_is_no_longer_read(tmp_path: Path) -> None:
    """After a compaction the results of before are not read again."""
    of = run("one")
    inputs = [(1000, None), (2000, "search"), (500, None), (600, None)]
    steps = [
        call(of, f"c{n}", step=n, input=tokens, output=0, caused_by=cause)
        for n, (tokens, cause) in enumerate(inputs)
    ]
    row = rows_by(tool_costs(made_lake(tmp_path, runs=[of], steps=steps), ALL), "tool")["search"]
    assert (0.006, 1000, 0.0) == (row["caused_cost_usd"], row["result_tokens"], row["reread_cost_usd"])


def test_what_ran_below_a_tool_is_the_tools(tmp_path: Path) -> None:
    """A sub-agent that a tool started is in the cost of the tool's calls, once, with the tools it called."""
    of = run("one")
    below = {"agent_span_id": span_id("helper"), "parent_span_id": span_id("helper")}
    steps = [
        paid_tool(of, "ask", None, step=1),
        step(of, "helper", "agent", step=2, parent_span_id=span_id("ask")),
        call(of, "h1", step=3, **below),
        paid_tool(of, "ask#2", 0.5, step=4, **below),
        call(of, "h2", step=5, caused_by="ask", **below),
        call(of, "main", step=6, caused_by="ask"),
    ]
    found = rows_by(tool_costs(made_lake(tmp_path, runs=[of], steps=steps), ALL), "tool")["ask"]
    assert (2, 0.509, 0.0045) == (found["calls"], found["calls_cost_usd"], found["caused_cost_usd"])


def test_inclusive_is_never_more_than_the_total(tmp_path: Path) -> None:
    """Over random trees, inclusive cost is part of the total, and self cost adds up to it."""
    draw = random.Random(3)
    runs, steps = [], []
    for n in range(60):
        of = run(f"r{n}")
        runs.append(of)
        names: list[str] = []
        for m in range(draw.randrange(1, 25)):
            kind = draw.choice(("agent", "tool", "llm", "llm"))
            name = f"{draw.choice('abc')}#{m}"
            parent = draw.choice([None, *names])
            agents = [one for one in names if one.startswith("agent ")]
            above = draw.choice([None, *agents])
            place: Row = {
                "step": m + 1, "parent_span_id": span_id(parent) if parent else None,
                "agent_span_id": span_id(above) if above else None, "agent_name": draw.choice("xyz"),
            }  # fmt: skip
            name = f"{'agent ' if kind == 'agent' else ''}{name}"
            names.append(name)
            if kind == "agent":
                steps.append(step(of, name, "agent", **place))
            elif kind == "tool":
                steps.append(paid_tool(of, name, draw.choice((None, 0.001)), **place))
            else:
                used, cause = draw.randrange(1, 9000), draw.choice(("a", "b", None))
                steps.append(call(of, name, input=used, output=used % 97, caused_by=cause, **place))
    reports = made_lake(tmp_path, runs=runs, steps=steps)
    total = cost_total(reports, ALL).cost_usd
    assert total is not None
    agents_found, tools = agent_costs(reports, ALL).to_pylist(), tool_costs(reports, ALL).to_pylist()
    assert exact([total]) == exact([row["self_cost_usd"] for row in agents_found])
    for row in agents_found:
        assert exact([row["inclusive_cost_usd"]]) == exact([row["self_cost_usd"], row["below_cost_usd"]])
    for row in [*agents_found, *tools]:
        assert 0 <= row["inclusive_cost_usd"] <= total
    assert all(row["reread_cost_usd"] > 0 for row in tools if row["tool"] in "ab")
