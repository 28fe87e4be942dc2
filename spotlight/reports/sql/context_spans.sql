-- Everything about some spans of some traces, their content included.  One row per span.
-- params: traces, span_ids
select s.*, p.input_messages, p.output_messages, p.system_instructions, p.tool_definitions, p.tool_arguments,
  p.tool_result, p.input_value, p.output_value
from spans as s
left join payloads as p on p.trace_id = s.trace_id and p.span_id = s.span_id
where s.trace_id in (select unnest(cast($traces as varchar[])))
  and s.span_id in (select unnest(cast($span_ids as varchar[])))
order by s.started_ns, s.span_id
