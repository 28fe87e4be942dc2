-- Traces of runs whose steps a writer that was killed could not commit.  One row per trace.
-- params: none
select distinct unnest(r.trace_ids) as trace_id
from stored_runs as r
where r.merged_into is null
  and r.is_agent_run
  and r.generations + r.tool_calls > 0
  and not exists (select 1 from stored_steps as s where s.run_version = r.run_version)
  and not exists (select 1 from stored_runs as n where n.replaces = r.run_version)
