-- What steps cost by up to three dimensions, the dearest first; keys: how many rows there are without a limit.
-- One row per combination of values.
-- params: filters, by_1, by_2, by_3, summed, limit
with
totals as (
  select
    by_1, by_2, by_3,
    sum(runs) as runs,
    coalesce(sum(runs) filter (where is_ok), 0) as ok_runs,
    sum(generations) as generations,
    sum(generations_without_usage) as generations_without_usage,
    sum(input_tokens) as input_tokens,
    sum(cache_read_tokens) as cache_read_tokens,
    sum(cache_write_tokens) as cache_write_tokens,
    sum(output_tokens) as output_tokens,
    cast(sum(cost_usd) as double) as cost_usd,
    sum(unpriced_generations) as unpriced_generations,
    coalesce(sum(unpriced_tokens), 0) as unpriced_tokens,
    cast(sum(cost_reported_usd) as double) as cost_reported_usd
  from cost_parts($filters, $by_1, $by_2, $by_3, $summed)
  group by 1, 2, 3
)
select
  by_1, by_2, by_3,
  cast(runs as bigint) as runs,
  cast(ok_runs as bigint) as ok_runs,
  cast(generations as bigint) as generations,
  cast(generations_without_usage as bigint) as generations_without_usage,
  try_cast(input_tokens as bigint) as input_tokens,
  try_cast(cache_read_tokens as bigint) as cache_read_tokens,
  try_cast(cache_write_tokens as bigint) as cache_write_tokens,
  try_cast(output_tokens as bigint) as output_tokens,
  cost_usd,
  cost_usd / runs as cost_per_run_usd,
  cost_usd / nullif(ok_runs, 0) as cost_per_ok_run_usd,
  cost_usd / nullif(dollars(cost_usd) over (), 0) as share,
  cast(unpriced_generations as bigint) as unpriced_generations,
  try_cast(unpriced_tokens as bigint) as unpriced_tokens,
  unpriced_tokens / nullif(coalesce(input_tokens, 0) + coalesce(output_tokens, 0), 0) as unpriced_token_share,
  cost_reported_usd,
  count(*) over () as keys
from totals
order by cost_usd desc nulls last, runs desc, by_1 nulls last, by_2 nulls last, by_3 nulls last
limit $limit
