-- What retrieval and memory answered in a run before a moment, and the kinds of its tools.  One row per step that
-- is one of them.
-- params: run_id, before_ns, most
select
  s.kind, s.tool_name,
  case when octet_length(encode(p.output_value)) <= $most then p.output_value end as output_value,
  case when octet_length(encode(p.tool_result)) <= $most then p.tool_result end as tool_result
from steps as s
left join payloads as p on p.trace_id = s.trace_id and p.span_id = s.span_id
where s.run_id = $run_id
  and s.kind in ('retrieval', 'memory_read', 'memory_write', 'rerank')
  and s.started_ns <= $before_ns
order by s.started_ns, s.span_id
