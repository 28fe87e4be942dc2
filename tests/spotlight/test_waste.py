"""Waste by cause: what each cause counts, on figures worked out by hand, and that no dollar counts twice."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spotlight.reports import Reports, RunFilters
from spotlight.reports.waste import ContentLimits, Waste, WasteCause, cache_misses, waste
from tests.made_lake import HOUR, SECOND, Row, made_lake, run, step
from tests.rows import DAY, START, span_id, trace_id

ALL = RunFilters()
NOW = START + 24 * HOUR
TOOLS = json.dumps(
    [
        {"type": "function", "function": {"name": name, "description": "x" * 400}}
        for name in ("search", "paint")
    ]
)


def call(
    of: Row, name: str, at_s: int, fresh: int, read: int = 0, written: int = 0, **columns: object
) -> Row:
    """Return a model call of one second that answers with 10 tokens.

    A token of fresh input costs 1 USD, one read from the cache .1, one written 1.25, one of output 2.
    """
    costs = {"input_cost_usd": fresh * 1.0, "cache_read_cost_usd": read * 0.1,
             "cache_write_cost_usd": written * 1.25, "output_cost_usd": 20.0}  # fmt: skip
    row = step(
        of, name, "llm", started_ns=START + at_s * SECOND, ended_ns=START + (at_s + 1) * SECOND, model="big",
        input_tokens=fresh + read + written, uncached_input_tokens=fresh, cache_read_tokens=read,
        cache_write_tokens=written, output_tokens=10, cost_usd=sum(costs.values()), **costs,
    )  # fmt: skip
    return row | columns


def use(of: Row, name: str, at_s: int, **columns: object) -> Row:
    """Return a tool call of one second."""
    return step(of, name, started_ns=START + at_s * SECOND, ended_ns=START + (at_s + 1) * SECOND) | columns


def content(of: Row, **columns: str) -> Row:
    """Return the payload row of a step."""
    names = ("tenant", "trace_id", "span_id", "started_ns")
    return (
        {name: of[name] for name in names}
        | {"date": DAY, "journal_position": 1, "received_ns": START}
        | columns
    )


def found(lake: Reports, name: str, filters: RunFilters = ALL, **options: Any) -> WasteCause:
    """Return one cause of waste."""
    return next(cause for cause in waste(lake, filters, now_ns=NOW, **options).causes if cause.cause == name)


def test_failed_runs_claim_all_their_cost_and_abandoned_ones_once_quiet(tmp_path: Path) -> None:
    """All of a failed run is waste, the dearest first; a run without its root only after a quiet hour."""
    runs = [run("failed", status="error"), run("dear", status="error"), run("left", status="incomplete"),
            run("at work", status="incomplete", ended_ns=NOW - HOUR // 2), run("fine")]  # fmt: skip
    steps = [
        call(of, f"m{n}", 0, fresh)
        for n, (of, fresh) in enumerate(zip(runs, (5, 80, 7, 9, 100), strict=True))
    ]
    lake = made_lake(tmp_path, runs=runs, steps=steps)
    failed, abandoned = found(lake, "failed_runs"), found(lake, "abandoned_runs")
    assert (125.0, 105, 2, (trace_id("dear"), trace_id("failed"))) == (
        failed.cost_usd, failed.tokens, failed.found, failed.run_ids,
    )  # fmt: skip
    assert failed.share == pytest.approx(125 / 301)
    assert (27.0, 1, (trace_id("left"),)) == (abandoned.cost_usd, abandoned.runs, abandoned.run_ids)


def test_errors_are_failed_calls_and_calls_that_try_a_tool_again(tmp_path: Path) -> None:
    """Calls that failed, and those that asked for a failed tool again; a retry that succeeds is none."""
    of = run("a")
    steps = [
        call(of, "failed", 0, 30, failed=True), call(of, "again", 2, 30, is_retry=True),
        use(of, "search", 4, failed=True), call(of, "asks again", 6, 50),
        use(of, "search#2", 8, is_retry=True), call(of, "done", 10, 5),
    ]  # fmt: skip
    errors = found(made_lake(tmp_path, runs=[of], steps=steps), "errors")
    assert (50.0 + 70.0, 3, 1) == (errors.cost_usd, errors.found, errors.runs)


# Case -> second call, how many of the 3,000 tokens read or written by the first it missed, and their cost.
MISSES: dict[str, tuple[dict[str, Any], int, float]] = {
    "paid as new": ({"fresh": 4000}, 3000, 3000.0),
    "written again": ({"fresh": 100, "written": 3900}, 3000, 3000 * 1.25),
    "both": ({"fresh": 3500, "written": 500}, 3000, 2500 + 500 * 1.25),
    "read": ({"fresh": 1200, "read": 2900}, 0, 0.0),
    "too short": ({"fresh": 2000}, 0, 0.0),
    "other model": ({"fresh": 4000, "model": "other"}, 0, 0.0),
    "expired": ({"fresh": 4000, "at_s": 400}, 0, 0.0),
    "kept an hour": ({"fresh": 4000, "at_s": 400}, 3000, 3000.0),
}
# Case -> second call, then how many of the 100 tokens of the first (which answered with 10) it paid again.
RESENT: dict[str, tuple[dict[str, Any], int]] = {
    "all again": ({"fresh": 200}, 100),
    "just holds both": ({"fresh": 110}, 100),
    "too small": ({"fresh": 105}, 0),
    "partly cached": ({"fresh": 140, "read": 60}, 40),
    "cached": ({"fresh": 80, "read": 120}, 0),
    "partly written": ({"fresh": 120, "written": 80}, 20),
    "other agent": ({"fresh": 200, "agent_span_id": "0000000000000001"}, 0),
    "at the same time": ({"fresh": 200, "at_s": 0}, 0),
    "unknown": ({"fresh": 200, "uncached_input_tokens": None}, 0),
}


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Reports:
    """Return a lake with a run of two model calls for each case, the case its pack."""
    runs = [run(case, pack_name=case) for case in (*MISSES, *RESENT)]
    steps = []
    for of in runs:
        case = str(of["pack_name"])
        if case in MISSES:
            kept = {"cache_write_1h_tokens": 2000 if case == "kept an hour" else 0}
            steps.append(call(of, f"{case} 1", 0, 10, read=1000, written=2000, **kept))
            second = MISSES[case][0]
        else:
            steps.append(call(of, f"{case} 1", 0, 100))
            second = RESENT[case][0]
        steps.append(call(of, f"{case} 2", **({"at_s": 2} | second)))
    return made_lake(tmp_path_factory.mktemp("pairs"), runs=runs, steps=steps)


@pytest.mark.parametrize("case", MISSES)
def test_cache_misses(pairs: Reports, case: str) -> None:
    """Tokens that were read or written before and not read again, at what they cost now."""
    filters, (_, missed, cost) = RunFilters(pack_name=case), MISSES[case]
    cause = found(pairs, "cache_misses", filters)
    assert (missed, cost) == (cause.tokens, pytest.approx(cause.cost_usd))
    assert [(span_id(f"{case} 2"), span_id(f"{case} 1"), missed)] * bool(missed) == [
        (row["span_id"], row["previous_span_id"], row["missed_tokens"])
        for row in cache_misses(pairs, filters, now_ns=NOW).to_pylist()
    ]


@pytest.mark.parametrize("case", RESENT)
def test_context_sent_again(pairs: Reports, case: str) -> None:
    """Tokens that were sent before, and were neither read from a cache nor written to it."""
    cause = found(pairs, "resent_context", RunFilters(pack_name=case))
    assert (RESENT[case][1], RESENT[case][1] * 1.0) == (cause.tokens, cause.cost_usd)


def test_identical_tool_calls(tmp_path: Path) -> None:
    """Equal tool, arguments and answer: the call's fee, and the model call that asked for nothing else."""
    of = run("a")
    asked = [call(of, "m1", 0, 40), call(of, "m2", 4, 7), call(of, "m3", 8, 9), call(of, "m4", 12, 11)]
    used = [
        use(of, "find#1", 2),
        use(of, "find#2", 6, cost_usd=3.0),
        use(of, "find#3", 10),
        use(of, "find#4", 14),
    ]
    said = [("{1}", "a"), ("{1}", "a"), ("{1}", "b"), ("{2}", "a")]
    payloads = [content(s, tool_arguments=x, tool_result=y) for s, (x, y) in zip(used, said, strict=True)]
    cause = found(made_lake(tmp_path, runs=[of], steps=asked + used, payloads=payloads), "repeated_calls")
    assert (1, 3.0 + 27.0, 17) == (cause.found, cause.cost_usd, cause.tokens)


