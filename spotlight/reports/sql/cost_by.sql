-- What steps cost by up to three dimensions, the dearest first; keys: how many rows there are without a limit.
-- One row per combination of values.
-- params: filters, by_1, by_2, by_3, limit
with
summed as (
  select
    dimension($by_1, s) as by_1, dimension($by_2, s) as by_2, dimension($by_3, s) as by_3,
    count(distinct s.run_version) as runs,
    count(distinct s.run_version) filter (where s.run_status = 'ok') as ok_runs,
    count(*) filter (where s.is_generation) as generations,
    count(*) filter (where s.is_generation and s.input_tokens is null and s.output_tokens is null)
      as generations_without_usage,
    sum(s.input_tokens) as input_tokens,
    sum(s.cache_read_tokens) as cache_read_tokens,
    sum(s.cache_write_tokens) as cache_write_tokens,
    sum(s.output_tokens) as output_tokens,
    dollars(s.cost_usd) as cost_usd,
    count(*) filter (where s.unpriced_reason is not null) as unpriced_generations,
    coalesce(sum(coalesce(s.input_tokens, 0) + coalesce(s.output_tokens, 0))
      filter (where s.unpriced_reason is not null), 0) as unpriced_tokens,
    dollars(s.cost_reported_usd) as cost_reported_usd
  from matching_steps($filters) as s
  group by 1, 2, 3
)
select
  by_1, by_2, by_3,
  runs,
  ok_runs,
  generations,
  generations_without_usage,
  try_cast(input_tokens as bigint) as input_tokens,
  try_cast(cache_read_tokens as bigint) as cache_read_tokens,
  try_cast(cache_write_tokens as bigint) as cache_write_tokens,
  try_cast(output_tokens as bigint) as output_tokens,
  cost_usd,
  cost_usd / runs as cost_per_run_usd,
  cost_usd / nullif(ok_runs, 0) as cost_per_ok_run_usd,
  cost_usd / nullif(dollars(cost_usd) over (), 0) as share,
  unpriced_generations,
  try_cast(unpriced_tokens as bigint) as unpriced_tokens,
  unpriced_tokens / nullif(coalesce(input_tokens, 0) + coalesce(output_tokens, 0), 0) as unpriced_token_share,
  cost_reported_usd,
  count(*) over () as keys
from summed
order by cost_usd desc nulls last, runs desc, by_1 nulls last, by_2 nulls last, by_3 nulls last
limit $limit
