-- Traces in which no agent, model or tool was at work.  One row per trace.
-- params: none
select *
from assembled_runs
where not is_agent_run
