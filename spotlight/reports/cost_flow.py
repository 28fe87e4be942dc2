"""Where the money flows: from tenants through packs and models to tools."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, NamedTuple

from spotlight.errors import SpotlightError
from spotlight.reports.cost import cost_total
from spotlight.reports.dimensions import DIMENSIONS
from spotlight.reports.filters import RunFilters
from spotlight.reports.questions import Reports

LEVELS: Final = ("tenant", "pack", "model", "tool")
MOST_LEVELS: Final = 4
# Dimensions in which no value means that there is none, and not that it is unknown.
ABSENT: Final = ("model", "tool", "skill", "prompt")


class FlowNode(NamedTuple):
    """One value of one level."""

    name: str  # no two nodes of a flow have the same; hostile text, show it as text only
    level: int  # 0 for the first level
    dimension: str
    value: str | None  # None for unknown, and for all others
    is_other: bool
    cost_usd: float


class FlowLink(NamedTuple):
    """What goes from a node to one of the next level."""

    source: str  # FlowNode.name
    target: str
    cost_usd: float


class Flow(NamedTuple):
    """A flow: on each level the nodes add up to cost_usd, and so do the links between two levels."""

    nodes: list[FlowNode]  # level by level, the dearest first, all others last
    links: list[FlowLink]
    cost_usd: float
    generations: int
    unpriced_generations: int  # model calls with usage and without a price: not in the flow
    unpriced_token_share: float | None


def flow(reports: Reports, filters: RunFilters, levels: Sequence[str] = LEVELS, *, keep: int = 8) -> Flow:
    """Return what flows between two to four dimensions: of each the `keep` dearest values, and the rest.

    At the level `tool`, money spent by model calls belongs to the tool whose result they go on from;
    the calls that go on from none are the node "no tool".
    Raises: SpotlightError for dimensions that do not exist, or fewer than 2 or more than 4 of them.
    """
    wrong = [name for name in levels if name not in DIMENSIONS]
    if wrong or not 2 <= len(set(levels)) == len(levels) <= MOST_LEVELS:
        raise SpotlightError(
            f"money cannot flow through {', '.join(levels)!r}",
            hint=f"name 2 to {MOST_LEVELS} different dimensions: {', '.join(DIMENSIONS)}",
        )
    named = {f"level_{at + 1}": levels[at] if at < len(levels) else None for at in range(MOST_LEVELS)}
    paths = reports.ask("cost_flow", filters.params() | named | {"keep": keep}).to_pylist()
    nodes = _nodes(paths, levels, keep)
    links: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for path in paths:
        for at in range(len(levels) - 1):
            source, target = (nodes[level, path[f"place_{level + 1}"]].name for level in (at, at + 1))
            links[source, target] += path["cost_usd"]
    total = cost_total(reports, filters)
    return Flow(
        list(nodes.values()),
        [FlowLink(source, target, float(cost)) for (source, target), cost in links.items()],
        float(sum((path["cost_usd"] for path in paths), Decimal())),
        total.generations,
        total.unpriced_generations,
        total.unpriced_token_share,
    )


def _nodes(
    paths: Sequence[Mapping[str, Any]], levels: Sequence[str], keep: int
) -> dict[tuple[int, int], FlowNode]:
    """Return the nodes by level and place, in that order."""
    sums: defaultdict[tuple[int, int], Decimal] = defaultdict(Decimal)
    values: dict[tuple[int, int], str | None] = {}
    for path in paths:
        for level in range(len(levels)):
            key = level, path[f"place_{level + 1}"]
            sums[key] += path["cost_usd"]
            values[key] = path[f"value_{level + 1}"]
    nodes: dict[tuple[int, int], FlowNode] = {}
    taken: set[str] = set()
    for key in sorted(sums):
        level, place = key
        name = _unique(label(levels[level], values[key], is_other=place > keep), levels[level], taken)
        nodes[key] = FlowNode(name, level, levels[level], values[key], place > keep, float(sums[key]))
    return nodes


def label(dimension: str, value: str | None, *, is_other: bool = False) -> str:
    """Return how a value of a dimension is called, the unknown one and all others too; hostile text."""
    if is_other:
        return f"other {dimension}s"
    if value is not None:
        return value
    return f"no {dimension}" if dimension in ABSENT else f"unknown {dimension}"


def _unique(said: str, dimension: str, taken: set[str]) -> str:
    """Return what is said, with its dimension where another node already has it, and mark it as taken."""
    candidates = itertools.chain(
        (said, f"{said} ({dimension})"), (f"{said} ({dimension} {n})" for n in itertools.count(2))
    )
    name = next(name for name in candidates if name not in taken)
    taken.add(name)
    return name
