-- The runs that have one value of a dimension of what_differs.sql, the slowest first.  One row per run.
-- params: filters, dimension, value, limit
select r.run_id
from matching_runs($filters) as r
where case $dimension
  when 'tool' then r.run_id in (
    select run_id from steps where is_tool_call and tool_name is not distinct from $value
  )
  when 'model' then if(len(r.models) > 0, list_contains(r.models, $value), $value is null)
  else run_dimension($dimension, r) is not distinct from $value
end
order by r.duration_ms desc nulls last, r.run_id
limit $limit
