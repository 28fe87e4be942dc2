-- Macro: what steps cost by up to three dimensions, of runs that ended well and of others: a second count of distinct
-- runs takes half as long again (measured).  One row per combination of values and is_ok.
-- params: none
create or replace macro step_costs(f, dim_1, dim_2, dim_3) as table
select
  dimension(dim_1, s) as by_1, dimension(dim_2, s) as by_2, dimension(dim_3, s) as by_3,
  coalesce(s.run_status = 'ok', false) as is_ok,
  count(distinct s.run_version) as runs,
  count(*) filter (where s.is_generation) as generations,
  count(*) filter (where s.is_generation and s.input_tokens is null and s.output_tokens is null)
    as generations_without_usage,
  sum(s.input_tokens) as input_tokens,
  sum(s.cache_read_tokens) as cache_read_tokens,
  sum(s.cache_write_tokens) as cache_write_tokens,
  sum(s.output_tokens) as output_tokens,
  sum(try_cast(s.cost_usd as decimal(38, 12))) as cost_usd,
  count(s.unpriced_reason) as unpriced_generations,
  sum(if(s.unpriced_reason is null, null, coalesce(s.input_tokens, 0) + coalesce(s.output_tokens, 0)))
    as unpriced_tokens,
  sum(try_cast(s.cost_reported_usd as decimal(38, 12))) as cost_reported_usd
from matching_steps(f) as s
group by 1, 2, 3, 4
