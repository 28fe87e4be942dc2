"""The steps of one day's runs of a made-up fleet: what each does, when, for how many tokens."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from benchmarks.fleet import (
    AGENT,
    APPROVAL,
    CHECKPOINT,
    FAILURES,
    GUARDRAIL,
    LLM,
    MEMORY_READ,
    MEMORY_WRITE,
    MODELS,
    NS_PER_MS,
    PACKS,
    RETRIEVAL,
    SUB_AGENTS,
    TOOL,
    TOOLS,
)
from benchmarks.fleet_runs import Runs

_LENGTHS: Final = (1, 3, 5, 7, 9, 13, 25)
_LENGTH_SHARES: Final = (0.15, 0.25, 0.27, 0.18, 0.09, 0.045, 0.015)
# What stands between two model calls.
_BETWEEN: Final = (TOOL, RETRIEVAL, MEMORY_READ, MEMORY_WRITE, APPROVAL, CHECKPOINT, GUARDRAIL)
_BETWEEN_SHARES: Final = (0.8, 0.06, 0.035, 0.025, 0.03, 0.025, 0.025)
_MEDIAN_MS: Final = {RETRIEVAL: 80, MEMORY_READ: 30, MEMORY_WRITE: 45, APPROVAL: 20_000, CHECKPOINT: 12,
                     GUARDRAIL: 40}  # fmt: skip
_FALLBACK: Final = 1  # model that is asked when another one failed


class Steps(NamedTuple):
    """Steps of runs, run by run in the order of their starts; one entry per step in every array.

    Place 0 of a run is its agent; places count from there. Times are ns; -1 stands for nothing.
    """

    run: np.ndarray
    place: np.ndarray
    kind: np.ndarray
    parent: np.ndarray  # row of the step above; -1 for the root
    sub_agent: np.ndarray
    tool: np.ndarray
    model: np.ndarray
    caused_by: np.ndarray  # tool
    started_ns: np.ndarray
    length_ns: np.ndarray
    gap_ns: np.ndarray  # nothing ran for so long before it
    beside: np.ndarray  # ran beside the step before it
    failed: np.ndarray
    is_retry: np.ndarray
    is_fallback: np.ndarray
    tokens: np.ndarray  # shape (4, steps): uncached input, cache read, cache write, output
    ttft_ns: np.ndarray


class _Plan(NamedTuple):
    kind: np.ndarray
    tool: np.ndarray
    model: np.ndarray
    failed: np.ndarray
    is_retry: np.ndarray
    is_fallback: np.ndarray
    beside: np.ndarray


def draw_steps(random: np.random.Generator, runs: Runs) -> Steps:
    """Return what the runs did."""
    lengths = random.choice(_LENGTHS, len(runs.run_id), p=_LENGTH_SHARES)
    lengths = np.where(runs.is_bad, lengths + 2, lengths)
    first = np.cumsum(lengths + 1) - lengths - 1
    run = np.repeat(np.arange(len(lengths)), lengths + 1)
    place = np.arange(len(run)) - first[run]
    is_last = place == lengths[run]
    plan = _plan(random, runs, run, place, is_last)
    sub, parent = _sub_agents(plan.kind, run, place, first)
    tokens = _tokens(random, runs, run, place, plan)
    length, ttft = _times(random, runs, run, plan, tokens)
    length[plan.beside] = (length * 0.7)[np.flatnonzero(plan.beside) - 1].astype(np.int64)
    gap = (random.lognormal(2.2, 0.8, len(run)) * NS_PER_MS).astype(np.int64)
    gap[place == 0] = 0
    gap[(plan.kind == AGENT) | plan.beside] = 0
    started = _starts(runs, run, first, gap, np.where((plan.kind == AGENT) | plan.beside, 0, length))
    started[plan.beside] = started[np.flatnonzero(plan.beside) - 1]
    ends = started + length
    for column in (parent, np.where(parent >= 0, first[run], -1)):  # sub-agents first, then the root
        inner = (column >= 0) & (plan.kind[column] == AGENT)
        np.maximum.at(ends, column[inner], ends[inner])
    length = ends - started
    before = np.roll(plan.tool, 1)
    return Steps(
        run=run, place=place, kind=plan.kind, parent=parent, sub_agent=sub, tool=plan.tool, model=plan.model,
        caused_by=np.where((plan.kind == LLM) & (place > 1), before, -1),
        started_ns=started, length_ns=length, gap_ns=gap, beside=plan.beside, failed=plan.failed,
        is_retry=plan.is_retry, is_fallback=plan.is_fallback, tokens=tokens, ttft_ns=ttft,
    )  # fmt: skip


def _plan(
    random: np.random.Generator, runs: Runs, run: np.ndarray, place: np.ndarray, is_last: np.ndarray
) -> _Plan:
    """Return what each step is: model calls with something between them, retries, what failed."""
    count = len(run)
    kind = np.where(place % 2 == 1, LLM, random.choice(_BETWEEN, count, p=_BETWEEN_SHARES))
    kind[(place == 2) & (random.random(count) < 0.15)] = RETRIEVAL  # of which sub-agents are made
    kind[place == 0] = AGENT
    before = np.roll(kind, 1)
    beside = (kind == LLM) & (place > 2) & ~is_last & (before == TOOL) & (random.random(count) < 0.08)
    kind[beside] = TOOL
    usual = (runs.pack[run] * 2 + np.minimum(random.geometric(0.35, count), 6)) % len(TOOLS)
    is_loop = (random.random(len(runs.run_id)) < 0.01)[run]
    tool = np.where(is_loop, runs.pack[run], usual)
    model = np.array([p.model for p in PACKS])[runs.pack[run]]
    model = np.where(random.random(count) < 0.06, 3, model)
    decided = is_last & (runs.failure[run] >= 0)
    failure = runs.failure[run]
    kinds, tools = np.array([f.kind for f in FAILURES]), np.array([f.tool for f in FAILURES])
    kind = np.where(decided, kinds[failure], kind)
    tool = np.where(decided & (kind == TOOL), tools[failure], tool)
    fails = (random.random(count) < 0.025) & ((kind == LLM) | (kind == TOOL)) & ~is_last & ~beside
    fails &= ~np.roll(fails, 1)
    again = np.roll(fails & (random.random(count) < 0.7), 1) & (place > 1) & ~decided & ~np.roll(beside, -1)
    again &= ~beside
    kind = np.where(again, np.roll(kind, 1), kind)
    tool = np.where(again, np.roll(tool, 1), tool)
    same = again & (kind == LLM)
    fallback = same & (random.random(count) < 0.3)
    model = np.where(fallback, _FALLBACK, np.where(same, np.roll(model, 1), model))
    fallback &= model != np.roll(model, 1)
    return _Plan(
        kind, np.where(kind == TOOL, tool, -1), np.where(kind == LLM, model, -1),
        fails | decided, again & ~fallback, fallback, beside & (kind == TOOL),
    )  # fmt: skip


def _sub_agents(
    kind: np.ndarray, run: np.ndarray, place: np.ndarray, first: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Turn the second step of some runs into an agent over the three after it; return names and parents."""
    parent = np.where(place == 0, -1, first[run])
    sub = np.full(len(run), -1)
    asks = np.flatnonzero((place == 2) & (kind == RETRIEVAL) & (np.roll(run, -4) == run))
    kind[asks] = AGENT
    for offset in range(4):
        sub[asks + offset] = run[asks] % len(SUB_AGENTS)
        if offset:
            parent[asks + offset] = asks
    return sub, parent


