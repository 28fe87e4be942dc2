-- Everything stored in scores that was received at some moments.  One row per version of a score.
-- params: received
select *
from stored_scores
where received_ns in (select unnest(cast($received as bigint[])))
