-- Newest version of every score: one that was sent again counts once.  One row per (tenant, score_id).
-- params: none
select *
from stored_scores
qualify row_number() over (partition by score_id order by journal_position desc) = 1
