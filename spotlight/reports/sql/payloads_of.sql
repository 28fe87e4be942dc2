-- What some spans carried.  One row per span.
-- params: traces, spans
select trace_id, span_id, input_messages, output_messages, system_instructions, tool_arguments, tool_result,
  input_value, output_value
from payloads
where trace_id in (select unnest($traces)) and span_id in (select unnest($spans))
