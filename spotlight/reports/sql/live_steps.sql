-- What some runs have open, and the last step of each that ended.  One row per step.
-- params: run_ids
with
known as (
  select run_id, span_id, kind, coalesce(tool_name, model, agent_name, name) as what, agent_name, depth,
    started_ns, ended_ns, failed, ended_ns is null and signal = 'span' as is_open,
    row_number() over (partition by run_id, ended_ns is null order by ended_ns desc, step desc) as place
  from steps
  where run_id in (select unnest($run_ids::varchar[]))
)
select * exclude (place)
from known
where is_open or (ended_ns is not null and place = 1)
order by run_id, is_open desc, depth, started_ns
