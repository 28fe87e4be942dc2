-- Every version of the notes and judgements of a run: of its spans, traces and responses, and of its session.
-- One row per stored version of a score.
-- params: traces, session_id
with
own as (
  select distinct score_id
  from stored_scores
  where list_contains(cast($traces as varchar[]), trace_id)
    or (target_type = 'session' and session_id = $session_id)
)
select
  score_id, target_type, trace_id, span_id, session_id, name, value, label, explanation, annotator, evaluator,
  time_ns, journal_position
from stored_scores
where score_id in (select score_id from own)
order by journal_position, time_ns
