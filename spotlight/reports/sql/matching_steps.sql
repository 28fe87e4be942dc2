-- Macro: the steps that the filters let through, of runs and not of traces without an agent.  One row per step.
-- params: none
create or replace macro matching_steps(f) as table
select *
from asked_steps() as steps
where (given(f).status is null or list_contains(given(f).status, run_status))
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
  and (given(f).model is null or model = given(f).model)
  and (given(f).since_ns is null or started_ns >= given(f).since_ns)
  and (given(f).until_ns is null or started_ns < given(f).until_ns)
  -- Not `in`: an anti join with what is empty unless asked for is dropped by the planner (measured: 220 -> 70 ms).
  and not exists (
    select 1
    from assembled_runs as r
    where (given(f).min_ms is not null or given(f).max_ms is not null)
      and r.run_version = steps.run_version
      and not coalesce(run_fits(f, r), false)
  )