def test_tools_that_nobody_calls(tmp_path: Path) -> None:
    """The tool that no run of the pack calls: a quarter of its characters, in each call that carries it."""
    runs = [run("a"), run("b")]
    steps = [call(runs[0], "m1", 0, 1000), call(runs[0], "m2", 4, 0, read=2000), use(runs[1], "search", 2)]
    payloads = [content(of, tool_definitions=TOOLS) for of in steps[:2]]
    cause = found(made_lake(tmp_path, runs=runs, steps=steps, payloads=payloads), "unused_definitions")
    tokens = len(json.dumps(json.loads(TOOLS)[1], separators=(",", ":"))) / 4
    assert ("estimated", 1, 2 * int(tokens)) == (cause.state, cause.found, cause.tokens)
    assert cause.cost_usd == pytest.approx(tokens * 1.0 + tokens * 0.1)


def test_tools_told_by_other_names_are_not_judged(tmp_path: Path) -> None:
    """Where no tool called has a name that was offered, nothing says which were unused."""
    of = run("a")
    steps = [call(of, "m1", 0, 1000), use(of, "mcp:search", 2)]
    lake = made_lake(tmp_path, runs=[of], steps=steps, payloads=[content(steps[0], tool_definitions=TOOLS)])
    assert (0, 0.0) == (found(lake, "unused_definitions").found, found(lake, "unused_definitions").cost_usd)


