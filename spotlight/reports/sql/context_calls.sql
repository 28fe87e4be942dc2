-- The model calls among which a call of a run finds the one before it: those of the run, and of the session's run
-- before it.  One row per model call, by start.
-- params: run_id, session_id
with
own as (
  select min(started_ns) as started_ns
  from steps
  where run_id = $run_id
),
earlier as (
  select r.run_id
  from runs as r
  where r.session_id = $session_id and r.run_id <> $run_id and r.started_ns < (select started_ns from own)
  order by r.started_ns desc
  limit 1
)
select
  run_id, trace_id, span_id, step, agent_span_id, agent_name, started_ns, failed, model, request_model, input_tokens,
  cache_read_tokens, cache_write_tokens
from steps
where is_generation and (run_id = $run_id or run_id in (select run_id from earlier))
order by started_ns, span_id
