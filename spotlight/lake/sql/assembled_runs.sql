-- assembled_runs
-- Newest version of everything assembled that no other run has taken over, at its newest price.  One row per (tenant, run_id).
-- params: none
with
repriced as (
  select *
  from stored_costs
  where span_id is null
  qualify row_number() over (partition by run_version order by priced_ns desc) = 1
)
select
  r.* replace (
    if(c.run_version is null, r.cost_usd, c.cost_usd) as cost_usd,
    if(c.run_version is null, r.unpriced_generations, c.unpriced_generations) as unpriced_generations,
    if(c.run_version is null, r.price_book, c.price_book) as price_book
  )
from current_runs as r
left join repriced as c on c.run_version = r.run_version
