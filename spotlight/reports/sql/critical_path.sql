-- Time on the critical paths of runs, by up to three dimensions of the steps, the most first.
-- One row per (by_1, by_2, by_3).
-- params: filters, by_1, by_2, by_3, steps
with
grouped as (
  select
    dimension($by_1, s) as by_1,
    dimension($by_2, s) as by_2,
    dimension($by_3, s) as by_3,
    sum(s.critical_ms) as critical_ms,
    count(*) as steps,
    count(distinct s.run_id) as runs
  from matching_steps($filters) as s
  where s.critical_ms > 0 and ($steps = 'all'
    or ($steps = 'model_calls' and s.is_generation)
    or ($steps = 'tool_calls' and s.is_tool_call))
  group by all
)
select by_1, by_2, by_3, critical_ms, critical_ms / sum(critical_ms) over () as share, steps, runs
from grouped
order by critical_ms desc, by_1 nulls last, by_2 nulls last, by_3 nulls last
