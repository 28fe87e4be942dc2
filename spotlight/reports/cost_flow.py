"""Where the money flows: from tenants through packs and models to tools."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from spotlight.reports.filters import RunFilters
from spotlight.reports.questions import Reports

LEVELS: Final = ("tenant", "pack", "model", "tool")


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
    """Return what flows between the values of two to four dimensions, each with its `keep` dearest and the rest.

    At the level `tool`, money spent by model calls belongs to the tool whose result they go on from;
    the calls that go on from none are the node "no tool".
    Raises: SpotlightError for dimensions that do not exist, or fewer than 2 or more than 4 of them.
    """
    raise NotImplementedError
