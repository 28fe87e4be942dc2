-- Traces of all runs that have a trace in common with these.  One row per trace.
-- params: traces
select distinct unnest(trace_ids) as trace_id
from assembled_runs
where list_has_any(trace_ids, cast($traces as varchar[]))
order by trace_id
