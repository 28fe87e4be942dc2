-- Sessions with a run that the filters let through, a page of them.  One row per session.
-- params: filters, order, limit, offset
with
runs_of_scores as (
  select run_id, value
  from judgements(null)
  where run_id is not null
),
scored as (
  select r.session_id, count(*) as scores, avg(s.value) filter (where s.value between 0 and 1) as score_mean
  from runs_of_scores as s
  join matching_runs($filters) as r on r.run_id = s.run_id
  where r.session_id is not null
  group by r.session_id
),
found as (
  select
    session_id,
    count(*) as turns,
    count(*) filter (where status = 'error') as failed,
    count(*) filter (where status = 'incomplete') as incomplete,
    arg_min(user_id, started_ns) filter (where user_id is not null) as user_id,
    list(distinct pack_name order by pack_name) filter (where pack_name is not null) as packs,
    list(distinct pack_version order by pack_version) filter (where pack_version is not null) as versions,
    list(distinct agent_name order by agent_name) filter (where agent_name is not null) as agents,
    min(started_ns) as first_ns,
    max(started_ns) as last_ns,
    sum(duration_ms) as duration_ms,
    quantile_cont(duration_ms, 0.5) as p50_ms,
    max(duration_ms) as longest_ms,
    sum(cost_usd) as cost_usd,
    try_cast(sum(unpriced_generations) as bigint) as unpriced_generations,
    try_cast(sum(input_tokens) as bigint) as input_tokens,
    try_cast(sum(output_tokens) as bigint) as output_tokens,
    count(*) filter (where generations > 0 and input_tokens is null) as turns_without_usage,
    arg_max(run_id, started_ns) as last_run_id
  from matching_runs($filters)
  where session_id is not null
  group by session_id
)
select f.*, coalesce(s.scores, 0) as scores, s.score_mean
from found as f
left join scored as s on s.session_id = f.session_id
order by
  case when $order = 'most_expensive' then cost_usd end desc nulls last,
  case when $order = 'slowest' then longest_ms end desc nulls last,
  case when $order = 'most_turns' then turns end desc nulls last,
  case when $order = 'most_failures' then failed end desc nulls last,
  case when $order = 'lowest_score' then s.score_mean end nulls last,
  last_ns desc nulls last, f.session_id
limit $limit offset $offset
