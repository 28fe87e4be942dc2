-- How many verdicts on its task call a run a failure.  One row.
-- params: run_id, names, above
select count(*) as refusals
from judgements($names)
where run_id = $run_id and not passes(value, label, $above) and target_type in ('run', 'trace', 'session')
