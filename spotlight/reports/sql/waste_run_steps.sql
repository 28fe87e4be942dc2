-- The model and tool calls of some runs with what usage alone says was wasted in each.  One row per call.
-- params: filters, quiet_before_ns, run_ids
select
  run_id, span_id, agent_span_id, agent_name, tool_name, pack_name, started_ns, ended_ns, is_generation,
  is_tool_call, is_unpriced, whole_cause, input_tokens, output_tokens, cost_usd,
  coalesce(input_cost_usd, 0) + coalesce(cache_read_cost_usd, 0) + coalesce(cache_write_cost_usd, 0) as prompt_cost_usd,
  coalesce(missed_cost_usd, 0) + coalesce(resent_cost_usd, 0) as claimed_cost_usd,
  missed_tokens + resent_tokens as claimed_tokens
from wasted_steps($filters, $quiet_before_ns, $run_ids)
where is_generation or is_tool_call
order by run_id, started_ns, span_id
