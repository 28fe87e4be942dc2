-- Short values that tools were called with, in some runs (inside) and in others (outside).  One row per (what, value).
-- params: inside, outside, fewest
with
sides as (
  select unnest($inside::varchar[]) as run_id, true as is_inside
  union all
  select unnest($outside::varchar[]) as run_id, false as is_inside
),
calls as (
  select sides.run_id, sides.is_inside, s.tool_name, p.tool_arguments
  from steps as s
  join sides on sides.run_id = s.run_id
  join payloads as p on p.trace_id = s.trace_id and p.span_id = s.span_id
  where s.is_tool_call and strlen(p.tool_arguments) between 3 and 4000 and json_valid(p.tool_arguments)
    and json_type(p.tool_arguments) = 'OBJECT'
),
given_values as (
  select run_id, is_inside, tool_name,
    unnest(map_entries(from_json(tool_arguments, '"MAP(VARCHAR, JSON)"')), recursive := true)
  from calls
),
features as (
  select distinct is_inside, run_id, 'argument' as what, tool_name || '.' || key || ' = ' || value::varchar as value
  from given_values
  where json_type(value) in ('VARCHAR', 'BIGINT', 'UBIGINT', 'DOUBLE', 'BOOLEAN') and strlen(value::varchar) <= 60
)
select what, value, count(*) filter (where is_inside) as inside, count(*) filter (where not is_inside) as outside,
  bit_xor(hash(run_id)) as mark, arg_min(run_id, run_id, 40) filter (where is_inside) as run_ids
from features
group by what, value
having count(*) >= $fewest
order by what, value
