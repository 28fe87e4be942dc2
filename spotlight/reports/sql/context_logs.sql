-- The log records that belong to some spans of some traces.  One row per log record.
-- params: traces, span_ids
select span_id, time_ns, event_name, severity_text, body, attributes
from logs
where trace_id in (select unnest(cast($traces as varchar[])))
  and span_id in (select unnest(cast($span_ids as varchar[])))
order by time_ns
