-- Runs in which a person was asked for input, and whether any run of the lake ever had such a step.  One row.
-- params: filters
select
  (select count(*) > 0 from steps where kind = 'human_input') as ever,
  count(distinct r.run_id) as runs,
  arg_max(distinct r.run_id, r.started_ns, 20) as run_ids
from matching_runs($filters) as r
join (select distinct run_id from steps where kind = 'human_input') as s on s.run_id = r.run_id
