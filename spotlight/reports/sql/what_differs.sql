-- Values more, or less, frequent in the runs of a region than in the rest.  One row per (dimension, value).
-- params: region, rest, per_dimension
with
region as (
  select * from matching_runs($region)
),
sides as (
  select true as is_inside, r.* from region as r
  union all
  select false as is_inside, r.*
  from matching_runs($rest) as r
  where r.run_id not in (select run_id from region)
),
sizes as (
  select count(*) filter (where is_inside) as inside_n, count(*) filter (where not is_inside) as outside_n
  from sides
),
one_each as (
  select is_inside, unnest([
    {'dimension': 'tenant', 'value': run_dimension('tenant', r)},
    {'dimension': 'user', 'value': run_dimension('user', r)},
    {'dimension': 'session', 'value': run_dimension('session', r)},
    {'dimension': 'feature', 'value': run_dimension('feature', r)},
    {'dimension': 'surface', 'value': run_dimension('surface', r)},
    {'dimension': 'environment', 'value': run_dimension('environment', r)},
    {'dimension': 'service', 'value': run_dimension('service', r)},
    {'dimension': 'agent', 'value': run_dimension('agent', r)},
    {'dimension': 'pack', 'value': run_dimension('pack', r)},
    {'dimension': 'version', 'value': run_dimension('version', r)},
    {'dimension': 'status', 'value': run_dimension('status', r)},
    {'dimension': 'error', 'value': run_dimension('error', r)}
  ], recursive := true)
  from sides as r
),
tools as (
  select distinct r.is_inside, r.run_id, s.tool_name
  from sides as r
  join steps as s on s.run_id = r.run_id
  where s.is_tool_call
),
counted as (
  select
    dimension, value,
    count(*) filter (where is_inside) as inside,
    count(*) filter (where not is_inside) as outside
  from (
    from one_each
    union all by name
    select is_inside, 'model' as dimension, unnest(if(len(models) > 0, models, [null])) as value from sides
    union all by name
    select is_inside, 'tool' as dimension, tool_name as value from tools
  )
  group by dimension, value
),
compared as (
  select
    dimension, value, inside, outside, inside_n, outside_n,
    inside / nullif(inside_n, 0) as inside_share,
    outside / nullif(outside_n, 0) as outside_share,
    inside_share - outside_share as difference,
    inside_share / nullif(outside_share, 0) as lift
  from counted, sizes
)
select *
from compared
qualify row_number() over (
  partition by dimension
  order by abs(difference) desc nulls last, inside desc, outside desc, value
) <= $per_dimension
order by
  max(abs(difference)) over (partition by dimension) desc nulls last, dimension,
  abs(difference) desc nulls last, inside desc, outside desc, value
