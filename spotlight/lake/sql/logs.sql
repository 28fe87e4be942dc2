-- Everything stored in logs.  One row per log record.
-- params: none
select *
from stored_logs
