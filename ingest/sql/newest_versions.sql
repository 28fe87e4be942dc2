-- The newest version of some runs.  One row per run.
-- params: runs
select r.run_id, max(r.run_version) as run_version
from stored_runs as r
where r.run_id in (select unnest(cast($runs as varchar[])))
group by r.run_id
