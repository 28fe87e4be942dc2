-- What usage alone says was wasted, by cause, with the runs, the most wasteful first.  One row per cause.
-- params: filters, quiet_before_ns, run_limit
with
summed as (
  select
    run_version, whole_cause,
    sum(cost_usd) as cost_usd,
    sum(coalesce(input_tokens, 0) + coalesce(output_tokens, 0)) as tokens,
    count(*) as steps,
    count(*) filter (where is_unpriced) as unpriced,
    sum(missed_cost_usd) filter (where missed_tokens > 0) as missed_cost_usd,
    sum(missed_tokens) as missed_tokens,
    count(*) filter (where missed_tokens > 0) as missed_steps,
    count(*) filter (where missed_tokens > 0 and is_unpriced) as missed_unpriced,
    sum(resent_cost_usd) filter (where resent_tokens > 0) as resent_cost_usd,
    sum(resent_tokens) as resent_tokens,
    count(*) filter (where resent_tokens > 0) as resent_steps,
    count(*) filter (where resent_tokens > 0 and is_unpriced) as resent_unpriced
  from wasted_steps($filters, $quiet_before_ns, null)
  group by run_version, whole_cause
),
of_runs as (
  select run_version, unnest([
    {'cause': whole_cause, 'cost_usd': cost_usd, 'tokens': tokens, 'steps': steps, 'unpriced': unpriced},
    {
      'cause': 'cache_misses', 'cost_usd': missed_cost_usd, 'tokens': missed_tokens, 'steps': missed_steps,
      'unpriced': missed_unpriced
    },
    {
      'cause': 'resent_context', 'cost_usd': resent_cost_usd, 'tokens': resent_tokens, 'steps': resent_steps,
      'unpriced': resent_unpriced
    }
  ], recursive := true)
  from summed
)
select
  w.cause, sum(w.cost_usd) as cost_usd, sum(w.tokens)::bigint as tokens, sum(w.steps)::bigint as steps,
  sum(w.unpriced)::bigint as unpriced, count(*) as runs,
  list(r.run_id order by w.cost_usd desc nulls last, w.tokens desc, r.run_id)[:$run_limit] as run_ids
from of_runs as w
join assembled_runs as r on r.run_version = w.run_version
where w.cause is not null and w.steps > 0
group by w.cause
order by w.cause
