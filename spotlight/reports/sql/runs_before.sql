-- Which runs may hold what a model call goes on from: the one with that response, then those of the same session
-- that began earlier, the newest first.  One row per run, 100 at most.
-- params: run_id, session_id, started_ns, response_id
with told as (
  select distinct t.run_id
  from steps as t
  join spans as s on s.trace_id = t.trace_id and s.span_id = t.span_id
  where s.response_id = $response_id and t.is_generation
)
select r.run_id
from runs as r
where r.run_id <> $run_id
  and r.started_ns <= $started_ns
  and (r.session_id = $session_id or r.run_id in (select run_id from told))
order by (r.run_id in (select run_id from told)) desc, r.started_ns desc, r.run_id
limit 100
