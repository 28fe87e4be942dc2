-- Days of steps whose runs have no row in run_usage.  One row per day.
-- params: none
select distinct s.date
from current_steps as s
anti join stored_run_usage as u on u.run_version = s.run_version
order by s.date
