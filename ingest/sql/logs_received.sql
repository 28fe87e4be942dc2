-- Everything stored in logs that was received at some moments.  One row per log record.
-- params: received
select *
from stored_logs
where received_ns in (select unnest(cast($received as bigint[])))
