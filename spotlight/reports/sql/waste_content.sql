-- Digests and sizes of what the steps of some runs carried about tools.  One row per step that carries any.
-- params: run_ids, since_ns, until_ns
with
own as (
  select distinct run_id, trace_id, span_id
  from steps
  where run_id in (select unnest(cast($run_ids as varchar[]))) and started_ns between $since_ns and $until_ns
)
select
  o.run_id, o.span_id,
  md5(p.tool_arguments) as arguments_digest,
  md5(p.tool_result) as result_digest,
  length(p.tool_result) as result_chars,
  md5(p.tool_definitions) as definitions_digest,
  strlen(concat(p.tool_arguments, p.tool_result, p.tool_definitions)) as content_bytes
from payloads as p
join own as o on o.trace_id = p.trace_id and o.span_id = p.span_id
where p.started_ns between $since_ns and $until_ns
  and coalesce(p.tool_arguments, p.tool_result, p.tool_definitions) is not null
