-- The steps of one run with their usage and price, in order.  One row per step.
-- params: run_id
select
  trace_id, span_id, step, name, kind, started_ns, provider, model, request_model, tool_name, is_generation, usage_role,
  input_tokens, uncached_input_tokens, cache_read_tokens, cache_write_tokens, cache_write_1h_tokens,
  output_tokens, reasoning_tokens, audio_input_tokens, audio_output_tokens,
  cost_reported_usd, cost_usd, price_book, price_row, unit_prices, unpriced_reason
from steps
where run_id = $run_id
order by step, span_id
