-- Macro: the runs that a list's filters let through, or the traces without an agent.  One row per run.
-- params: none
create or replace macro matching_runs(
  statuses, of_pack, of_version, of_session, of_user, of_model, words, from_ns, to_ns, others
) as table
select *
from assembled_runs
where is_agent_run = not others
  and (statuses is null or status in (select unnest(cast(statuses as varchar[]))))
  and (of_pack is null or pack_name = of_pack)
  and (of_version is null or pack_version = of_version)
  and (of_session is null or session_id = of_session)
  and (of_user is null or user_id = of_user)
  and (of_model is null or list_contains(models, of_model))
  and (from_ns is null or started_ns >= from_ns)
  and (to_ns is null or started_ns < to_ns)
  and (
    words is null
    or contains(
      lower(concat_ws(' ', run_id, name, session_id, user_id, agent_name, pack_name, error_type, error_message)),
      lower(words)
    )
  )
