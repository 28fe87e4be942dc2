-- What was made of some traces: runs, and traces in which no agent was at work.  One row per run.
-- params: traces
select *
from assembled_runs
where list_has_any(trace_ids, cast($traces as varchar[]))
order by started_ns, run_id
