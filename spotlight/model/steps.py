"""Table of steps: what a run did, each step once, with whose it was, what it used and what it cost."""

from __future__ import annotations

from typing import Final

from spotlight.model.column import BOOL, F64, I64, JSON, PARTITION_COLUMNS, Column, S, Table

# Kinds of which no step is made: transport and a framework's own inner works.
NO_STEPS: Final = ("other", "http", "step", "workflow")

# What a price book says of one step; the components add up to cost_usd.
PRICE_COLUMNS: Final = (
    Column("cost_usd", F64, "price of the step; NULL where there is usage and no price, or no usage"),
    Column("input_cost_usd", F64, "part of cost_usd: uncached input"),
    Column("cache_read_cost_usd", F64, "part of cost_usd: input read from the cache"),
    Column("cache_write_cost_usd", F64, "part of cost_usd: input written to the cache"),
    Column("output_cost_usd", F64, "part of cost_usd: output"),
    Column("fees_usd", F64, "part of cost_usd: per request or tool call"),
    Column("price_book", S, "price book and its version"),
    Column("price_row", S, "row of the book that was used: provider and model, and since when"),
    Column("unit_prices", JSON, "object: token class -> USD per million tokens, or per call"),
    Column("unpriced_reason", S, "why usage has no price: no model, unknown model, ...; else NULL"),
)

STEPS: Final = Table(
    "steps",
    "one row per step of an assembled version of a run, told once; the view keeps the newest version",
    (
        *PARTITION_COLUMNS,
        Column("run_version", I64, "the version of the run that the row belongs to: runs.run_version"),
        Column("run_id", S, "run that the step belongs to"),
        Column("trace_id", S, "32 lowercase hex digits"),
        Column("span_id", S, "16 lowercase hex digits"),
        Column("parent_span_id", S, "nearest step above it in the assembled run; NULL at the top"),
        Column("agent_span_id", S, "nearest agent span above it; NULL where there is none"),
        Column("step", I64, "place in the run by start, from 1"),
        Column("depth", I64, "spans above it in the run"),
        Column("signal", S, "span, or log for a step that only log records tell"),
        Column("dialect", S, "vocabulary the attributes were read with"),
        Column("kind", S, "llm, tool, agent, retrieval, approval, ..."),
        Column("name", S, "span name"),
        Column("started_ns", I64, "start, ns UTC"),
        Column("ended_ns", I64, "end, ns UTC; NULL when not reported"),
        Column("duration_ms", F64, "ended - started; NULL when not reported"),
        Column("critical_ms", F64, "time on the run's critical path; 0 beside it; NULL for an agent"),
        Column("session_id", S, "conversation of the run"),
        Column("user_id", S, "end user of the run"),
        Column("tenant_claimed", S, "tenant that the run names"),
        Column("feature", S, "product feature"),
        Column("surface", S, "cli, ide, web, ..."),
        Column("environment", S, "deployment environment"),
        Column("service_name", S, "resource service.name"),
        Column("pack_name", S, "what was deployed"),
        Column("pack_version", S, "version of the run's pack"),
        Column("replay_of", S, "run that the run is a replay of; NULL for a run that is none"),
        Column("variant", S, "what the replay changed"),
        Column("experiment_id", S, "experiment that the replay belongs to"),
        Column("agent_name", S, "agent at work: its own, else of the nearest agent above, else the run's"),
        Column("skill_name", S, "skill in use, here or at the nearest span above that names one"),
        Column("prompt_name", S, "prompt template, here or at the nearest span above that names one"),
        Column("prompt_version", S, "its version"),
        Column("tool_name", S, "tool called; NULL for other steps"),
        Column("tool_call_id", S, "id the model gave the call"),
        Column("caused_by", S, "tool whose result a model call goes on from: the last that ended since the "
               "model call before it; NULL where none did"),
        Column("provider", S, "model provider"),
        Column("model", S, "model that answered, else the model asked for"),
        Column("request_model", S, "model asked for"),
        Column("run_status", S, "status of the run: ok, error or incomplete"),
        Column("failed", BOOL, "whether the step failed, whatever its span status"),
        Column("status", S, "span status as sent"),
        Column("error_type", S, "error.type, or the exception event's type"),
        Column("error_message", S, "what went wrong, as sent"),
        Column("http_status", I64, "HTTP status code"),
        Column("attempt", I64, "which try of the call this was as sent, counted from 1"),
        Column("is_retry", BOOL, "same model or tool again, right after a try of it that failed"),
        Column("approval_decision", S, "what a person or a policy said to the step, as sent"),
        Column("approval_source", S, "who or what decided, as sent"),
        Column("finish_reasons", JSON, "why the model stopped, as sent"),
        Column("ttft_ms", F64, "time from the call to its first token"),
        Column("is_generation", BOOL, "a model call, counted once"),
        Column("is_tool_call", BOOL, "a tool call, counted once"),
        Column("usage_role", S, "leaf (its usage counts), rollup, duplicate or none"),
        Column("input_tokens", I64, "leaf only: all input, the cache's included; NULL for unknown"),
        Column("uncached_input_tokens", I64, "those that were neither read from nor written to a cache"),
        Column("cache_read_tokens", I64, "those read from the provider's cache"),
        Column("cache_write_tokens", I64, "those written to the provider's cache"),
        Column("cache_write_1h_tokens", I64, "those of them kept for an hour"),
        Column("output_tokens", I64, "leaf only: output, reasoning included; NULL for unknown"),
        Column("reasoning_tokens", I64, "those of output_tokens spent on reasoning"),
        Column("audio_input_tokens", I64, "those of input_tokens that were audio"),
        Column("audio_output_tokens", I64, "those of output_tokens that were audio"),
        Column("cost_reported_usd", F64, "leaf only: cost as the client reported it, USD"),
        *PRICE_COLUMNS,
    ),
    frozenset(
        ["run_version", "run_id", "trace_id", "span_id", "parent_span_id", "agent_span_id", "started_ns",
         "ended_ns", "duration_ms", "critical_ms", "tool_call_id", "error_message", "cost_usd",
         "input_cost_usd", "cache_read_cost_usd", "cache_write_cost_usd", "output_cost_usd"]
    ),
    frozenset(["replay_of", "variant", "experiment_id"]),
)  # fmt: skip

COSTS: Final = Table(
    "costs",
    "one row per step, or per run (span_id NULL: its sum), that was priced again; joined to it by view",
    (
        *PARTITION_COLUMNS,
        Column("run_version", I64, "version of the run that was priced: runs.run_version"),
        Column("run_id", S, "run that was priced"),
        Column("span_id", S, "step that was priced; NULL for the sum of the run"),
        Column("priced_ns", I64, "when, ns UTC; the newest row counts"),
        Column("unpriced_generations", I64, "of a run: model calls with usage and without a price"),
        *PRICE_COLUMNS,
    ),
    frozenset(["run_version", "run_id", "span_id", "cost_usd", "input_cost_usd", "output_cost_usd"]),
)
