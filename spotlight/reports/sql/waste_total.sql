-- What the steps that pass the filters cost, and how much of what shows waste their clients report.  One row.
-- params: filters
select
  count(distinct run_id) as runs,
  sum(cost_usd) as cost_usd,
  count(*) filter (where unpriced_reason is not null) as unpriced,
  count(*) filter (where is_generation) as generations,
  count(*) filter (where is_generation and cache_read_tokens is not null) as with_cache,
  count(*) filter (where is_generation and uncached_input_tokens is not null) as with_input,
  count(*) filter (where is_tool_call) as tool_calls
from matching_steps($filters)
