-- One day's matching steps that can cost something, and the call before each of the same run, agent and model.
-- One row per step.
-- params: filters, date
select
  span_id, run_id, started_ns, provider, model, request_model, kind, tool_name, is_generation, usage_role,
  input_tokens, uncached_input_tokens, cache_read_tokens, cache_write_tokens, cache_write_1h_tokens,
  output_tokens, reasoning_tokens, audio_input_tokens, audio_output_tokens, cost_usd, price_book, price_row,
  pack_name, pack_version,
  lag(input_tokens) over earlier as input_before,
  started_ns - lag(coalesce(ended_ns, started_ns)) over earlier as pause_ns
from matching_steps($filters)
where (usage_role = 'leaf' or kind = 'tool')
  and date = $date
window earlier as (
  partition by run_id, agent_span_id, model, usage_role = 'leaf' and is_generation order by started_ns, step
)
order by started_ns, run_id, span_id
