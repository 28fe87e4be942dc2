-- How the calls of every tool went, and how often a person or a policy denied one.  One row per tool.
-- params: filters, denied
select
  tool_name as tool,
  count(*) filter (where is_tool_call) as calls,
  count(*) filter (where is_tool_call and failed) as failed,
  count(*) filter (where is_tool_call and failed and (
    coalesce(http_status, 0) in (408, 504)
    or regexp_matches(lower(concat_ws(' ', error_type, error_message)), 'time[d]?[ _-]?out|deadline[ _-]?exceeded')
  )) as timeouts,
  count(*) filter (where is_tool_call and is_retry) as retries,
  count(*) filter (where list_contains($denied, lower(trim(approval_decision)))) as denied,
  quantile_cont(duration_ms, 0.5) filter (where is_tool_call) as p50_ms,
  quantile_cont(duration_ms, 0.95) filter (where is_tool_call) as p95_ms,
  arg_max(run_id, started_ns, 40) filter (where is_tool_call and failed) as run_ids
from matching_steps($filters)
where is_tool_call or (kind = 'approval' and tool_name is not null)
group by tool_name
order by failed desc, calls desc, tool
