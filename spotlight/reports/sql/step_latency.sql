-- Exact percentiles of how long steps took, by up to three dimensions, the most time first.
-- One row per (by_1, by_2, by_3).
-- params: filters, by_1, by_2, by_3, steps
with
grouped as (
  select
    dimension($by_1, s) as by_1,
    dimension($by_2, s) as by_2,
    dimension($by_3, s) as by_3,
    count(*) as steps,
    count(*) filter (where s.failed) as failed,
    percentiles(s.duration_ms) as took,
    sum(s.critical_ms) as critical_ms,
    percentiles(s.ttft_ms) as first_token,
    median(s.output_tokens * 1000 / s.duration_ms) filter (where s.duration_ms > 0) as output_tokens_per_s,
    count(distinct s.run_id) as runs
  from matching_steps($filters) as s
  where s.kind <> 'agent' and ($steps = 'all'
    or ($steps = 'model_calls' and s.is_generation)
    or ($steps = 'tool_calls' and s.is_tool_call))
  group by all
)
select
  by_1, by_2, by_3, steps, took.n as n, took.unknown as unknown, failed,
  took.at[1] as p50_ms, took.at[2] as p90_ms, took.at[3] as p95_ms, took.at[4] as p99_ms,
  took.max_ms as max_ms, took.total_ms as total_ms, critical_ms,
  first_token.n as ttft_n, first_token.at[1] as ttft_p50_ms, first_token.at[3] as ttft_p95_ms,
  output_tokens_per_s, runs
from grouped
order by total_ms desc nulls last, by_1 nulls last, by_2 nulls last, by_3 nulls last
