-- What some runs are called, and which conversation each is part of.  One row per run.
-- params: run_ids
select run_id, name, agent_name, session_id
from assembled_runs
where run_id in (select unnest(cast($run_ids as varchar[])))
order by run_id
