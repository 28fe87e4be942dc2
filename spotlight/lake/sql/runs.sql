-- Newest assembled version of every run.  One row per (tenant, run_id).
-- params: none
select *
from stored_runs
qualify row_number() over (partition by run_id order by assembled_position desc) = 1
