-- Traces that have a run, or a part in one.  One row per trace.
-- params: none
select distinct unnest(trace_ids) as trace_id
from stored_runs
