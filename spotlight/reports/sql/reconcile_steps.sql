-- Recorded usage and cost of model calls by UTC day, provider and model.  One row per (day, provider, priced_by, model).
-- params: since_ns, until_ns
select
  strftime(make_timestamp_ns(started_ns), '%Y-%m-%d') as day,
  provider,
  split_part(price_row, '/', 1) as priced_by,
  model,
  count(*) as calls,
  sum(input_tokens) as input_tokens,
  sum(uncached_input_tokens) as uncached_input_tokens,
  sum(cache_read_tokens) as cache_read_tokens,
  sum(cache_write_tokens) as cache_write_tokens,
  sum(cache_write_tokens - coalesce(cache_write_1h_tokens, 0)) as cache_write_5m_tokens,
  sum(cache_write_1h_tokens) as cache_write_1h_tokens,
  sum(output_tokens) as output_tokens,
  sum(cost_usd) as cost_usd,
  count(*) filter (where cost_usd is null) as unpriced
from steps
where usage_role = 'leaf' and started_ns >= $since_ns and started_ns < $until_ns
group by all
order by day, provider, model
