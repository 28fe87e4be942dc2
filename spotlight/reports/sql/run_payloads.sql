-- What the spans of some traces carried.  One row per span that carries content.
-- params: traces
select trace_id, span_id, dialect, input_messages, output_messages, system_instructions, tool_definitions,
  tool_arguments, tool_result, input_value, output_value
from payloads
where trace_id in (select unnest(cast($traces as varchar[])))
