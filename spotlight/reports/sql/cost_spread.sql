-- How far the cost of a run varies, version by version, in the order they first ran.  One row per (pack, version).
-- params: filters
select
  pack_name as pack,
  pack_version as version,
  count(*) as runs,
  count(cost_usd) as n,
  count(*) filter (where cost_usd is not null and unpriced_generations > 0) as partly_priced_runs,
  dollars(cost_usd) / nullif(count(cost_usd), 0) as mean_usd,
  quantile_cont(cost_usd, 0.5) as p50_usd,
  quantile_cont(cost_usd, 0.95) as p95_usd,
  min(started_ns) as first_ns,
  max(started_ns) as last_ns
from matching_runs($filters)
group by pack_name, pack_version
order by pack_name nulls last, first_ns, pack_version nulls last
