-- Runs by what their steps cost, the dearest first.  One row per run.
-- params: filters, limit
select
  run_id, sum(cost_usd) as cost_usd, min(started_ns) as first_ns, max(started_ns) as last_ns
from matching_steps($filters)
group by run_id
order by cost_usd desc nulls last, run_id
limit $limit
