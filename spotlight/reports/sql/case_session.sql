-- The runs of a session, the earliest first.  One row per run.
-- params: session_id
select run_id
from runs
where session_id = $session_id
order by started_ns, run_id
