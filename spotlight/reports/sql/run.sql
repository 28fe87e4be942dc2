-- One run, by its whole id or by an unambiguous beginning of it.  One row per run that matches, two at most.
-- params: run_id
select *
from runs
where starts_with(run_id, $run_id)
order by run_id = $run_id desc, run_id
limit 2
