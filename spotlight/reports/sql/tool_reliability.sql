-- How the calls of every tool went.  One row per tool.
-- params: filters, denied
select
  tool_name as tool,
  count(*) as calls,
  count(*) filter (where failed) as failed,
  count(*) filter (where failed and (
    coalesce(http_status, 0) in (408, 504)
    or regexp_matches(lower(concat_ws(' ', error_type, error_message)), 'time[d]?[ _-]?out|deadline[ _-]?exceeded')
  )) as timeouts,
  count(*) filter (where is_retry) as retries,
  count(*) filter (where list_contains($denied, lower(trim(approval_decision)))) as denied,
  quantile_cont(duration_ms, 0.5) as p50_ms,
  quantile_cont(duration_ms, 0.95) as p95_ms,
  arg_max(run_id, started_ns, 40) filter (where failed) as run_ids
from matching_steps($filters)
where is_tool_call
group by tool_name
order by failed desc, calls desc, tool
