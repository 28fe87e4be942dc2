-- Macro: the runs that the filters let through, or the traces without an agent.  One row per run.
-- params: none
create or replace macro matching_runs(f) as table
select *
from assembled_runs
where is_agent_run = not given(f).other
  and (given(f).status is null or status in (select unnest(given(f).status)))
  and (given(f).pack_name is null or pack_name = given(f).pack_name)
  and (given(f).pack_version is null or pack_version = given(f).pack_version)
  and (given(f).session_id is null or session_id = given(f).session_id)
  and (given(f).user_id is null or user_id = given(f).user_id)
  and (given(f).tenant_claimed is null or tenant_claimed = given(f).tenant_claimed)
  and (given(f).environment is null or environment = given(f).environment)
  and (given(f).feature is null or feature = given(f).feature)
  and (given(f).surface is null or surface = given(f).surface)
  and (given(f).agent_name is null or agent_name = given(f).agent_name)
  and (given(f).model is null or list_contains(models, given(f).model))
  and (given(f).since_ns is null or started_ns >= given(f).since_ns)
  and (given(f).until_ns is null or started_ns < given(f).until_ns)
  and (given(f).min_ms is null or duration_ms >= given(f).min_ms)
  and (given(f).max_ms is null or duration_ms < given(f).max_ms)
  and (
    given(f).text is null
    or contains(
      lower(concat_ws(' ', run_id, name, session_id, user_id, agent_name, pack_name, error_type, error_message)),
      lower(given(f).text)
    )
  )
