-- costs
-- Every price that a step of a current run was given, the first one among them.  One row per (tenant, run_id, span_id, priced_ns).
-- params: none
select
  s.tenant, s.date, s.run_id, s.run_version, s.span_id, cast(null as bigint) as priced_ns,
  s.cost_usd, s.input_cost_usd, s.cache_read_cost_usd, s.cache_write_cost_usd, s.output_cost_usd, s.fees_usd,
  s.price_book, s.price_row, s.unit_prices, s.unpriced_reason
from current_steps as s
where s.price_book is not null
union all
select
  c.tenant, c.date, c.run_id, c.run_version, c.span_id, c.priced_ns,
  c.cost_usd, c.input_cost_usd, c.cache_read_cost_usd, c.cache_write_cost_usd, c.output_cost_usd, c.fees_usd,
  c.price_book, c.price_row, c.unit_prices, c.unpriced_reason
from stored_costs as c
anti join stored_runs as n on n.replaces = c.run_version
where c.span_id is not null
