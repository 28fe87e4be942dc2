-- The steps that took longest, the slowest first; agents are no steps of their own here.  One row per step.
-- params: filters, steps, limit
select
  run_id, trace_id, span_id, kind, name, agent_name, tool_name, model, started_ns, duration_ms, critical_ms,
  ttft_ms, output_tokens, failed, run_status, pack_version
from matching_steps($filters)
where duration_ms is not null and kind <> 'agent' and ($steps = 'all'
  or ($steps = 'model_calls' and is_generation)
  or ($steps = 'tool_calls' and is_tool_call))
order by duration_ms desc, started_ns, run_id, span_id
limit $limit
