-- What the spans of one trace carried.  One row per span that carries content.
-- params: trace_id
select span_id, dialect, input_messages, output_messages, system_instructions, tool_definitions, tool_arguments,
  tool_result, input_value, output_value
from payloads
where trace_id = $trace_id
