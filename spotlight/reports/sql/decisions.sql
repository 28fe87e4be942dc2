-- What was said to steps that had to be approved, as sent.  NULL where a step was asked for and no answer is known.
-- One row per (decision, source).
-- params: filters
select
  approval_decision as decision,
  approval_source as source,
  count(*) as steps,
  count(distinct run_id) as runs,
  list(distinct tool_name order by tool_name) filter (where tool_name is not null) as tools,
  arg_max(run_id, started_ns, 40) as run_ids
from matching_steps($filters)
where approval_decision is not null or kind = 'approval'
group by approval_decision, approval_source
order by steps desc, decision, source
