-- What some traces' spans say of usage, used or not.  One row per span or step made from a log record.
-- params: traces
select trace_id, span_id, dialect, usage_keys, attributes
from spans
where trace_id in (select unnest(cast($traces as varchar[])))
order by started_ns, span_id
