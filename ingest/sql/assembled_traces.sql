-- Traces that have a run.  One row per trace.
-- params: none
select distinct trace_id
from stored_runs
