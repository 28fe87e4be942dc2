-- Macro: what the runs that the filters let through used, of runs that run_usage answers for as a whole: cut_runs.sql
-- finds the others. `summed` as usage_question.py says.  One row per row of run_usage.
-- params: none
create or replace macro matching_usage(f, summed) as table
select *
from asked_usage() as u
where is_whole(f, summing(summed).period, u)
  and (given(f).status is null or list_contains(given(f).status, u.run_status))
  and (given(f).pack_name is null or u.pack_name = given(f).pack_name)
  and (given(f).pack_version is null or u.pack_version = given(f).pack_version)
  and (given(f).session_id is null or u.session_id = given(f).session_id)
  and (given(f).user_id is null or u.user_id = given(f).user_id)
  and (given(f).tenant_claimed is null or u.tenant_claimed = given(f).tenant_claimed)
  and (given(f).environment is null or u.environment = given(f).environment)
  and (given(f).feature is null or u.feature = given(f).feature)
  and (given(f).surface is null or u.surface = given(f).surface)
  and (given(f).replay_of is null or u.replay_of = given(f).replay_of)
  and (given(f).variant is null or u.variant = given(f).variant)
  and (given(f).experiment_id is null or u.experiment_id = given(f).experiment_id)
  and (given(f).agent_name is null or u.agent_name = given(f).agent_name)
  and (given(f).model is null or u.model = given(f).model)
