-- How many notes stand on some runs and their steps; those on a session are no run's.  One row per run with any.
-- params: runs
with
written as materialized (
  select score_id, target_type, trace_id, span_id
  from notes
  where trace_id is not null
),
of_trace as (  -- a trace may hold several runs
  select run_id, root_span_id, unnest(coalesce(trace_ids, [trace_id])) as trace_id
  from assembled_runs
),
near as (
  select w.score_id, w.target_type, w.trace_id, w.span_id, r.run_id, r.root_span_id,
    count(*) over (partition by w.score_id) as runs
  from written as w
  join of_trace as r on r.trace_id = w.trace_id
),
stepped as (
  select n.score_id, s.run_id
  from near as n
  join steps as s on s.trace_id = n.trace_id and s.span_id = n.span_id and s.run_id = n.run_id
  where n.runs > 1
),
placed as (
  select score_id, run_id
  from near
  where runs = 1 or run_id = trace_id || coalesce('-' || span_id, '') or root_span_id = span_id
  union
  select score_id, run_id
  from stepped
)
select run_id, count(distinct score_id) as notes
from placed
where list_contains(cast($runs as varchar[]), run_id)
group by run_id
order by run_id
