-- steps
-- What runs did, each step once, at its newest price.  One row per (tenant, run_id, span_id).
-- params: none
with
repriced as (
  select *
  from stored_costs
  where span_id is not null
  qualify row_number() over (partition by run_version, span_id order by priced_ns desc) = 1
)
select
  s.* replace (
    if(c.run_version is null, s.cost_usd, c.cost_usd) as cost_usd,
    if(c.run_version is null, s.input_cost_usd, c.input_cost_usd) as input_cost_usd,
    if(c.run_version is null, s.cache_read_cost_usd, c.cache_read_cost_usd) as cache_read_cost_usd,
    if(c.run_version is null, s.cache_write_cost_usd, c.cache_write_cost_usd) as cache_write_cost_usd,
    if(c.run_version is null, s.output_cost_usd, c.output_cost_usd) as output_cost_usd,
    if(c.run_version is null, s.fees_usd, c.fees_usd) as fees_usd,
    if(c.run_version is null, s.price_book, c.price_book) as price_book,
    if(c.run_version is null, s.price_row, c.price_row) as price_row,
    if(c.run_version is null, s.unit_prices, c.unit_prices) as unit_prices,
    if(c.run_version is null, s.unpriced_reason, c.unpriced_reason) as unpriced_reason
  )
from current_steps as s
left join repriced as c on c.run_version = s.run_version and c.span_id = s.span_id
