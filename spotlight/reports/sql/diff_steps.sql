-- The steps of one run with what they took and cost, by start.  One row per step.
-- params: run_id, date
select trace_id, span_id, parent_span_id, agent_span_id, step, depth, kind, coalesce(tool_name, name) as name, agent_name,
  model, failed, error_type, error_message, duration_ms, cost_usd, input_tokens, output_tokens, is_generation,
  is_tool_call, usage_role, unpriced_reason
from steps
where run_id = $run_id and date = cast($date as date)
order by step
