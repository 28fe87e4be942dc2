-- Exact percentiles of how long runs took, by up to three dimensions.
-- One row per (by_1, by_2, by_3, measure).
-- params: filters, by_1, by_2, by_3, measures
with
grouped as (
  select
    run_dimension($by_1, r) as by_1,
    run_dimension($by_2, r) as by_2,
    run_dimension($by_3, r) as by_3,
    count(*) as runs,
    case when list_contains($measures, 'completion') then percentiles(r.duration_ms) end as completion,
    case when list_contains($measures, 'first_token') then percentiles(r.ttft_ms) end as first_token,
    case when list_contains($measures, 'first_action') then percentiles(r.first_action_ms) end as first_action,
    case when list_contains($measures, 'model') then percentiles(r.model_ms) end as model,
    case when list_contains($measures, 'tool') then percentiles(r.tool_ms) end as tool,
    case when list_contains($measures, 'queue') then percentiles(r.queue_ms) end as queue,
    case when list_contains($measures, 'human') then percentiles(r.human_ms) end as human,
    case when list_contains($measures, 'unaccounted') then percentiles(r.unaccounted_ms) end as unaccounted
  from matching_runs($filters) as r
  group by all
),
measured as (
  select by_1, by_2, by_3, runs, unnest([
    {'place': 1, 'measure': 'completion', 'found': completion},
    {'place': 2, 'measure': 'first_token', 'found': first_token},
    {'place': 3, 'measure': 'first_action', 'found': first_action},
    {'place': 4, 'measure': 'model', 'found': model},
    {'place': 5, 'measure': 'tool', 'found': tool},
    {'place': 6, 'measure': 'queue', 'found': queue},
    {'place': 7, 'measure': 'human', 'found': human},
    {'place': 8, 'measure': 'unaccounted', 'found': unaccounted}
  ], max_depth := 2)
  from grouped
)
select
  by_1, by_2, by_3, measure, runs, found.n as n, found.unknown as unknown,
  found.at[1] as p50_ms, found.at[2] as p90_ms, found.at[3] as p95_ms, found.at[4] as p99_ms,
  found.max_ms as max_ms, found.mean_ms as mean_ms
from measured
where list_contains($measures, measure)
order by by_1 nulls last, by_2 nulls last, by_3 nulls last, place
