-- Packs and versions of the matching runs, the newest first.  One row per (pack_name, pack_version).
-- params: filters, limit
select
  pack_name,
  pack_version,
  count(*) as runs,
  count(*) filter (where status = 'error') as failed,
  count(*) filter (where status = 'incomplete') as incomplete,
  sum(cost_usd) as cost_usd,
  avg(cost_usd) as cost_per_run_usd,
  count(cost_usd) as priced_runs,
  try_cast(sum(unpriced_generations) as bigint) as unpriced_generations,
  quantile_cont(duration_ms, 0.5) as p50_ms,
  quantile_cont(duration_ms, 0.95) as p95_ms,
  quantile_cont(ttft_ms, 0.5) as ttft_p50_ms,
  count(distinct session_id) as sessions,
  count(distinct user_id) as users,
  min(started_ns) as first_ns,
  max(started_ns) as last_ns
from matching_runs($filters)
group by pack_name, pack_version
order by last_ns desc nulls last, pack_name, pack_version
limit $limit
