-- What paid calls were, used and cost: one side of a bridge.  One row per (pack, model).
-- params: filters
select
  s.pack_name as pack,
  s.model,
  count(*) filter (where not s.is_paid_retry) as calls,
  count(*) filter (where s.is_paid_retry) as retries,
  count(s.cost_usd) as priced_calls,
  coalesce(sum(s.uncached_input_tokens) filter (where s.cost_usd is not null), 0)::double as uncached_tokens,
  coalesce(sum(s.cache_read_tokens) filter (where s.cost_usd is not null), 0)::double as cache_read_tokens,
  coalesce(sum(s.cache_write_tokens) filter (where s.cost_usd is not null), 0)::double as cache_write_tokens,
  coalesce(sum(s.output_tokens) filter (where s.cost_usd is not null), 0)::double as output_tokens,
  coalesce(dollars(s.input_cost_usd), 0) as uncached_usd,
  coalesce(dollars(s.cache_read_cost_usd), 0) as cache_read_usd,
  coalesce(dollars(s.cache_write_cost_usd), 0) as cache_write_usd,
  coalesce(dollars(s.output_cost_usd), 0) as output_usd,
  coalesce(dollars(s.cost_usd), 0) as cost_usd
from paid_calls($filters) as s
group by s.pack_name, s.model
order by s.pack_name nulls last, s.model nulls last
