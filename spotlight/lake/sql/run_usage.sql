-- run_usage
-- What runs used of models, agents and tools, at the price it was given first.
-- One row per (tenant, run_id, provider, model, agent_name, tool_name).
-- params: none
select u.*
from stored_run_usage as u
anti join replaced_usage as n on n.run_version = u.run_version
