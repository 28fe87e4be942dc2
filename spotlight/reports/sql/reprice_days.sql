-- Days on which matching runs with steps began.  One row per day.
-- params: filters
select distinct date
from matching_runs($filters)
order by date
