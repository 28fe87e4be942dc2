-- The runs in which one measure of their time is longest, the longest first.  One row per run.
-- params: filters, measure, limit
select run_id, run_time($measure, r) as ms
from matching_runs($filters) as r
where ms is not null
order by ms desc, run_id
limit $limit
