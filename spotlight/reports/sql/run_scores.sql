-- Judgements of a run: of its spans, traces and responses, and of its session.  One row per score.
-- params: traces, session_id
select
  score_id, target_type, name, value, label, explanation, annotator, evaluator, evaluator_version,
  trace_id, span_id, session_id, response_id, metadata, source, time_ns
from scores
where list_contains($traces, trace_id)
  or (target_type = 'session' and session_id = $session_id)
  or (trace_id is null and (
    span_id in (select span_id from spans where list_contains($traces, trace_id))
    or response_id in (select response_id from spans where list_contains($traces, trace_id))
  ))
order by time_ns, name, score_id
