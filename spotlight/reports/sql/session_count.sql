-- How many sessions have a run that the filters let through.  One row.
-- params: filters
select count(distinct session_id) as sessions
from matching_runs($filters)
