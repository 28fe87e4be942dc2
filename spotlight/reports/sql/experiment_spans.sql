-- What replayed runs say of their steps: by which rung a tool was answered and from where, and how a model call agrees.
-- One row per span that says any of it.
-- params: run_ids
with
told as (
  select run_id, trace_id, span_id
  from steps
  where run_id in (select unnest(cast($run_ids as varchar[])))
)
select
  t.run_id, t.span_id,
  s.attributes->>'spotlight.replay.rung' as rung,
  try_cast(s.attributes->>'spotlight.replay.is_stale' as boolean) as is_stale,
  s.attributes->>'spotlight.replay.source_run' as source_run,
  s.attributes->>'spotlight.replay.reason' as reason,
  try_cast(s.attributes->>'spotlight.replay.step' as bigint) as replay_step,
  try_cast(s.attributes->>'spotlight.replay.same_decision' as boolean) as same_decision,
  try_cast(s.attributes->>'spotlight.replay.was_cached' as boolean) as was_cached,
  try_cast(s.attributes->>'spotlight.replay.tries' as bigint) as tries
from told as t
join spans as s on s.trace_id = t.trace_id and s.span_id = t.span_id
where s.attributes->>'spotlight.replay.step' is not null
order by t.run_id, t.span_id
