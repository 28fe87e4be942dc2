-- Judgements of a session and of its runs.  One row per score.
-- params: session_id
with
said as (
  select *
  from judgements(null)
  where run_id in (select run_id from runs where session_id = $session_id)
    or (target_type = 'session' and session_id = $session_id)
)
select j.run_id, j.target_type, j.name, j.value, j.label, s.explanation, j.annotator, j.time_ns
from said as j
join scores as s on s.score_id = j.score_id
order by j.time_ns, j.name, j.score_id
