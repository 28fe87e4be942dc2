-- Steps of some kinds by the word that clients put on them: the state of a memory record, the status of a checkpoint,
-- the verdict of a guardrail.  NULL where there is none.  One row per (kind, name, word, failed).
-- params: filters, kinds
with
wanted as (
  select trace_id, span_id, run_id, kind, name, failed, started_ns
  from matching_steps($filters)
  where list_contains($kinds, kind)
),
told as (  -- the newest version of a span; `spans` would be looked through whole
  select trace_id, span_id, arg_max(case kind
      when 'memory_write' then attributes->>'spotlight.memory.state'
      when 'checkpoint' then attributes->>'spotlight.checkpoint.status'
      when 'guardrail' then coalesce(
        attributes->>'guard.action', attributes->>'guard.verdict', attributes->>'litellm.guardrail.action',
        attributes->>'litellm.guardrail.status', attributes->>'guardrail_status', attributes->>'guardrail_response',
        attributes->>'gen_ai.guardrail.result.value', attributes->>'gen_ai.guardrail.result.type',
        attributes->>'gen_ai.security.decision.type', attributes->>'promptkit.guardrail.action',
        attributes->>'guardrail.triggered', attributes->>'guardrail.action'
      )
    end, journal_position) as word
  from stored_spans as s
  semi join wanted as w on w.trace_id = s.trace_id and w.span_id = s.span_id
  where kind in ('memory_write', 'checkpoint', 'guardrail')
    and list_contains($kinds, kind)
  group by trace_id, span_id
)
select w.kind, w.name, lower(trim(t.word)) as word, w.failed, count(*) as steps, count(distinct w.run_id) as runs,
  arg_max(w.run_id, w.started_ns, 40) as run_ids
from wanted as w
left join told as t on t.trace_id = w.trace_id and t.span_id = w.span_id
group by all
order by steps desc, w.kind, w.name, word, w.failed
