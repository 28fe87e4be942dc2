-- Days on which runs with matching steps began.  One row per day.
-- params: filters
select distinct date
from matching_steps($filters)
order by date
