"""Which dollars of the calls looked at go to causes that content shows; a dollar once claimed is gone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from spotlight.reports.waste_content import Call, Content


class Found(NamedTuple):
    """What one cause claims in one run: how often it was found, and what was paid for that."""

    run_id: str
    found: int
    tokens: int
    cost_usd: float | None  # None: none of it has a price
    unpriced: int


class Claim(NamedTuple):
    """What is claimed of one call; `prompt_usd` is the part of `usd` that was paid for input."""

    at: int  # place of the call in its run
    tokens: int
    prompt_usd: float
    usd: float


def content_claims(content: Content, large_result_tokens: int) -> dict[str, list[Found]]:
    """Return what every cause that content shows found, by cause; the first to claim a dollar has it."""
    unused = _unused_tools(content)
    rules: Mapping[str, Callable[[list[Call]], tuple[int, list[Claim]]]] = {
        "repeated_calls": _repeated_calls,
        "unused_definitions": lambda run: _unused_definitions(run, content, unused),
        "oversized_results": lambda run: _oversized_results(run, large_result_tokens),
    }
    found: dict[str, list[Found]] = {cause: [] for cause in rules}
    for run in content.runs:
        left = list(run)
        for cause, rule in rules.items():
            count, claims = rule(left)
            if count:
                found[cause].append(_settled(left, count, claims))
    return found


def _settled(left: list[Call], count: int, claims: list[Claim]) -> Found:
    """Take what is claimed from the calls, and return what was taken."""
    cost, known, unpriced = 0.0, not claims, 0
    for claim in claims:
        call = left[claim.at]
        unpriced += call.is_unpriced
        if call.usd is not None:
            known, cost = True, cost + claim.usd
            call = call._replace(
                usd=max(0.0, call.usd - claim.usd), prompt_usd=max(0.0, call.prompt_usd - claim.prompt_usd)
            )
        left[claim.at] = call._replace(tokens=max(0, call.tokens - claim.tokens))
    tokens = sum(claim.tokens for claim in claims)
    return Found(left[0].run_id, count, tokens, cost if known else None, unpriced)


def _repeated_calls(run: list[Call]) -> tuple[int, list[Claim]]:
    """Return the tool calls that ask again what the run was told: their fees, and the calls that asked."""
    told: dict[tuple[str | None, str], list[str | None]] = {}
    repeats = set()
    for at, call in enumerate(run):
        if call.arguments is None or call.is_generation or call.is_claimed:
            continue
        before = told.setdefault((call.tool, call.arguments), [])
        if any(call.result is None or result is None or call.result == result for result in before):
            repeats.add(at)
        before.append(call.result)
    claims = [Claim(at, 0, 0.0, run[at].usd or 0.0) for at in sorted(repeats) if run[at].usd]
    for asker, asked in _asked_by(run).items():
        call = run[asker]
        if asked and asked <= repeats and not call.is_claimed:
            claims.append(Claim(asker, call.tokens, call.prompt_usd, call.usd or 0.0))
    return len(repeats), claims


def _asked_by(run: list[Call]) -> dict[int, set[int]]:
    """Return per model call the tool calls that its agent made before its next model call."""
    last: dict[tuple[str, str | None], int] = {}
    asked: dict[int, set[int]] = {}
    for at, call in enumerate(run):
        if call.is_generation:
            last[call.agent] = at
            asked[at] = set()
        elif call.agent in last:
            asked[last[call.agent]].add(at)
    return asked


def _unused_tools(content: Content) -> dict[str | None, set[str]]:
    """Return per pack the tools that were offered and that no run called.

    A pack whose tool calls bear none of the names offered tells its tools by other names, and is left out.
    """
    offered: dict[str | None, set[str]] = {}
    for call in (call for run in content.runs for call in run if call.definitions is not None):
        names = {tool.name for tool in content.definitions.get(call.definitions or "", ())}
        offered.setdefault(call.pack, set()).update(names)
    unused = {}
    for pack, names in offered.items():
        called = content.called.get(pack, set())
        if not called or names & called:
            unused[pack] = names - called
    return unused


def _unused_definitions(
    run: list[Call], content: Content, unused: Mapping[str | None, set[str]]
) -> tuple[int, list[Claim]]:
    """Return how many tools were offered and never called, and what reading their definitions cost."""
    names: set[str] = set()
    claims = []
    for at, call in enumerate(run):
        if call.definitions is None or call.is_claimed or not call.is_generation:
            continue
        idle = [
            t for t in content.definitions.get(call.definitions, ()) if t.name in unused.get(call.pack, ())
        ]
        names |= {tool.name for tool in idle}
        claims += _reading(at, call, sum(tool.tokens for tool in idle))
    return len(names), claims


def _oversized_results(run: list[Call], limit: int) -> tuple[int, list[Claim]]:
    """Return how many results were larger than the limit, and what reading them beyond it cost.

    A result is taken to stand in every later prompt of its agent that is large enough to hold it.
    """
    large = 0
    claims: list[Claim] = []
    for place, result in enumerate(run):
        if result.is_generation or result.is_claimed or result.result_tokens <= limit:
            continue
        large += 1
        for at in _readers(run, place):
            claims += _reading(at, run[at], result.result_tokens - limit)
    return large, _joined(run, claims)


def _readers(run: list[Call], place: int) -> Iterator[int]:
    """Yield the later model calls of a result's agent, until one has a prompt too small to hold it."""
    result = run[place]
    for at, call in enumerate(run):
        if not call.is_generation or call.agent != result.agent or call.started_ns < result.ended_ns:
            continue
        if call.input_tokens is not None and call.input_tokens < result.result_tokens:
            return
        if not call.is_claimed:
            yield at


def _reading(at: int, call: Call, tokens: float) -> list[Claim]:
    """Return the claim on a model call for having read some tokens, no more than is left of its input."""
    if not call.input_tokens or tokens <= 0:
        return []
    read = min(tokens, call.input_tokens)
    usd = min(call.prompt_usd, call.usd or 0.0, call.full_prompt_usd * read / call.input_tokens)
    return [Claim(at, int(read), usd, usd)]


def _joined(run: list[Call], claims: list[Claim]) -> list[Claim]:
    """Return one claim per call: two results in one prompt cannot claim more than there is."""
    joined: dict[int, Claim] = {}
    for claim in claims:
        call, before = run[claim.at], joined.get(claim.at, Claim(claim.at, 0, 0.0, 0.0))
        usd = min(call.prompt_usd, before.usd + claim.usd)
        tokens = min(call.input_tokens or 0, before.tokens + claim.tokens)
        joined[claim.at] = Claim(claim.at, tokens, usd, usd)
    return list(joined.values())
