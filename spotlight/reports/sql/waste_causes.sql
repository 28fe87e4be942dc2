-- What usage alone says was wasted, by cause, with the runs, the most wasteful first.  One row per cause.
-- params: filters, quiet_before_ns, run_limit
with
wasted as (
  select * from wasted_steps($filters, $quiet_before_ns, null)
),
claims as (
  select
    whole_cause as cause, run_id, cost_usd, coalesce(input_tokens, 0) + coalesce(output_tokens, 0) as tokens,
    is_unpriced
  from wasted
  where whole_cause is not null
  union all
  select 'cache_misses', run_id, missed_cost_usd, missed_tokens, is_unpriced
  from wasted
  where missed_tokens > 0
  union all
  select 'resent_context', run_id, resent_cost_usd, resent_tokens, is_unpriced
  from wasted
  where resent_tokens > 0
),
of_runs as (
  select
    cause, run_id, sum(cost_usd) as cost_usd, sum(tokens) as tokens, count(*) as steps,
    count(*) filter (where is_unpriced) as unpriced
  from claims
  group by cause, run_id
)
select
  cause, sum(cost_usd) as cost_usd, sum(tokens)::bigint as tokens, sum(steps)::bigint as steps,
  sum(unpriced)::bigint as unpriced, count(*) as runs,
  list(run_id order by cost_usd desc nulls last, tokens desc, run_id)[:$run_limit] as run_ids
from of_runs
group by cause
order by cause
