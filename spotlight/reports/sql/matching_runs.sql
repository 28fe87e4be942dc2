-- Macro: the runs that the filters let through, or the traces without an agent.  One row per run.
-- params: none
create or replace macro matching_runs(f) as table
select *
from asked_runs() as r
where is_agent_run = not given(f).other
  and (given(f).status is null or list_contains(given(f).status, status))
  and (given(f).pack_name is null or pack_name = given(f).pack_name)
  and (given(f).pack_version is null or pack_version = given(f).pack_version)
  and (given(f).session_id is null or session_id = given(f).session_id)
  and (given(f).user_id is null or user_id = given(f).user_id)
  and (given(f).tenant_claimed is null or tenant_claimed = given(f).tenant_claimed)
  and (given(f).environment is null or environment = given(f).environment)
  and (given(f).feature is null or feature = given(f).feature)
  and (given(f).surface is null or surface = given(f).surface)
  and (given(f).replay_of is null or replay_of = given(f).replay_of)
  and (given(f).variant is null or variant = given(f).variant)
  and (given(f).experiment_id is null or experiment_id = given(f).experiment_id)
  and (given(f).agent_name is null or agent_name = given(f).agent_name)
  and (given(f).model is null or list_contains(models, given(f).model))
  and (given(f).since_ns is null or started_ns >= given(f).since_ns)
  and (given(f).until_ns is null or started_ns < given(f).until_ns)
  and run_fits(f, r)
