-- Judgements of a session and of its runs.  One row per score.
-- params: session_id
select j.run_id, j.target_type, j.name, j.value, j.label, j.explanation, j.annotator, j.time_ns
from judgements(null) as j
where j.run_id in (select run_id from runs where session_id = $session_id)
  or (j.target_type = 'session' and j.session_id = $session_id)
order by j.time_ns, j.name, j.score_id
