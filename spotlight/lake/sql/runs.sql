-- Newest assembled version of every run.  One row per (tenant, run_id).
-- params: none
select *
from assembled_runs
where is_agent_run