def _tokens(
    random: np.random.Generator, runs: Runs, run: np.ndarray, place: np.ndarray, plan: _Plan
) -> np.ndarray:
    """Return tokens by class: the context grows with each step, most of it from the cache."""
    count = len(run)
    context = (1_800 + 450 * place * random.lognormal(0, 0.35, count)) * np.where(runs.is_bad[run], 1.5, 1)
    cached = np.where((place > 1) & (random.random(count) < 0.8), 0.75 * context, 0)
    written = np.where(runs.pack[run] % 2 == 0, 0.1 * context, 0)
    output = random.lognormal(5.2, 0.9, count)
    tokens = np.stack([context - cached - written, cached, written, output]).astype(np.int64)
    return np.where(plan.kind == LLM, tokens, 0)


def _times(
    random: np.random.Generator, runs: Runs, run: np.ndarray, plan: _Plan, tokens: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return how long each step took by itself (0 for an agent), and until its first token, ns."""
    count = len(run)
    medians = np.zeros(count)
    for kind, median in _MEDIAN_MS.items():
        medians[plan.kind == kind] = median
    medians = np.where(plan.tool >= 0, np.array([t.median_ms for t in TOOLS])[plan.tool], medians)
    noise = random.lognormal(0, 0.6, count)
    speed = np.array([m.speed for m in MODELS])[plan.model]
    first_token = 250 * noise * runs.slow[run] + tokens[:2].sum(axis=0) / 40
    called = first_token + 1_000 * tokens[3] / speed * runs.slow[run]
    ms = np.where(plan.kind == LLM, called, medians * noise)
    return (ms * NS_PER_MS).astype(np.int64), (first_token * NS_PER_MS).astype(np.int64)


def _starts(
    runs: Runs, run: np.ndarray, first: np.ndarray, gap: np.ndarray, advance: np.ndarray
) -> np.ndarray:
    """Return the starts: one step after the other, each after its gap."""
    before = np.cumsum(gap + advance) - advance
    return np.asarray(runs.started_ns[run] + before - before[first[run]])
