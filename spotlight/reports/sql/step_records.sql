-- Log records of one event that came in one request and were written at one time.  One row per log record.
-- params: journal_position, time_ns, event
select time_ns, event_name, severity_text, body, attributes
from logs
where journal_position = $journal_position
  and time_ns = $time_ns
  and (event_name = $event or json_extract_string(attributes, '$."event.name"') = $event)
order by event_name, attributes
