-- What steps cost by up to three dimensions, the dearest first; keys: how many rows there are without a limit.
-- One row per combination of values.
-- params: filters, by_1, by_2, by_3, limit
with
per_run as (  -- a run counts once per row: it is one row per key here
  select
    dimension($by_1, s) as by_1, dimension($by_2, s) as by_2, dimension($by_3, s) as by_3, s.run_version,
    any_value(s.run_status) as run_status,
    count(*) filter (where s.is_generation) as generations,
    count(*) filter (where s.is_generation and s.input_tokens is null and s.output_tokens is null)
      as generations_without_usage,
    sum(s.input_tokens) as input_tokens,
    sum(s.cache_read_tokens) as cache_read_tokens,
    sum(s.cache_write_tokens) as cache_write_tokens,
    sum(s.output_tokens) as output_tokens,
    sum(try_cast(s.cost_usd as decimal(38, 12))) as cost_usd,
    count(*) filter (where s.unpriced_reason is not null) as unpriced_generations,
    sum(coalesce(s.input_tokens, 0) + coalesce(s.output_tokens, 0)) filter (where s.unpriced_reason is not null)
      as unpriced_tokens,
    sum(try_cast(s.cost_reported_usd as decimal(38, 12))) as cost_reported_usd
  from matching_steps($filters) as s
  group by all
),
summed as (
  select
    by_1, by_2, by_3,
    count(*) as runs,
    count(*) filter (where run_status = 'ok') as ok_runs,
    sum(generations) as generations,
    sum(generations_without_usage) as generations_without_usage,
    sum(input_tokens) as input_tokens,
    sum(cache_read_tokens) as cache_read_tokens,
    sum(cache_write_tokens) as cache_write_tokens,
    sum(output_tokens) as output_tokens,
    sum(cost_usd) as cost_usd,
    sum(unpriced_generations) as unpriced_generations,
    coalesce(sum(unpriced_tokens), 0) as unpriced_tokens,
    sum(cost_reported_usd) as cost_reported_usd
  from per_run
  group by all
)
select
  by_1, by_2, by_3,
  runs,
  ok_runs,
  cast(generations as bigint) as generations,
  cast(generations_without_usage as bigint) as generations_without_usage,
  try_cast(input_tokens as bigint) as input_tokens,
  try_cast(cache_read_tokens as bigint) as cache_read_tokens,
  try_cast(cache_write_tokens as bigint) as cache_write_tokens,
  try_cast(output_tokens as bigint) as output_tokens,
  cast(cost_usd as double) as cost_usd,
  cast(cost_usd as double) / runs as cost_per_run_usd,
  cast(cost_usd as double) / nullif(ok_runs, 0) as cost_per_ok_run_usd,
  cast(cost_usd as double) / nullif(cast(sum(cost_usd) over () as double), 0) as share,
  cast(unpriced_generations as bigint) as unpriced_generations,
  try_cast(unpriced_tokens as bigint) as unpriced_tokens,
  cast(unpriced_tokens as double) / nullif(coalesce(input_tokens, 0) + coalesce(output_tokens, 0), 0)
    as unpriced_token_share,
  cast(cost_reported_usd as double) as cost_reported_usd,
  count(*) over () as keys
from summed
order by cost_usd desc nulls last, runs desc, by_1 nulls last, by_2 nulls last, by_3 nulls last
limit $limit
