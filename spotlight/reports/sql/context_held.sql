-- Which spans of some traces hold one of some texts in what went into them; NULL where they have no such content.
-- One row per span.
-- params: traces, span_ids, texts
with
told as (
  select
    s.span_id,
    lower(concat_ws(' ', p.input_messages, p.system_instructions, p.tool_definitions)) as content
  from spans as s
  join payloads as p on p.trace_id = s.trace_id and p.span_id = s.span_id
  where s.trace_id in (select unnest(cast($traces as varchar[])))
    and s.span_id in (select unnest(cast($span_ids as varchar[])))
    and p.input_messages is not null
)
select span_id, list_bool_or(list_transform(cast($texts as varchar[]), lambda t: contains(content, t))) as holds
from told
