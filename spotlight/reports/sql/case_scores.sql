-- Every recorded version of the judgements of some traces, their spans and responses, and of some sessions.
-- One row per stored version of a score.
-- params: traces, sessions
with
judged as (
  select score_id
  from stored_scores
  where trace_id in (select unnest(cast($traces as varchar[])))
    or (target_type = 'session' and session_id in (select unnest(cast($sessions as varchar[]))))
    or (trace_id is null and exists (
      select 1
      from stored_spans as s
      where s.trace_id in (select unnest(cast($traces as varchar[])))
        and (s.span_id = stored_scores.span_id or s.response_id = stored_scores.response_id)
    ))
)
select *
from stored_scores
where score_id in (select score_id from judged)
order by all