def test_oversized_results_are_read_again_and_again(tmp_path: Path) -> None:
    """What a result has beyond the limit, in each later prompt of its agent until one is too small for it."""
    of = run("a")
    steps = [call(of, "m1", 0, 10), use(of, "dump", 2), call(of, "m2", 4, 0, read=1000),
             call(of, "m3", 6, 0, read=2000), call(of, "m4", 8, 50),
             call(of, "m5", 10, 0, read=5000)]  # fmt: skip
    payloads = [content(steps[1], tool_result="x" * 2000)]
    limits = ContentLimits(large_result_tokens=100)
    cause = found(
        made_lake(tmp_path, runs=[of], steps=steps, payloads=payloads), "oversized_results", limits=limits
    )
    assert ("estimated", 1, 800, pytest.approx(80.0)) == (
        cause.state,
        cause.found,
        cause.tokens,
        cause.cost_usd,
    )
    assert "beyond 100 tokens" in cause.explanation


def test_what_is_not_reported_is_no_zero(tmp_path: Path) -> None:
    """Where no call says what would show a cause, its figures are unknown, and it says what to send."""
    of = run("a")
    silent = {"cache_read_tokens": None, "input_tokens": None, "uncached_input_tokens": None}
    lake = made_lake(tmp_path, runs=[of], steps=[call(of, "m1", 0, 5, **silent), use(of, "search", 2)])
    told = {cause.cause: (cause.state, cause.cost_usd) for cause in waste(lake, ALL, now_ns=NOW).causes}
    shown = ("failed_runs", "abandoned_runs", "errors")
    assert {name: ("measured", 0.0) if name in shown else ("not reported", None) for name in told} == told
    assert "gen_ai.usage.cache_read.input_tokens" in found(lake, "cache_misses").explanation


def test_without_prices_tokens_are_counted(tmp_path: Path) -> None:
    """A failed run without a price costs an unknown amount: its tokens and unpriced calls are there."""
    of = run("a", status="error")
    prices = {
        "cost_usd": None,
        "input_cost_usd": None,
        "output_cost_usd": None,
        "unpriced_reason": "unknown model",
    }
    lake = made_lake(tmp_path, runs=[of], steps=[call(of, "m1", 0, 5, **prices)])
    answer = waste(lake, ALL, now_ns=NOW)
    assert (None, None, 1) == (answer.cost_usd, answer.wasted_usd, answer.unpriced)
    assert (None, None, 15, 1) == (
        answer.causes[0].cost_usd, answer.causes[0].share, answer.causes[0].tokens, answer.causes[0].unpriced,
    )  # fmt: skip


