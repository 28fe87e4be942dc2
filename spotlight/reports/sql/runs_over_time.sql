-- Runs that pass the filters, in equal steps of the time they span.  One row per step that has runs.
-- params: filters, steps
with
matching as (
  select started_ns, status
  from matching_runs($filters)
  where started_ns is not null
),
span as (
  select min(started_ns) as first_ns, greatest(max(started_ns) - min(started_ns), 1)::double as length_ns
  from matching
)
select
  least($steps - 1, floor((started_ns - first_ns) / length_ns * $steps))::integer as step,
  count(*) as runs,
  count(*) filter (where status = 'error') as failed
from matching, span
group by step
order by step
