-- One run, by its whole id or by an unambiguous beginning of it; an id that another run has taken over
-- finds that run.  One row per run that matches, two at most.
-- params: run_id
with
taken_over as (
  select merged_into
  from stored_runs
  where run_id = $run_id
  qualify row_number() over (partition by run_id order by assembled_position desc) = 1
)
select *
from assembled_runs
where starts_with(run_id, $run_id) or run_id in (select merged_into from taken_over)
order by run_id = $run_id desc, run_id
limit 2
