-- Macro: the steps with usage or a price; is_paid_retry: it tries again what had been paid for and failed.
-- One row per step.
-- params: none
create or replace macro paid_calls(f) as table
with
tries as (  -- of the runs in which something was tried again
  select run_version, span_id, is_retry, lag(failed and (cost_usd is not null or unpriced_reason is not null)) over (
    partition by run_version, is_generation, coalesce(tool_name, request_model, model) order by step
  ) as was_paid
  from matching_steps(f)
  where (is_generation or is_tool_call) and run_version in (select run_version from matching_steps(f) where is_retry)
),
paid_retries as (
  select run_version, span_id
  from tries
  where is_retry and was_paid
)
select s.*, r.span_id is not null as is_paid_retry
from matching_steps(f) as s
left join paid_retries as r on r.run_version = s.run_version and r.span_id = s.span_id
where s.cost_usd is not null or s.unpriced_reason is not null
