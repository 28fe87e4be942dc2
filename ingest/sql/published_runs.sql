-- Runs that were ever assembled from several traces, or from a part of one.  One row per stored version.
-- params: none
select run_id, trace_ids
from stored_runs
where len(trace_ids) > 1 or contains(run_id, '-')
