-- All steps of one day's matching runs with what prices are made of, and their newest price.  One row per step.
-- params: filters, date
select
  tenant, date, run_version, run_id, span_id, started_ns, provider, model, request_model, kind, tool_name,
  is_generation, usage_role, input_tokens, uncached_input_tokens, cache_read_tokens, cache_write_tokens,
  cache_write_1h_tokens, output_tokens, reasoning_tokens, audio_input_tokens, audio_output_tokens,
  cost_usd, input_cost_usd, cache_read_cost_usd, cache_write_cost_usd, output_cost_usd, fees_usd,
  price_book, price_row, unit_prices, unpriced_reason
from steps
where date = $date
  and run_version in (select run_version from matching_runs($filters) where date = $date)
order by run_version, step
