-- Newest version of every score: one that was sent again counts once, one that was withdrawn not at all. What people
-- wrote without judging is in `notes`.  One row per (tenant, score_id).
-- params: none
with
resent as (  -- few: to order the versions of every score takes twice as long
  select score_id
  from stored_scores
  group by score_id
  having count(*) > 1
),
newest as (
  select s.*
  from stored_scores as s
  semi join resent as r on r.score_id = s.score_id
  qualify row_number() over (partition by s.score_id order by s.journal_position desc) = 1
)
select s.*
from stored_scores as s
anti join resent as r on r.score_id = s.score_id
where s.name is distinct from 'spotlight.note'
union all
select *
from newest
where name is distinct from 'spotlight.note' and label is distinct from 'spotlight.withdrawn'
