"""What would answer the tools of one case if a variant asked as recorded, and what made-up results cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from itertools import groupby
from typing import NamedTuple

from replay.budget import Tokens, likely_tokens, most_tokens
from replay.journal import Item
from replay.mocks.ladder import EXAMPLES, Mocks, Outcome, Simulate, Simulation
from replay.mocks.simulation import simulation_request
from replay.model import Recording
from replay.providers.models import Model

MocksOf = Callable[[Recording, Item, int, Simulate | None], Mocks]


class MadeUp(NamedTuple):
    """Results that a model makes up: those expected, and what one more may take at most."""

    likely: tuple[Tokens, ...] = ()
    largest: Tokens | None = None  # None: no tool of the case is simulated
    at_once: int = 0  # the most tool calls of one recorded answer


class ToolsAhead(NamedTuple):
    """The tool calls of a case."""

    rungs: Counter[str]  # recorded tool calls by what would answer them
    made_up: MadeUp


async def tools_ahead(
    found: Recording, item: Item, from_step: int, mocks_of: MocksOf, helper: Model | None
) -> ToolsAhead:
    """Return by which rung each recorded tool call would be answered if it were asked again in its order.

    `helper` makes up results where the policy says so; nobody is asked.
    """
    asked: list[Simulation] = []

    async def noted(simulation: Simulation) -> Outcome:
        asked.append(simulation)
        return Outcome(None)

    mocks = mocks_of(found, item, from_step, noted if helper else None)
    tools = [tool for tool in found.tools if tool.step is not None and tool.step >= from_step]
    rungs = Counter(
        [(await mocks.answer(tool.name, tool.arguments, step=tool.step)).rung.value for tool in tools]
    )
    if helper is None:
        return ToolsAhead(rungs, MadeUp())
    sizes = [_most(simulation, helper) for simulation in (*asked, *_further(found, mocks))]
    at_once = max((len(list(group)) for _, group in groupby(tools, lambda tool: tool.step)), default=1)
    likely = tuple(_likely(simulation, helper) for simulation in asked)
    largest = max(sizes, key=lambda tokens: tokens.input, default=None)
    return ToolsAhead(rungs, MadeUp(likely, largest, at_once))


def _further(found: Recording, mocks: Mocks) -> Iterator[Simulation]:
    """Yield for each simulated tool the greatest question that a call of it may lead to."""
    offered = {tool.name: tool for call in found.calls for tool in call.request.tools or ()}
    for name in offered.keys() | {tool.name for tool in found.tools}:
        if mocks.policy_of(name).simulate:
            recorded = [tool for tool in found.tools if tool.name == name]
            largest = sorted(recorded, key=lambda tool: len(str(tool.result)), reverse=True)[:EXAMPLES]
            longest = max(recorded, key=lambda tool: len(str(tool.arguments)), default=None)
            yield Simulation(name, longest.arguments if longest else {}, offered.get(name), tuple(largest))


def _most(simulation: Simulation, helper: Model) -> Tokens:
    request = simulation_request(simulation, helper.provider, helper.name)
    return most_tokens(request, None, is_other_model=True)


def _likely(simulation: Simulation, helper: Model) -> Tokens:
    request = simulation_request(simulation, helper.provider, helper.name)
    return likely_tokens(request, None, is_other_model=True)


def by_variants(rungs: Mapping[str, Mapping[str, int]]) -> list[tuple[str, Mapping[str, int]]]:
    """Return what answers the tools with the variants that it holds for, unnamed where all are alike."""
    alike: list[tuple[list[str], Mapping[str, int]]] = []
    for variant, counts in rungs.items():
        same = next((names for names, known in alike if known == counts), None)
        if same is None:
            alike.append(([variant], counts))
        else:
            same.append(variant)
    if len(alike) == 1:
        return [("", alike[0][1])]
    return [(", ".join(names), counts) for names, counts in alike]
