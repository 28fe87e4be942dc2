-- Figures of the matching runs, for intervals.  One row per run.
-- params: filters
select status, duration_ms, ttft_ms, cost_usd, unpriced_generations, generations, tool_calls, failed_tool_calls, retries,
  input_tokens + output_tokens as tokens
from matching_runs($filters)
