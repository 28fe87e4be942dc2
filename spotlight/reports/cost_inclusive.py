"""What agents and tools cost by themselves, and what they made others spend."""

from __future__ import annotations

import pyarrow as pa

from spotlight.reports.filters import RunFilters
from spotlight.reports.questions import Reports


def agent_costs(reports: Reports, filters: RunFilters) -> pa.Table:
    """Return what each agent spent itself and what its sub-agents spent below it, the dearest first.

    agent               name; NULL for steps of no named agent
    runs, invocations   runs it was at work in, and its agent spans
    self_cost_usd       price of the steps at which it was the nearest agent; over all agents they
                        add up to the total
    below_cost_usd      price of the steps of other agents below its spans
    inclusive_cost_usd  both; a step counts once per agent name above it, so that an agent that calls
                        itself is not counted twice. Over agents these do not add up: a step is in
                        every agent above it
    unpriced_generations   own model calls with usage and without a price
    share               part of the cost of all steps that inclusive_cost_usd is, from 0 to 1

    Steps are those that the filters let through; the spans above them may lie outside.
    """
    return reports.ask("cost_agents", filters.params())


def tool_costs(reports: Reports, filters: RunFilters) -> pa.Table:
    """Return what each tool's calls cost and what their results made models spend later, the dearest first.

    tool                name
    runs, calls, failed_calls   runs it was called in, and its calls
    calls_cost_usd      fees of the calls, and the price of whatever ran below their spans
    caused_cost_usd     price of the model calls that go on from its results (`steps.caused_by`), those
                        below its own calls left out, since they are in calls_cost_usd
    result_tokens       size of the results as models read them. It is what the input grew by between a
                        model call and the next one of the same agent, less the output in between:
                        input - (input before + output before), never below 0. What grew belongs to
                        the tool that ended last. NULL where no two calls with usage follow each other
    reread_cost_usd     price of reading the results again in the later model calls of the same agent:
                        result tokens x what a token of input cost in each later call, from its own
                        price and cache hits. It ends where the input shrinks, as after a compaction.
                        Calls that are in caused_cost_usd of the same tool are left out
    inclusive_cost_usd  the three together, never more than the total. Over tools these do not add up:
                        a later model call reads the results of several tools
    share               part of the cost of all steps that inclusive_cost_usd is, from 0 to 1
    """
    return reports.ask("cost_tools", filters.params())
