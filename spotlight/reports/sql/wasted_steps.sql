-- Macro: the steps that the filters let through, with what usage alone says was wasted in each. A run without
-- its root that did anything after `quiet_before_ns` may still be at work; `run_ids` narrows to some runs, if
-- not NULL.  One row per step.
-- params: none
create or replace macro wasted_steps(f, quiet_before_ns, run_ids) as table
with
marked as not materialized (  -- read once per use, with fewer columns each time: to keep all of them takes longer
  select
    run_version, step, run_id, span_id, coalesce(agent_span_id, '') as agent_span_id, agent_name, tool_name, pack_name,
    model, started_ns, coalesce(ended_ns, started_ns) as ended_ns, is_generation, is_tool_call, is_retry, failed,
    run_status, cost_usd, input_cost_usd, cache_read_cost_usd, cache_write_cost_usd, input_tokens,
    uncached_input_tokens, cache_read_tokens, cache_write_tokens, cache_write_1h_tokens, output_tokens,
    reasoning_tokens, unpriced_reason is not null as is_unpriced
  from matching_steps(f) as s
  -- Not `in`: as in matching_steps, what is not asked for is dropped by the planner.
  where not exists (
    select 1
    from assembled_runs as r
    where run_ids is not null
      and r.run_version = s.run_version
      and r.run_id not in (select unnest(cast(run_ids as varchar[])))
  )
),
abandoned as (
  select run_version
  from assembled_runs
  where status = 'incomplete' and coalesce(ended_ns, started_ns) < quiet_before_ns
),
tried as (
  select run_version, agent_span_id, started_ns
  from marked
  where is_tool_call and is_retry
),
tried_again as (  -- model calls that asked for a tool again that had just failed
  select distinct c.run_version, c.step
  from tried as t
  asof join (
    select run_version, agent_span_id, started_ns, step
    from marked
    where is_generation and run_version in (select run_version from tried)
  ) as c
    on t.run_version = c.run_version and t.agent_span_id = c.agent_span_id and t.started_ns >= c.started_ns
),
calls as (
  select
    *,
    lag(span_id) over before as previous_span_id,
    lag(model) over before as previous_model,
    lag(ended_ns) over before as previous_ended_ns,
    lag(input_tokens) over before as previous_input_tokens,
    lag(output_tokens - coalesce(reasoning_tokens, 0)) over before as previous_answer_tokens,
    lag(cache_read_tokens + coalesce(cache_write_tokens, 0)) over before as readable_tokens,
    lag(if(cache_write_1h_tokens > 0, 3600, 300)) over before * 1000000000::bigint as readable_ns
  from marked
  where is_generation and not failed
  window before as (  -- a hash is smaller than the two texts
    partition by run_version, hash(agent_span_id, agent_name) order by started_ns, step
  )
),
judged as (
  select
    s.*,
    case
      when s.run_status = 'error' then 'failed_runs'
      when a.run_version is not null then 'abandoned_runs'
      when s.failed and (s.is_generation or s.is_tool_call) then 'errors'
      when t.step is not null then 'errors'
    end as whole_cause,
    s.started_ns >= s.previous_ended_ns as is_after,
    coalesce(
      is_after and s.model = s.previous_model and s.started_ns - s.previous_ended_ns <= s.readable_ns
        and s.input_tokens >= s.readable_tokens and s.readable_tokens - s.cache_read_tokens >= 1024,
      false
    ) as is_miss,
    coalesce(is_after and s.input_tokens >= s.previous_input_tokens + s.previous_answer_tokens, false) as goes_on
  from (
    from calls
    union all by name
    from marked where (is_generation and not failed) is not true
  ) as s
  left join abandoned as a on a.run_version = s.run_version
  left join tried_again as t on t.run_version = s.run_version and t.step = s.step
),
counted as (
  select
    *,
    if(whole_cause is null and is_miss, least(readable_tokens - cache_read_tokens, coalesce(cache_write_tokens, 0)), 0)
      as missed_written_tokens,
    if(
      whole_cause is null and is_miss,
      least(readable_tokens - cache_read_tokens - missed_written_tokens, coalesce(uncached_input_tokens, 0)), 0
    ) as missed_uncached_tokens,
    if(
      whole_cause is null and goes_on and uncached_input_tokens is not null,
      greatest(
        0,
        least(previous_input_tokens - (input_tokens - uncached_input_tokens), uncached_input_tokens)
          - missed_uncached_tokens
      ), 0
    ) as resent_tokens
  from judged
)
select
  *,
  missed_written_tokens + missed_uncached_tokens as missed_tokens,
  if(
    cost_usd is null, null,
    coalesce(missed_written_tokens * cache_write_cost_usd / nullif(cache_write_tokens, 0), 0)
      + coalesce(missed_uncached_tokens * input_cost_usd / nullif(uncached_input_tokens, 0), 0)
  ) as missed_cost_usd,
  if(
    cost_usd is null, null, coalesce(resent_tokens * input_cost_usd / nullif(uncached_input_tokens, 0), 0)
  ) as resent_cost_usd
from counted
