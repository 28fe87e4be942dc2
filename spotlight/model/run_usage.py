"""Table of what runs used of models, agents and tools: their steps added up."""

from __future__ import annotations

from typing import Final

from spotlight.model.column import I64, PARTITION_COLUMNS, USD, Column, S, Table

# What the steps of one run are told apart by. Bit n of a set of these stands for the n-th of them, and bit k
# of `first_of` for the set whose bits make the number k.
USED: Final = ("provider", "model", "agent_name", "tool_name")

RUN_USAGE: Final = Table(
    "run_usage",
    "one row per assembled version of a run, provider, model, agent and tool: its steps added up",
    (
        *PARTITION_COLUMNS,
        Column("run_version", I64, "the version of the run that the row belongs to: runs.run_version"),
        Column("run_id", S, "run that the steps belong to"),
        Column("session_id", S, "conversation of the run"),
        Column("user_id", S, "end user of the run"),
        Column("tenant_claimed", S, "tenant that the run names"),
        Column("feature", S, "product feature"),
        Column("surface", S, "cli, ide, web, ..."),
        Column("environment", S, "deployment environment"),
        Column("pack_name", S, "what was deployed"),
        Column("pack_version", S, "version of the run's pack"),
        Column("replay_of", S, "run that the run is a replay of; NULL for a run that is none"),
        Column("variant", S, "what the replay changed"),
        Column("experiment_id", S, "experiment that the replay belongs to"),
        Column("run_status", S, "status of the run: ok, error or incomplete"),
        Column("provider", S, "model provider"),
        Column("model", S, "model that answered, else the model asked for"),
        Column("agent_name", S, "agent at work"),
        Column("tool_name", S, "tool called; of a model call the tool whose result it goes on from"),
        Column("first_ns", I64, "first start of a step of the run, ns UTC; NULL where a step has none"),
        Column("last_ns", I64, "last start of a step of the run, ns UTC; NULL where a step has none"),
        Column("first_of", I64, "bit k: the run's first row with its values of set k of provider (1), model "
               "(2), agent (4) and tool (8); NULL where a sum of the run is too large for its column: its "
               "steps tell"),
        Column("generations", I64, "model calls"),
        Column("generations_without_usage", I64, "model calls that reported no tokens"),
        Column("input_tokens", I64, "all input, the cache's included; NULL for unknown, as all tokens"),
        Column("cache_read_tokens", I64, "those read from the provider's cache"),
        Column("cache_write_tokens", I64, "those written to the provider's cache"),
        Column("output_tokens", I64, "output, reasoning included"),
        Column("cost_usd", USD, "prices that the steps were given first, each exact to 1e-12; NULL for none"),
        Column("unpriced_generations", I64, "model calls with usage and without a price"),
        Column("unpriced_tokens", I64, "input and output of these; NULL where there is none"),
        Column("cost_reported_usd", USD, "what the client says that it cost; NULL for unknown"),
    ),
    frozenset(["run_version", "run_id", "first_ns", "last_ns", "cost_usd", "cost_reported_usd"]),
)  # fmt: skip
