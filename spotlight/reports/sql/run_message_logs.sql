-- Messages that some clients write as log records of a span's.  One row per log record.
-- params: traces
select trace_id, span_id, event_name, body, attributes
from logs
where trace_id in (select unnest(cast($traces as varchar[]))) and starts_with(event_name, 'gen_ai.')
order by trace_id, span_id, time_ns
