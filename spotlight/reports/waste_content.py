"""What tool calls, tool definitions and tool results cost for nothing: read from content, within limits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import orjson

from spotlight.messages.tools import read_tools
from spotlight.reports.filters import RunFilters
from spotlight.reports.questions import Reports

CHARACTERS_PER_TOKEN: Final = 4  # English prose and JSON lie near it; the providers' tokenizers are not here
_FIRST_RUNS: Final = 100  # looked at together, then twice as many, and so on


class ContentLimits(NamedTuple):
    """How much content the causes that are found in it may read: the most expensive runs first."""

    runs: int = 500
    content_bytes: int = 64_000_000  # no further runs are read once so much has been
    large_result_tokens: int = 10_000  # a tool result is oversized from here, tokens estimated


class ContentRead(NamedTuple):
    """What the causes found in content looked at: `runs` of `runs_in_all`, which cost `cost_usd`.

    `calls_with_*` count what showed it at all. `said` is the sentence for a reader.
    """

    runs: int
    runs_in_all: int
    content_bytes: int
    cost_usd: float | None
    calls_with_arguments: int
    calls_with_definitions: int
    calls_with_results: int
    said: str


class Definition(NamedTuple):
    """A tool offered to a model."""

    name: str
    tokens: float


class Call(NamedTuple):
    """A model or tool call with what it carried; `prompt_usd` and `usd` are what no cause has claimed yet."""

    run_id: str
    agent: tuple[str, str | None]
    pack: str | None
    tool: str | None
    started_ns: int
    ended_ns: int
    is_generation: bool
    is_claimed: bool  # whole, by a cause before
    is_unpriced: bool
    input_tokens: int | None
    tokens: int  # that no cause has claimed yet
    full_prompt_usd: float  # all input of the call, claimed or not
    prompt_usd: float
    usd: float | None
    arguments: str | None = None  # digests
    result: str | None = None
    result_tokens: float = 0.0
    definitions: str | None = None


class Content(NamedTuple):
    """The calls of the runs looked at, by run and start, and the tool definitions by digest."""

    runs: list[list[Call]]
    definitions: dict[str, list[Definition]]
    called: dict[str | None, set[str]]  # pack -> tools that its runs called, looked at or not
    read: ContentRead


def read_content(
    reports: Reports, filters: RunFilters, quiet_before_ns: int, limits: ContentLimits, runs_in_all: int
) -> Content:
    """Return the calls of the most expensive matching runs with what they carried, within limits."""
    ranked = reports.ask("waste_run_costs", filters.params() | {"limit": limits.runs}).to_pylist()
    carried: list[dict[str, Any]] = []
    definitions: dict[str, list[Definition]] = {}
    size, at, many = 0, 0, _FIRST_RUNS
    while at < len(ranked) and (at == 0 or size < limits.content_bytes):
        some = ranked[at : at + many]
        at, many = at + many, many * 2
        where = {
            "run_ids": [run["run_id"] for run in some],
            "since_ns": min(run["first_ns"] or 0 for run in some),
            "until_ns": max(run["last_ns"] or 0 for run in some),
        }
        rows = reports.ask("waste_content", where).to_pylist()
        size += sum(row["content_bytes"] for row in rows)
        carried += rows
        told = reports.ask("waste_definitions", where).to_pylist()
        new = {row["digest"]: row["definitions"] for row in told if row["digest"] not in definitions}
        definitions |= {digest: _definitions(text) for digest, text in new.items()}
    looked_at = ranked[:at]
    asked = filters.params() | {
        "quiet_before_ns": quiet_before_ns,
        "run_ids": [run["run_id"] for run in looked_at],
    }
    runs = _calls(reports.ask("waste_run_steps", asked).to_pylist(), carried)
    called: dict[str | None, set[str]] = defaultdict(set)
    for row in reports.ask("waste_called_tools", filters.params()).to_pylist():
        called[row["pack_name"]].add(row["tool_name"])
    return Content(runs, definitions, called, _read(looked_at, runs, size, runs_in_all))


def _definitions(text: str) -> list[Definition]:
    return [
        Definition(tool.name, len(orjson.dumps(tool.raw, default=str)) / CHARACTERS_PER_TOKEN)
        for tool in read_tools(text)
        if tool.name
    ]


def _calls(steps: Sequence[Mapping[str, Any]], carried: Iterable[Mapping[str, Any]]) -> list[list[Call]]:
    """Return the calls run by run; `steps` come sorted by run and start."""
    content = {(row["run_id"], row["span_id"]): row for row in carried}
    runs: dict[str, list[Call]] = {}
    for row in steps:
        runs.setdefault(row["run_id"], []).append(
            _call(row, content.get((row["run_id"], row["span_id"]), {}))
        )
    return list(runs.values())


def _call(row: Mapping[str, Any], content: Mapping[str, Any]) -> Call:
    tokens = (row["input_tokens"] or 0) + (row["output_tokens"] or 0) - row["claimed_tokens"]
    claimed = row["claimed_cost_usd"]
    return Call(
        run_id=row["run_id"],
        agent=(row["agent_span_id"], row["agent_name"]),
        pack=row["pack_name"],
        tool=row["tool_name"],
        started_ns=row["started_ns"] or 0,
        ended_ns=row["ended_ns"] or 0,
        is_generation=row["is_generation"],
        is_claimed=row["whole_cause"] is not None,
        is_unpriced=row["is_unpriced"],
        input_tokens=row["input_tokens"],
        tokens=tokens,
        full_prompt_usd=row["prompt_cost_usd"],
        prompt_usd=max(0.0, row["prompt_cost_usd"] - claimed),
        usd=None if row["cost_usd"] is None else max(0.0, row["cost_usd"] - claimed),
        arguments=content.get("arguments_digest"),
        result=content.get("result_digest"),
        result_tokens=(content.get("result_chars") or 0) / CHARACTERS_PER_TOKEN,
        definitions=content.get("definitions_digest"),
    )


def _read(ranked: Sequence[Mapping[str, Any]], runs: list[list[Call]], size: int, in_all: int) -> ContentRead:
    costs = [run["cost_usd"] for run in ranked if run["cost_usd"] is not None]
    calls = [call for run in runs for call in run]
    said = f"content of {len(ranked):,} of {in_all:,} runs was looked at, {size / 1e6:,.1f} MB"
    if len(ranked) < in_all:
        said += "; the most expensive runs come first, and what the others carried is in no figure"
    return ContentRead(
        runs=len(ranked),
        runs_in_all=in_all,
        content_bytes=size,
        cost_usd=sum(costs) if costs else None,
        calls_with_arguments=sum(call.arguments is not None for call in calls),
        calls_with_definitions=sum(call.definitions is not None for call in calls),
        calls_with_results=sum(call.result is not None for call in calls),
        said=said,
    )
