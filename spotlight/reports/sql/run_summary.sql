-- What the runs that pass the filters add up to.  One row.
-- params: filters
select
  count(*) as runs,
  count(*) filter (where status = 'error') as failed,
  count(*) filter (where status = 'incomplete') as incomplete,
  try_cast(sum(input_tokens) as bigint) as input_tokens,
  try_cast(sum(output_tokens) as bigint) as output_tokens,
  sum(cost_usd) as cost_usd,
  count(cost_usd) as priced_runs,
  coalesce(sum(unpriced_generations), 0)::bigint as unpriced_generations,
  count(*) filter (where input_tokens is null and generations > 0) as runs_without_usage,
  coalesce(sum(generations_without_usage), 0)::bigint as generations_without_usage,
  quantile_cont(duration_ms, 0.5) as p50_ms,
  quantile_cont(duration_ms, 0.95) as p95_ms
from matching_runs($filters)
