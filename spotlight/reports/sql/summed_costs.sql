-- Macro: what runs cost by up to three dimensions, as run_usage tells.  One row per combination of values and is_ok.
-- params: none
create or replace macro summed_costs(f, dim_1, dim_2, dim_3, summed) as table
select
  used_dimension(dim_1, u) as by_1, used_dimension(dim_2, u) as by_2, used_dimension(dim_3, u) as by_3,
  coalesce(u.run_status = 'ok', false) as is_ok,
  sum((u.first_of >> summing(summed).bit) & 1) as runs,  -- quicker than a count with a filter (measured: 118 -> 103 ms)
  sum(u.generations) as generations,
  sum(u.generations_without_usage) as generations_without_usage,
  sum(u.input_tokens) as input_tokens,
  sum(u.cache_read_tokens) as cache_read_tokens,
  sum(u.cache_write_tokens) as cache_write_tokens,
  sum(u.output_tokens) as output_tokens,
  sum(u.cost_usd) as cost_usd,
  sum(u.unpriced_generations) as unpriced_generations,
  sum(u.unpriced_tokens) as unpriced_tokens,
  sum(u.cost_reported_usd) as cost_reported_usd
from matching_usage(f, summed) as u
group by 1, 2, 3, 4
