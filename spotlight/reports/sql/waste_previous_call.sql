-- A model call and the one of its agent before it that did not fail.  One row per model call of the run.
-- params: run_id, span_id
with
calls as (
  select
    span_id,
    lag(span_id) over (partition by agent_span_id, agent_name order by started_ns, step) as previous_span_id
  from steps
  where run_id = $run_id and is_generation and (not failed or span_id = $span_id)
)
select span_id, previous_span_id
from calls
where span_id = $span_id
