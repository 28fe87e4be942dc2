-- current_runs
-- Newest version of everything assembled that no other run has taken over, at the price it was given first.
-- One row per (tenant, run_id).
-- params: none
select r.*
from stored_runs as r
anti join replaced_runs as n on n.run_version = r.run_version
where r.merged_into is null
  and r.is_agent_run is not null  -- else it only says which version was replaced: see maintenance.py
