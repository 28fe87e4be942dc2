"""What was paid for nothing, by cause: each dollar in one cause at most, each cause with its runs."""

from __future__ import annotations

from typing import NamedTuple

import pyarrow as pa

from spotlight.reports.filters import RunFilters
from spotlight.reports.questions import Reports


class ContentLimits(NamedTuple):
    """How much content the causes that are found in it may read: the most expensive runs first."""

    runs: int = 500
    content_bytes: int = 64_000_000
    large_result_tokens: int = 10_000  # a tool result is oversized from here, tokens estimated


class WasteCause(NamedTuple):
    """One cause of waste.

    `state` is "measured", "estimated" (tokens taken to be characters / 4) or "not reported": the
    telemetry does not tell, then the figures are None and `explanation` says what would have to be sent.
    `cost_usd` is None where it is not known, `unpriced` counts the steps or calls found that have no price.
    `found` is how often the cause was found (runs, calls, definitions or results: `unit`).
    `runs` is the number of runs concerned; `run_ids` are the first of them, the most wasteful first.
    """

    cause: str
    title: str
    state: str
    cost_usd: float | None
    share: float | None
    tokens: int | None
    found: int | None
    unit: str
    unpriced: int
    runs: int | None
    run_ids: tuple[str, ...]
    explanation: str


class ContentRead(NamedTuple):
    """What the causes found in content looked at: `runs` of `runs_in_all`, that is `cost_usd` of the total."""

    runs: int
    runs_in_all: int
    content_bytes: int
    cost_usd: float | None
    said: str


class Waste(NamedTuple):
    """All causes in the order in which they claim dollars; `cost_usd` is all that the steps cost.

    The causes add up to `wasted_usd` and never to more than `cost_usd`. `unpriced` counts model calls
    with usage and without a price: what they cost is in no figure here.
    """

    causes: list[WasteCause]
    runs: int
    cost_usd: float | None
    wasted_usd: float | None
    unpriced: int
    content: ContentRead


class PrefixChange(NamedTuple):
    """Where a model call's prompt first differs from that of the call before it.

    `part` is "tools", "system", "message" or "none" (all of the earlier prompt stands unchanged at the
    front), or "not reported". `place` counts tools or messages from 0, `what` names the tool or the
    message's role, `before` and `after` are excerpts from the first differing character, `same_chars`
    the length of what is alike in front of it. `said` is the sentence for a reader.
    """

    run_id: str
    span_id: str
    previous_span_id: str | None
    part: str
    place: int | None
    what: str | None
    same_chars: int | None
    before: str | None
    after: str | None
    said: str


def waste(
    reports: Reports, filters: RunFilters, limits: ContentLimits = ContentLimits(), run_limit: int = 20
) -> Waste:
    """Return every cause of waste in the matching runs, with its `run_limit` most wasteful runs."""
    raise NotImplementedError  # interface first; the body follows


def cache_misses(reports: Reports, filters: RunFilters, limit: int = 50) -> pa.Table:
    """Return the model calls whose cache could have been read and was not, the dearest first.

    Columns: run_id, span_id, previous_span_id, agent_name, model, started_ns, readable_tokens,
    cache_read_tokens, missed_tokens, cost_usd. `where_prefix_changed` says what changed in one of them.
    """
    raise NotImplementedError


def where_prefix_changed(reports: Reports, run_id: str, span_id: str) -> PrefixChange:
    """Return where the prompt of a model call first differs from that of the call before it.

    Raises: NotFound for a run or span that does not exist.
    """
    raise NotImplementedError
