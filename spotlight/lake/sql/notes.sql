-- Newest version of every note that somebody wrote on a step, a run or a session, those withdrawn left out.
-- One row per (tenant, score_id).
-- params: none
with
newest as (
  select *
  from stored_scores
  where name = 'spotlight.note'
  qualify row_number() over (partition by score_id order by journal_position desc) = 1
)
select *
from newest
where label is distinct from 'spotlight.withdrawn'
