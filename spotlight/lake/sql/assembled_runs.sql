-- Newest version of everything assembled that no other run has taken over.  One row per (tenant, run_id).
-- params: none
with
newest as (
  select *
  from stored_runs
  qualify row_number() over (partition by run_id order by assembled_position desc) = 1
)
select *
from newest
where merged_into is null
