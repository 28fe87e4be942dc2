-- The log records that belong to one span.  One row per log record.
-- params: trace_id, span_id
select time_ns, event_name, severity_text, body, attributes
from logs
where trace_id = $trace_id and span_id = $span_id
order by time_ns
