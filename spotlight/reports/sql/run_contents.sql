-- What the steps of some traces carried, wherever the client put it.  One row per span that may carry content.
-- params: traces
select s.trace_id, s.span_id, s.dialect, s.tool_name, s.tool_call_id, s.tool_failed, s.status,
  case when s.kind in ('llm', 'tool') then s.attributes end as attributes,
  case when s.kind <> 'http' then s.events end as events,
  p.input_messages, p.output_messages, p.system_instructions, p.tool_definitions, p.tool_arguments, p.tool_result,
  p.input_value, p.output_value
from spans as s
left join payloads as p on p.trace_id = s.trace_id and p.span_id = s.span_id
where s.trace_id in (select unnest(cast($traces as varchar[])))
  and (p.span_id is not null or s.kind in ('llm', 'tool', 'agent') or (s.events is not null and s.kind <> 'other'))
