-- The compactions that a run tells of.  One row per step of kind compaction.
-- params: run_id
select coalesce(ended_ns, started_ns) as time_ns
from steps
where run_id = $run_id and kind = 'compaction'
order by time_ns
