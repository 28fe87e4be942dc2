-- The steps of some runs.  One row per step.
-- params: runs
select *
from steps
where run_id in (select unnest(cast($runs as varchar[])))
order by run_id, step, span_id
