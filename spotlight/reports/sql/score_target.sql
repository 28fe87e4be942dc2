-- What an id names beside a run: the trace of a span, or a session.  One row.
-- params: id, session_id
select
  (select min(trace_id) from spans where span_id = $id) as trace_id,
  (select count(*) > 0 from runs where session_id = $session_id) as is_session
