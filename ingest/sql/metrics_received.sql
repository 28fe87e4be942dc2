-- Everything stored in metrics that was received at some moments.  One row per metric point.
-- params: received
select *
from stored_metrics
where received_ns in (select unnest(cast($received as bigint[])))
