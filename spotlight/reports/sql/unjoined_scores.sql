-- Scores whose run has not arrived.  One row.
-- params: none
select count(*) as scores
from judgements(null)
where run_id is null
