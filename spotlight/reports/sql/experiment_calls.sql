-- The model calls of some runs with what each took, and what a replay says of it: which recorded call it stands for, how
-- often a model was really asked, and in what it agrees.  One row per model call.
-- params: run_ids
with
called as materialized (
  select run_id, trace_id, span_id, started_ns, cost_usd, duration_ms, input_tokens, output_tokens
  from steps
  where is_generation and run_id in (select unnest(cast($run_ids as varchar[])))
),
said as (
  select trace_id, span_id, attributes
  from spans
  where trace_id in (select trace_id from called)
)
select
  c.run_id,
  row_number() over (partition by c.run_id order by c.started_ns, c.span_id) as number,
  c.cost_usd, c.duration_ms, c.input_tokens, c.output_tokens,
  try_cast(s.attributes->>'spotlight.replay.step' as bigint) as replay_step,
  try_cast(s.attributes->>'spotlight.replay.tries' as bigint) as tries,
  try_cast(s.attributes->>'spotlight.replay.same_tools' as boolean) as same_tools,
  try_cast(s.attributes->>'spotlight.replay.same_arguments' as boolean) as same_arguments,
  try_cast(s.attributes->>'spotlight.replay.same_text' as boolean) as same_text
from called as c
left join said as s on s.trace_id = c.trace_id and s.span_id = c.span_id
order by c.run_id, number
