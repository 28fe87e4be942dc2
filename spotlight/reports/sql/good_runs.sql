-- The newest runs that may be held up to a failed one: of the same tenant and of the same pack or agent (of the same
-- service, where the run names neither), ended well, with no verdict of failure.  One row per run.
-- params: run_id, tenant_claimed, pack_name, agent_name, service_name, names, above, limit
with
alike as (
  select run_id, name, service_name, dialects, started_ns
  from assembled_runs
  where is_agent_run and status = 'ok' and run_id <> $run_id
    and tenant_claimed is not distinct from $tenant_claimed
    and (
      pack_name = $pack_name or agent_name = $agent_name
      or (
        $pack_name is null and $agent_name is null and pack_name is null and agent_name is null
        and service_name is not distinct from $service_name
      )
    )
),
refused as (
  select distinct run_id
  from judgements($names)
  where not passes(value, label, $above) and target_type in ('run', 'trace', 'session')
)
select a.run_id, a.name, a.service_name, a.dialects
from alike as a
anti join refused as f on f.run_id = a.run_id
order by a.started_ns desc nulls last, a.run_id
limit $limit
