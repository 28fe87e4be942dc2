-- What the runs that pass the filters add up to: whole (step NULL), then in equal steps of time.  One row per step.
-- params: filters, steps
with
matching as (
  select started_ns, status, duration_ms, cost_usd
  from matching_runs($filters)
),
span as (
  select min(started_ns) as first_ns, greatest(max(started_ns) - min(started_ns), 1)::double as length_ns
  from matching
),
placed as (
  select
    matching.*,
    least($steps - 1, floor((started_ns - first_ns) / length_ns * $steps))::integer as step
  from matching, span
)
select
  if(grouping(step) = 1, null, step) as step,
  min(started_ns) as first_ns,
  max(started_ns) as last_ns,
  count(*) as runs,
  count(*) filter (where status = 'error') as failed,
  count(*) filter (where status = 'incomplete') as incomplete,
  sum(cost_usd) as cost_usd,
  count(cost_usd) as priced_runs,
  count(duration_ms) as timed_runs,
  quantile_cont(duration_ms, 0.95) as p95_ms
from placed
group by grouping sets ((), (step))
having grouping(step) = 1 or step is not null
order by step nulls first
