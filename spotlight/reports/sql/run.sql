-- One run, by its whole id or by an unambiguous beginning of it; an id that another run has taken over
-- finds that run.  One row per run that matches, two at most.
-- params: run_id
with
taken_over as (
  select merged_into
  from stored_runs
  where run_id = $run_id
  qualify row_number() over (partition by run_id order by assembled_position desc) = 1
),
found as (  -- which runs, before what is known of them: see run_list.sql
  select run_version, date
  from assembled_runs
  where starts_with(run_id, $run_id) or run_id in (select merged_into from taken_over)
  order by run_id = $run_id desc, run_id
  limit 2
)
select r.*
from assembled_runs as r
join found on found.run_version = r.run_version and found.date = r.date
order by r.run_id = $run_id desc, r.run_id