def test_content_is_read_within_limits(tmp_path: Path) -> None:
    """The dearest runs are looked at, and that the others were not is said."""
    runs = [run(f"r{n}") for n in range(4)]
    steps = [call(of, f"m{n}", 0, 10 * n) for n, of in enumerate(runs)]
    lake = made_lake(tmp_path, runs=runs, steps=steps)
    read = waste(lake, ALL, ContentLimits(runs=2), now_ns=NOW).content
    assert (2, 4, 50.0 + 40.0) == (read.runs, read.runs_in_all, read.cost_usd)
    assert "content of 2 of 4 runs was looked at" in read.said


def test_empty_lake(tmp_path: Path) -> None:
    """Without runs nothing was wasted, and nothing is missing."""
    answer = waste(made_lake(tmp_path), ALL, now_ns=NOW)
    assert (0, None, None, {0.0}) == (
        answer.runs, answer.cost_usd, answer.wasted_usd, {cause.cost_usd for cause in answer.causes},
    )  # fmt: skip


SEEDS = range(4)


def random_steps(of: Row, random: np.random.Generator) -> tuple[list[Row], list[Row]]:
    """Return the steps and payloads of a run in which everything can be wasted."""
    steps, payloads = [], []
    for at in range(int(random.integers(1, 14))):
        name, failed = f"{of['run_id']}-{at}", bool(random.random() < 0.1)
        if random.random() < 0.5:
            sizes = [int(size) for size in random.integers(0, 4000, 3) * random.integers(0, 2, 3)]
            prices = {} if random.random() < 0.9 else {"cost_usd": None, "input_cost_usd": None}
            made = call(of, name, at * 2, *sizes, failed=failed, **prices)
            payloads.append(content(made, tool_definitions=TOOLS))
        else:
            retry = {"is_retry": bool(random.random() < 0.2), "cost_usd": float(random.integers(0, 3))}
            made = use(of, "search", at * 2, span_id=span_id(name), failed=failed, **retry)
            told = str(random.integers(0, 3))
            payloads.append(content(made, tool_arguments=told, tool_result=told * 8000))
        steps.append(made)
    return steps, payloads


@pytest.fixture(scope="module")
def random_lake(tmp_path_factory: pytest.TempPathFactory) -> Reports:
    """Return a lake of random runs, 25 of every seed; the seed is their pack."""
    runs, steps, payloads = [], [], []
    for seed in SEEDS:
        random = np.random.default_rng(seed)
        for n in range(25):
            status = str(random.choice(["ok", "ok", "ok", "error", "incomplete"]))
            of = run(f"{seed}-{n}", status=status, pack_name=str(seed))
            made = random_steps(of, random)
            runs.append(of)
            steps += made[0]
            payloads += made[1]
    return made_lake(tmp_path_factory.mktemp("random"), runs=runs, steps=steps, payloads=payloads)


@pytest.mark.parametrize("seed", SEEDS)
def test_no_dollar_is_wasted_twice(random_lake: Reports, seed: int) -> None:
    """Over random runs the causes add up to the waste, and never to more than everything cost."""
    limits = ContentLimits(large_result_tokens=200)
    answer: Waste = waste(random_lake, RunFilters(pack_name=str(seed)), limits, now_ns=NOW)
    costs = {cause.cause: cause.cost_usd or 0.0 for cause in answer.causes}
    assert all(cost > 0 for cost in costs.values()), costs
    assert answer.wasted_usd == pytest.approx(sum(costs.values()))
    assert sum(costs.values()) <= (answer.cost_usd or 0.0) + 1e-6


@pytest.mark.parametrize("seed", SEEDS)
def test_no_dollar_of_a_run_is_wasted_twice(random_lake: Reports, seed: int) -> None:
    """What every cause claims of one run adds up to no more than that run cost."""
    limits = ContentLimits(large_result_tokens=200)
    for row in random_lake.runs(RunFilters(pack_name=str(seed)), limit=2).to_pylist():
        answer = waste(random_lake, RunFilters(query=f"run:{row['run_id']}"), limits, now_ns=NOW)
        assert (answer.wasted_usd or 0.0) <= (answer.cost_usd or 0.0) + 1e-6
