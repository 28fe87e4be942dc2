-- How many runs failed, by up to three dimensions; those that are incomplete have not ended.
-- One row per (by_1, by_2, by_3).
-- params: filters, by_1, by_2, by_3
select
  run_dimension($by_1, r) as by_1, run_dimension($by_2, r) as by_2, run_dimension($by_3, r) as by_3,
  count(*) as runs,
  count(*) filter (where r.status = 'error') as failed,
  count(*) filter (where r.status = 'incomplete') as incomplete
from matching_runs($filters) as r
group by all
order by by_1 nulls last, by_2 nulls last, by_3 nulls last
