-- What is true of some runs (inside) and of others (outside), each counted once per run.  One row per (what, value).
-- `mark` is equal for features that are true of the same runs.
-- params: inside, outside, fewest
with
sides as (
  select unnest($inside::varchar[]) as run_id, true as is_inside
  union all
  select unnest($outside::varchar[]) as run_id, false as is_inside
),
told as (
  select run_id, unnest([
    {'what': 'tenant', 'value': r.tenant_claimed},
    {'what': 'user', 'value': r.user_id},
    {'what': 'feature', 'value': r.feature},
    {'what': 'surface', 'value': r.surface},
    {'what': 'environment', 'value': r.environment},
    {'what': 'service', 'value': r.service_name},
    {'what': 'pack', 'value': r.pack_name},
    {'what': 'version', 'value': r.pack_version},
    {'what': 'content', 'value': r.pack_digest},
    {'what': 'status', 'value': r.status},
    {'what': 'error', 'value': r.error_signature},
    {'what': 'failed step', 'value': r.error_step}
  ], recursive := true)
  from runs as r
  semi join sides using (run_id)
  union all
  select run_id, unnest([
    {'what': 'agent', 'value': s.agent_name},
    {'what': 'provider', 'value': s.provider},
    {'what': 'model', 'value': s.model},
    {'what': 'skill', 'value': s.skill_name},
    {'what': 'prompt', 'value': s.prompt_name || coalesce(' ' || s.prompt_version, '')},
    {'what': 'tool called', 'value': if(s.is_tool_call, s.tool_name, null)},
    {'what': 'tool failed', 'value': if(s.is_tool_call and s.failed, s.tool_name, null)},
    {'what': 'tool tried again', 'value': if(s.is_tool_call and s.is_retry, s.tool_name, null)},
    {'what': 'finish reason', 'value': if(s.is_generation, s.finish_reasons, null)},
    {'what': 'approval', 'value': s.approval_decision}
  ], recursive := true)
  from steps as s
  semi join sides using (run_id)
),
features as (
  select distinct sides.is_inside, told.run_id, told.what, told.value
  from told
  join sides using (run_id)
  where told.value is not null and told.value <> ''
)
select what, value, count(*) filter (where is_inside) as inside, count(*) filter (where not is_inside) as outside,
  bit_xor(hash(run_id)) as mark, arg_min(run_id, run_id, 40) filter (where is_inside) as run_ids
from features
group by what, value
having count(*) >= $fewest
order by what, value
