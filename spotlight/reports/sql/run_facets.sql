-- Values that runs can be filtered by, with how many runs have each.  One row per (facet, value).
-- params: per_facet, other
with
facets as (
  select unnest([
    {'facet': 'pack_name', 'value': pack_name},
    {'facet': 'pack_version', 'value': pack_version},
    {'facet': 'status', 'value': status},
    {'facet': 'session_id', 'value': session_id},
    {'facet': 'user_id', 'value': user_id},
    {'facet': 'service_name', 'value': service_name},
    {'facet': 'tenant_claimed', 'value': tenant_claimed},
    {'facet': 'environment', 'value': environment},
    {'facet': 'agent_name', 'value': agent_name},
    {'facet': 'feature', 'value': feature},
    {'facet': 'surface', 'value': surface}
  ], recursive := true), started_ns
  from assembled_runs
  where is_agent_run = not $other
  union all by name
  select 'model' as facet, unnest(models) as value, started_ns
  from assembled_runs
  where is_agent_run = not $other
)
select facet, value, count(*) as runs
from facets
where value is not null
group by facet, value
qualify row_number() over (
  partition by facet
  order by case when facet = 'session_id' then max(started_ns) end desc, count(*) desc, value
) <= $per_facet
order by facet, case when facet = 'session_id' then max(started_ns) end desc, runs desc, value
